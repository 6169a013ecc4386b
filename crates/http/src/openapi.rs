//! What the OpenAPI descriptions of all operations share.

mod parameters;
mod problems;

use utoipa::openapi::{Deprecated, HttpMethod, OpenApi};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::problem::Problem;
use crate::route::Route;

pub use parameters::{
    CallerParameters, ConditionParameters, IdempotencyParameters, VersionParameters,
    WriterParameters,
};
pub use problems::{
    BulkProblems, ChangeProblems, CompleteProblems, ListProblems, ReadProblems, StartProblems,
    UploadProblems,
};

/// A function's description with the schemas that its problem documents refer to.
#[must_use]
pub fn with_problems(mut description: OpenApi) -> OpenApi {
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    let components = description.components.get_or_insert_default();
    components.schemas.extend(schemas);
    description
}

/// A further path of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Alias<'a> {
    /// Its route, a `POST`.
    pub route: &'a Route,
    /// The route whose operation it is.
    pub of: &'a Route,
    /// What it is for, in a sentence.
    pub reason: &'a str,
    /// Whether new clients should not use it.
    pub is_deprecated: bool,
}

/// A function's description with an alias: all that is said of the operation holds for it.
#[must_use]
pub fn with_alias(mut description: OpenApi, alias: Alias<'_>) -> OpenApi {
    let paths = &mut description.paths;
    let method = match alias.of.method {
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Post,
    };
    if let Some(mut operation) = paths.get_path_operation(alias.of.pattern, method).cloned() {
        operation.operation_id = Some(alias.route.operation.to_owned());
        operation.summary = operation
            .summary
            .map(|summary| format!("{summary} (alias)"));
        operation.description = Some(alias.reason.to_owned());
        operation.deprecated = alias.is_deprecated.then_some(Deprecated::True);
        paths.add_path_operation(alias.route.pattern, vec![HttpMethod::Post], operation);
    }
    description
}

/// The operations of a description, as method, path and operation id: what a function's routes must agree with.
#[must_use]
pub fn operations(description: &OpenApi) -> Vec<(String, String, String)> {
    let json = serde_json::to_value(&description.paths).unwrap_or_default();
    let paths = json.as_object().into_iter().flatten();
    let mut operations: Vec<_> = paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.filter_map(move |(method, operation)| {
                let id = operation.get("operationId")?.as_str()?;
                Some((method.to_uppercase(), path.clone(), id.to_owned()))
            })
        })
        .collect();
    operations.sort();
    operations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_has_the_schemas_of_problem_documents() {
        let described = with_problems(OpenApi::default());
        let schemas = described.components.unwrap().schemas;
        let names: Vec<_> = schemas.keys().map(String::as_str).collect();
        assert_eq!(names, ["FieldProblem", "Problem"]);
    }
}
