//! Functions that no HTTP request calls: the bucket's events and the schedule.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shoebox_core::Error;
use shoebox_core::config::{Environment, FromEnvironment};
use tracing::Instrument as _;

use crate::failure::{Cause, error_chain};
use crate::log::{self, start_logs};
use crate::runtime::RuntimeError;
use crate::watch::{Watch, millis};

/// How long before the function's end work is to stop, so that the answer still gets out.
const MARGIN: Duration = Duration::from_secs(5);

/// When an event is handled, and for how long it may be.
#[derive(Debug, Clone, Copy)]
pub struct Occasion {
    /// Now.
    pub now: DateTime<Utc>,
    /// How long the work may take.
    pub budget: Duration,
}

/// Runs a function of events on Lambda until the process is ended. A failure is answered as one, so that the event
/// is delivered again.
///
/// # Errors
/// A configuration that the function refuses to start with, or the end of the runtime.
pub async fn run_events<S, E, T, H, F>(
    operation: &'static str,
    handle: H,
) -> Result<(), RuntimeError>
where
    S: FromEnvironment + Send + Sync + 'static,
    E: DeserializeOwned + Send + 'static,
    T: Serialize + Send + 'static,
    H: Fn(Arc<S>, E, Occasion) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let environment = Environment::of_process();
    start_logs(&environment)?;
    let watch = Arc::new(Watch::from_environment(&environment)?);
    let state = Arc::new(S::from_environment(&environment)?);
    let service = service_fn(move |event: LambdaEvent<E>| {
        let (state, handle) = (Arc::clone(&state), handle.clone());
        let watch = Arc::clone(&watch);
        let trace = event.context.xray_trace_id.as_deref();
        let span = log::request_span(&event.context.request_id, trace, operation);
        let occasion = Occasion {
            now: Utc::now(),
            budget: event
                .context
                .deadline()
                .duration_since(SystemTime::now())
                .unwrap_or_default()
                .saturating_sub(MARGIN),
        };
        async move {
            // On the heap: the work on an image is a large future.
            let work = Box::pin(handle(state, event.payload, occasion));
            let answer = told(&watch, operation, work).await;
            answer.map_err(Cause::from)
        }
        .instrument(span)
    });
    lambda_runtime::run(service)
        .await
        .map_err(RuntimeError::Runtime)
}

/// Awaits the work and tells the log of it, once.
async fn told<T: Serialize>(
    watch: &Watch,
    operation: &'static str,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let watched = watch.begin();
    let outcome = work.await;
    let answer = outcome.as_ref().ok();
    let answer = answer.and_then(|answer| serde_json::to_value(answer).ok());
    let embedded = watch.of_run(operation, &watched, answer.as_ref());
    let duration_ms = millis(watched.duration());
    match &outcome {
        Ok(_) => {
            let outcome = answer.map(|answer| answer.to_string());
            tracing::info!(target: log::WATCHED, duration_ms, outcome, embedded, "{operation} done");
        }
        Err(error) => {
            let error = error_chain(error);
            tracing::error!(target: log::WATCHED, duration_ms, error, embedded, "{operation} failed");
        }
    }
    outcome
}
