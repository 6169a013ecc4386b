//! Start-up of a function on Lambda.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use lambda_runtime::{LambdaEvent, service_fn};
use shoebox_core::config::{ConfigError, Environment, FromEnvironment};

use crate::call::Call;
use crate::failure::{Cause, Failure, error_chain};
use crate::http_event::HttpEvent;
use crate::log::start_logs;
use crate::reply::Reply;
use crate::route::Route;
use crate::service::{Service, respond};

/// Why a function ended. `main` returns it, so that the process prints it as one line and exits with 1.
#[derive(thiserror::Error)]
pub enum RuntimeError {
    /// The configuration is wrong.
    #[error("the configuration is wrong")]
    Config(#[from] ConfigError),
    /// The Lambda runtime gave up.
    #[error("the Lambda runtime ended")]
    Runtime(#[source] Cause),
}

/// One line with all causes: `main` prints errors by their `Debug`.
impl fmt::Debug for RuntimeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&error_chain(self))
    }
}

/// Runs a function on Lambda until the process is ended.
///
/// # Errors
/// A configuration that the function refuses to start with, or the end of the runtime.
pub async fn run<S, H, F>(routes: &'static [Route], handle: H) -> Result<(), RuntimeError>
where
    S: FromEnvironment + Send + Sync + 'static,
    H: Fn(Arc<S>, Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Reply, Failure>> + Send + 'static,
{
    let environment = Environment::of_process();
    start_logs(&environment)?;
    let service = Service::new(routes, handle, &environment)?;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<HttpEvent>| {
        let service = service.clone();
        let handle = move |request| {
            let service = service.clone();
            async move { respond(&service, request).await }
        };
        async move { Ok::<_, Infallible>(event.payload.answer(event.context, handle).await) }
    }))
    .await
    .map_err(RuntimeError::Runtime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_to_start_is_one_clear_line() {
        let error = RuntimeError::from(ConfigError::Missing {
            name: "BUCKET",
            reason: "it holds the bytes",
        });
        assert_eq!(
            format!("{error:?}"),
            "the configuration is wrong: BUCKET is not set: it holds the bytes"
        );
    }
}
