//! From one request to one answer: routing, the handler, problem documents, panics and the log line.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chrono::Utc;
use futures_util::FutureExt;
use http::Method;
use lambda_http::{Body, Context, Request, RequestExt, Response};
use shoebox_core::Error;
use shoebox_core::config::{ConfigError, Environment, FromEnvironment};
use tracing::Instrument;

use crate::call::Call;
use crate::failure::Failure;
use crate::log;
use crate::origin::GatewayFacts;
use crate::path::{Match, RequestPath};
use crate::query::Query;
use crate::reply::Reply;
use crate::route::Route;
use crate::settings::Settings;
use crate::watch::{Figures, Watch};

/// How long a handler may take: API Gateway waits for 29 s.
const ANSWER_TIME: Duration = Duration::from_secs(27);
/// How long before the function is stopped an answer must be on its way.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// A function: its routes, its handler and the use case behind them. Cheap to clone.
#[derive(Debug)]
pub struct Service<S, H> {
    routes: &'static [Route],
    handle: H,
    state: Arc<S>,
    settings: Settings,
    watch: Arc<Watch>,
}

impl<S, H: Clone> Clone for Service<S, H> {
    fn clone(&self) -> Self {
        Self {
            routes: self.routes,
            handle: self.handle.clone(),
            state: Arc::clone(&self.state),
            settings: self.settings.clone(),
            watch: Arc::clone(&self.watch),
        }
    }
}

impl<S: FromEnvironment, H> Service<S, H> {
    /// Builds the use case and reads what all functions read.
    ///
    /// # Errors
    /// The first variable that the function cannot start with.
    pub fn new(
        routes: &'static [Route],
        handle: H,
        environment: &Environment,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            routes,
            handle,
            settings: Settings::from_environment(environment)?,
            watch: Arc::new(Watch::from_environment(environment)?),
            state: Arc::new(S::from_environment(environment)?),
        })
    }
}

/// Answers one request. Whatever happens, there is an answer, and one line of it in the log.
pub async fn respond<S, H, F>(service: &Service<S, H>, request: Request) -> Response<Body>
where
    H: Fn(Arc<S>, Call) -> F,
    F: Future<Output = Result<Reply, Failure>>,
{
    let watched = service.watch.begin();
    let bytes_in = request.body().len();
    let head = request.method() == Method::HEAD;
    let request_id = request_id(&request);
    let routed = routed(service.routes, request.method(), path(&request));
    let operation = routed.as_ref().map_or("none", |(route, _)| route.operation);
    let span = log::request_span(&request_id, trace(&request), operation);
    async {
        let outcome = match routed {
            Ok((route, id)) => {
                let budget = budget(&request);
                let call = call(request, route, id, &request_id, &service.settings);
                // On the heap: the work on an image is a large future.
                let work = Box::pin(run_handler(service, call));
                let answer = tokio::time::timeout(budget, work).await;
                answer.unwrap_or(Err(Failure::OutOfTime))
            }
            Err(failure) => Err(failure),
        };
        let (reply, failure) = match outcome {
            Ok(reply) => (reply, None),
            Err(failure) => (failure.reply(&request_id), Some(failure)),
        };
        let figures = Figures {
            operation,
            status: reply.status(),
            duration: watched.duration(),
            bytes_in,
            bytes_out: if head { 0 } else { reply.body().len() },
            is_cold_start: watched.is_cold_start(),
            throttles: watched.throttles(),
        };
        log::answered(&service.watch, &figures, failure.as_ref());
        reply.into_response(head)
    }
    .instrument(span)
    .await
}

/// How long the handler may take: until shortly before the gateway gives up or Lambda stops the function, so that
/// the client gets an answer that says to try again. Work that is cut off here is as work that is killed.
fn budget(request: &Request) -> Duration {
    let deadline = request.lambda_context_ref().map(Context::deadline);
    let left = deadline.and_then(|deadline| deadline.duration_since(SystemTime::now()).ok());
    left.map_or(ANSWER_TIME, |left| {
        left.saturating_sub(ANSWER_MARGIN).min(ANSWER_TIME)
    })
}

