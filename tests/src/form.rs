//! Bodies of type `multipart/form-data`.

const BOUNDARY: &str = "shoebox-test-boundary-7MA4YWxkTrZu0gW";

/// A form that is being filled in.
#[derive(Debug, Default)]
pub struct Form(Vec<u8>);

impl Form {
    /// An empty form.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text field.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        let headers = format!("Content-Disposition: form-data; name=\"{name}\"");
        self.part(&headers, value.as_bytes())
    }

    /// Adds a file, as curl and browsers do.
    #[must_use]
    pub fn file(self, field: &str, filename: &str, content_type: &str, bytes: &[u8]) -> Self {
        let headers = format!(
            "Content-Disposition: form-data; name=\"{field}\"; filename=\"{filename}\"\r\n\
             Content-Type: {content_type}"
        );
        self.part(&headers, bytes)
    }

    /// Adds a part with headers as they are.
    #[must_use]
    pub fn part(mut self, headers: &str, bytes: &[u8]) -> Self {
        let head = format!("--{BOUNDARY}\r\n{headers}\r\n\r\n");
        self.0.extend_from_slice(head.as_bytes());
        self.0.extend_from_slice(bytes);
        self.0.extend_from_slice(b"\r\n");
        self
    }

    /// The `Content-Type` of the form.
    #[must_use]
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    /// The body, closed.
    #[must_use]
    pub fn into_body(mut self) -> Vec<u8> {
        let end = format!("--{BOUNDARY}--\r\n");
        self.0.extend_from_slice(end.as_bytes());
        self.0
    }
}
