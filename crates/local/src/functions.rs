//! The functions that the gateway mounts, each built from an environment as its own process would be.

use std::sync::Arc;

use shoebox_core::config::{ConfigError, Environment, FromEnvironment};
use shoebox_http::{Call, Failure, Reply, Route, Service, respond};

use crate::gateway::Function;

/// The routes of every function, under its name.
pub const ROUTES: [(&str, &[Route]); 5] = [
    ("upload", upload::ROUTES),
    ("list", list::ROUTES),
    ("get", get::ROUTES),
    ("update", update::ROUTES),
    ("delete", delete::ROUTES),
];

/// Builds every function.
///
/// # Errors
/// A variable that one of them refuses.
pub fn mount(environment: &Environment) -> Result<Vec<Function>, ConfigError> {
    Ok(vec![
        function("upload", upload::ROUTES, upload::handle, environment)?,
        function("list", list::ROUTES, list::handle, environment)?,
        function("get", get::ROUTES, get::handle, environment)?,
        function("update", update::ROUTES, update::handle, environment)?,
        function("delete", delete::ROUTES, delete::handle, environment)?,
    ])
}

/// One function, from the pair of routes and handler that its own `main` runs.
fn function<S, H, F>(
    name: &'static str,
    routes: &'static [Route],
    handle: H,
    environment: &Environment,
) -> Result<Function, ConfigError>
where
    S: FromEnvironment + Send + Sync + 'static,
    H: Fn(Arc<S>, Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Reply, Failure>> + Send + 'static,
{
    let service = Service::new(routes, handle, environment)?;
    Ok(Function::new(name, routes, move |request| {
        let service = service.clone();
        async move { respond(&service, request).await }
    }))
}