/// Runs the handler; a panic in it is a failure like any other, and the process goes on.
async fn run_handler<S, H, F>(service: &Service<S, H>, call: Call) -> Result<Reply, Failure>
where
    H: Fn(Arc<S>, Call) -> F,
    F: Future<Output = Result<Reply, Failure>>,
{
    if let Some(id) = call.id {
        tracing::Span::current().record("image_id", tracing::field::display(id));
    }
    let state = Arc::clone(&service.state);
    let guarded = AssertUnwindSafe(async { (service.handle)(state, call).await });
    match guarded.catch_unwind().await {
        Ok(result) => result,
        Err(payload) => Err(Failure::Panicked(panic_text(payload.as_ref()))),
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
}

/// The path without the stage that a REST API puts before it in the URI.
fn path(request: &Request) -> &str {
    match request.raw_http_path() {
        "" => request.uri().path(),
        path => path,
    }
}

/// The route of a method and path, and the id in the path.
fn routed(
    routes: &'static [Route],
    method: &Method,
    path: &str,
) -> Result<(&'static Route, Option<shoebox_core::ImageId>), Failure> {
    let path = RequestPath::parse(path).ok_or(Failure::UnknownPath)?;
    let method = match method {
        &Method::HEAD => "GET",
        other => other.as_str(),
    };
    let mut allowed = Vec::new();
    let mut bad_id = false;
    for route in routes {
        match path.matches(route.pattern) {
            Match::Yes(id) if route.method == method => return Ok((route, id)),
            Match::Yes(_) if route.method == "GET" => allowed.extend(["GET", "HEAD"]),
            Match::Yes(_) => allowed.push(route.method),
            Match::BadId => bad_id = true,
            Match::No => {}
        }
    }
    match (allowed.is_empty(), bad_id) {
        (false, _) => Err(Failure::MethodNotAllowed {
            allow: allowed.join(", "),
        }),
        (true, true) => Err(Failure::Service(Error::NotFound)),
        (true, false) => Err(Failure::UnknownPath),
    }
}

/// The gateway's id of the request; where it has none, as a load balancer, the runtime's.
fn request_id(request: &Request) -> String {
    let facts = GatewayFacts::of(request.request_context_ref());
    let context = request.lambda_context_ref();
    facts
        .request_id
        .or_else(|| context.map(|context| context.request_id.as_str()))
        .filter(|id| !id.is_empty())
        .unwrap_or("unknown")
        .to_owned()
}

/// The header that names the X-Ray trace: as the runtime has it, else as the gateway sent it.
fn trace(request: &Request) -> Option<&str> {
    let context = request.lambda_context_ref();
    let of_runtime = context.and_then(|context| context.xray_trace_id.as_deref());
    let sent = || request.headers().get("x-amzn-trace-id")?.to_str().ok();
    of_runtime.filter(|trace| !trace.is_empty()).or_else(sent)
}

fn call(
    request: Request,
    route: &'static Route,
    id: Option<shoebox_core::ImageId>,
    request_id: &str,
    settings: &Settings,
) -> Call {
    let facts = GatewayFacts::of(request.request_context_ref());
    let base_url = match &settings.public_base_url {
        Some(url) => url.as_ref().to_owned(),
        None => facts.base_url(request.headers(), path(&request)),
    };
    let inline_limit_bytes = facts.inline_limit_bytes;
    let (parts, body) = request.into_parts();
    Call {
        operation: route.operation,
        id,
        head: parts.method == Method::HEAD,
        headers: parts.headers,
        query: Query::parse(parts.uri.query().unwrap_or_default()),
        body: match body {
            Body::Text(text) => Bytes::from(text),
            Body::Binary(bytes) => Bytes::from(bytes),
            // `Empty`, and whatever a later version of the runtime may add.
            _ => Bytes::new(),
        },
        request_id: request_id.to_owned(),
        now: Utc::now(),
        base_url,
        inline_limit_bytes,
        auth_mode: settings.auth_mode,
    }
}

#[cfg(test)]
mod tests;
