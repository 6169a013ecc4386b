//! The routes of a function: what API Gateway, the local gateway and the OpenAPI description agree on.

/// One method and path that a function answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The method in capitals. A `GET` route answers `HEAD` too.
    pub method: &'static str,
    /// The path from `/images` on; `{id}` stands for one image id.
    pub pattern: &'static str,
    /// The `operationId` in the OpenAPI description and the operation's name in the log.
    pub operation: &'static str,
}

impl Route {
    /// Method, path and operation as the OpenAPI description has them.
    #[must_use]
    pub fn described(&self) -> (String, String, String) {
        (
            self.method.to_owned(),
            self.pattern.to_owned(),
            self.operation.to_owned(),
        )
    }
}
