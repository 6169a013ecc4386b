//! The Lambda service: one invocation, its size limits, its time limit, its crash.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_http::{Context, LambdaEvent};
use shoebox_http::HttpEvent;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::MAX_LAMBDA_PAYLOAD_BYTES;
use super::function::Function;

/// How many invocations run at once; more wait. A verification that was cut off is none of them any more, though it
/// runs to its end. Well below the number of a runtime's blocking threads
/// (512), which the embedded S3 uses as well.
pub const MAX_CONCURRENT_INVOCATIONS: usize = 64;

/// Why an invocation has no answer of the function.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// No function of that name is mounted.
    #[error("no function is called {0:?}")]
    UnknownFunction(String),
    /// The event's JSON is larger than Lambda takes.
    #[error("the event has {0} bytes, Lambda takes {MAX_LAMBDA_PAYLOAD_BYTES}")]
    RequestTooLarge(usize),
    /// The response's JSON is larger than Lambda passes on.
    #[error("the response has {0} bytes, Lambda passes on {MAX_LAMBDA_PAYLOAD_BYTES}")]
    ResponseTooLarge(usize),
    /// The event is no HTTP event.
    #[error("the event is not one of an HTTP trigger")]
    NotAnEvent(#[source] serde_json::Error),
    /// The response could not be written as JSON.
    #[error("the response cannot be written as JSON")]
    NotAResponse(#[source] serde_json::Error),
    /// The function did not answer in time.
    #[error("the function did not answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The function ended without an answer: it panicked, or the server is stopping.
    #[error("the function ended without an answer")]
    Crashed(#[source] tokio::task::JoinError),
}

/// Runs invocations.
#[derive(Clone, Debug)]
pub(super) struct Lambda {
    runtime: Handle,
    permits: Arc<Semaphore>,
    timeout: Duration,
}

impl Lambda {
    pub(super) fn new(runtime: Handle, timeout: Duration) -> Self {
        Self {
            runtime,
            permits: Arc::new(Semaphore::new(MAX_CONCURRENT_INVOCATIONS)),
            timeout,
        }
    }

    /// Invokes a function with the event that `make` builds. Both run on the invocation's own thread.
    pub(super) async fn invoke(
        &self,
        function: &Function,
        request_id: String,
        make: impl FnOnce() -> Result<Vec<u8>, InvokeError> + Send + 'static,
    ) -> Result<Vec<u8>, InvokeError> {
        let deadline = Instant::now() + self.timeout;
        let in_time = tokio::time::timeout_at(deadline, async {
            // The semaphore is never closed, so a failure here is none to tell apart.
            let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
            let function = function.clone();
            let context = self.context(&function, request_id);
            let runtime = self.runtime.clone();
            let invocation = self.runtime.spawn_blocking(move || {
                let _permit = permit;
                let event = parse(&make()?, context)?;
                let answer = function.call(event);
                // Dropped at the deadline too, or a stuck function would keep its thread.
                let answer = async move { tokio::time::timeout_at(deadline, answer).await };
                runtime
                    .block_on(answer)
                    .unwrap_or(Err(InvokeError::TimedOut(Duration::ZERO)))
            });
            invocation.await.map_err(InvokeError::Crashed)?
        });
        let timed_out = || InvokeError::TimedOut(self.timeout);
        match in_time.await {
            Err(_) | Ok(Err(InvokeError::TimedOut(_))) => Err(timed_out()),
            Ok(Ok(response)) if response.len() > MAX_LAMBDA_PAYLOAD_BYTES => {
                Err(InvokeError::ResponseTooLarge(response.len()))
            }
            Ok(answer) => answer,
        }
    }

    fn context(&self, function: &Function, request_id: String) -> Context {
        let deadline = SystemTime::now() + self.timeout;
        let since_epoch = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut context = Context::default();
        context.request_id = request_id;
        context.deadline = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        context.invoked_function_arn = format!(
            "arn:aws:lambda:us-east-1:000000000000:function:{}",
            function.name()
        );
        context
    }
}

fn parse(event: &[u8], context: Context) -> Result<LambdaEvent<HttpEvent>, InvokeError> {
    if event.len() > MAX_LAMBDA_PAYLOAD_BYTES {
        return Err(InvokeError::RequestTooLarge(event.len()));
    }
    let payload = serde_json::from_slice(event).map_err(InvokeError::NotAnEvent)?;
    Ok(LambdaEvent::new(payload, context))
}
