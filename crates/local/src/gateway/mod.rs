//! API Gateway and Lambda in one process: HTTP in, a true REST API event (payload v1) as JSON through
//! a function, HTTP out, within the limits of both services.

mod event;
mod function;
mod invoke;
mod path;
mod problem;
mod reply;
mod routing;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::Authority;
use http::{Method, Request, Response};
use tokio::runtime::Handle;

pub use function::Function;
pub use invoke::{InvokeError, MAX_CONCURRENT_INVOCATIONS};
pub(crate) use problem::Refusal;

use invoke::Lambda;
use path::Target;
use routing::Resolution;

/// The most bytes of a request body that API Gateway takes (its quota "Payload size").
pub const MAX_GATEWAY_BODY_BYTES: usize = 10 * 1024 * 1024;

/// The most bytes of request line and header values together (API Gateway's quota for REST APIs).
pub const MAX_HEADER_BYTES: usize = 10_240;

/// The most bytes of event or response JSON of a synchronous invocation (Lambda's quota).
pub const MAX_LAMBDA_PAYLOAD_BYTES: usize = 6_291_456;

/// How long API Gateway waits for a function (its integration timeout).
pub const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// The address of the client, as an extension of a request; without it the loopback address is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The gateway over a set of functions. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateway {
    functions: Arc<[Function]>,
    lambda: Lambda,
}

impl Gateway {
    /// A gateway whose functions run on the blocking threads of `runtime`, each invocation on its own,
    /// so that decoding an image does not hold up other requests.
    #[must_use]
    pub fn new(functions: Vec<Function>, runtime: Handle, timeout: Duration) -> Self {
        Self {
            functions: functions.into(),
            lambda: Lambda::new(runtime, timeout),
        }
    }

    /// Answers one HTTP request as API Gateway would: always with a response, a problem document
    /// (RFC 9457) where the gateway itself refuses.
    pub async fn call(&self, request: Request<Bytes>) -> Response<Bytes> {
        let request_id = uuid::Uuid::new_v4().to_string();
        let method = request.method().clone();
        let answer = self.admit(request, &request_id).await;
        let answer = answer.unwrap_or_else(|refusal| refusal.into_response(&request_id));
        let mut response = named(answer, &request_id);
        if method == Method::HEAD {
            reply::drop_body(&mut response);
        }
        response
    }

    /// Invokes a function by name with an event as it is: REST, HTTP API, function URL or load balancer.
    ///
    /// # Errors
    /// As Lambda: an unknown name, an event that is none, a limit passed, a crash.
    pub async fn invoke(&self, function: &str, event: &[u8]) -> Result<Vec<u8>, InvokeError> {
        let found = self
            .functions
            .iter()
            .find(|candidate| candidate.name() == function)
            .ok_or_else(|| InvokeError::UnknownFunction(function.to_owned()))?;
        let event = event.to_vec();
        let request_id = uuid::Uuid::new_v4().to_string();
        self.lambda.invoke(found, request_id, || Ok(event)).await
    }

    /// Whether a path is one of `LocalStack`'s forms, which name an API and a stage.
    pub(crate) fn is_emulator_path(path: &str) -> bool {
        Target::is_emulated(path)
    }

    /// The answer to a request that is refused before it is one of the gateway's.
    pub(crate) fn refuse(refusal: Refusal) -> Response<Bytes> {
        let request_id = uuid::Uuid::new_v4().to_string();
        named(refusal.into_response(&request_id), &request_id)
    }

    async fn admit(
        &self,
        request: Request<Bytes>,
        request_id: &str,
    ) -> Result<Response<Bytes>, Refusal> {
        if request.body().len() > MAX_GATEWAY_BODY_BYTES {
            return Err(Refusal::gateway_body_too_large());
        }
        if header_bytes(&request) > MAX_HEADER_BYTES {
            return Err(Refusal::headers_too_large());
        }
        if !has_sound_host(&request) {
            return Err(Refusal::bad_host());
        }
        let target = Target::of(request.uri().path());
        let (function, mount) =
            match routing::resolve(&self.functions, request.method(), &target.path) {
                Resolution::Found(function, mount) => (function, mount),
                Resolution::Options(methods) => return Ok(reply::options(&methods)),
                Resolution::WrongMethod(methods) => {
                    return Err(Refusal::method_not_allowed(request.method(), methods));
                }
                Resolution::Unknown => return Err(Refusal::not_found()),
            };
        let peer = request
            .extensions()
            .get()
            .copied()
            .unwrap_or(Peer(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let id = request_id.to_owned();
        let answer = self
            .lambda
            .invoke(function, request_id.to_owned(), move || {
                event::to_json(&request, &target, &mount, peer, &id)
            })
            .await;
        match answer {
            Ok(json) => reply::from_json(&json).map_err(|error| {
                tracing::error!(
                    error = shoebox_http::error_chain(&error),
                    request_id,
                    "a function answered what is no response"
                );
                Refusal::bad_gateway()
            }),
            Err(error) => {
                tracing::warn!(
                    error = shoebox_http::error_chain(&error),
                    request_id,
                    "an invocation failed"
                );
                Err(Refusal::of_invocation(&error))
            }
        }
    }
}

/// The size of request line and header values, as API Gateway counts them.
fn header_bytes(request: &Request<Bytes>) -> usize {
    let line = request.method().as_str().len()
        + request
            .uri()
            .path_and_query()
            .map_or(1, |p| p.as_str().len());
    let values: usize = request.headers().values().map(http::HeaderValue::len).sum();
    line + values
}

/// Whether the host is one that a URL can have: functions make links with it.
fn has_sound_host(request: &Request<Bytes>) -> bool {
    let mut hosts = request.headers().get_all(http::header::HOST).iter();
    hosts.all(|host| Authority::try_from(host.as_bytes()).is_ok())
}

/// The response with the id by which the log names its request.
fn named(mut response: Response<Bytes>, request_id: &str) -> Response<Bytes> {
    if let Ok(value) = http::HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", value);
    }
    response
}
