//! Lambda's Runtime API (version 2018-06-01), by which a function's process takes events and gives answers.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

const PREFIX: &str = "/2018-06-01/runtime/";

/// How long a function may take, as it is told.
const TIME_LIMIT_MILLIS: u128 = 29_000;
/// The X-Ray trace that every invocation is part of.
pub const TRACE_ID: &str = "1-5759e988-bd862e3fe1be46a994272793";

/// Why an invocation has no answer.
#[derive(Debug, thiserror::Error)]
pub enum InvocationError {
    /// The function reported an error instead of an answer.
    #[error("the function failed: {0}")]
    Failed(String),
    /// The service, or the function's process, is gone.
    #[error("the function is gone")]
    Gone,
}

type Answer = Result<Bytes, InvocationError>;

/// The service of one function. Dropping it ends it.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::UnboundedSender<(String, Vec<u8>)>,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    count: AtomicU64,
    waiting: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
    events: tokio::sync::Mutex<mpsc::UnboundedReceiver<(String, Vec<u8>)>>,
}

impl RuntimeApi {
    /// Listens on a free port of the loopback address.
    ///
    /// # Errors
    /// No port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            count: AtomicU64::default(),
            waiting: Mutex::default(),
            events: tokio::sync::Mutex::new(receiver),
        });
        let serving = Arc::clone(&shared);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        Ok(Self {
            address,
            events: sender,
            shared,
            server,
        })
    }

    /// Host and port, as `AWS_LAMBDA_RUNTIME_API` names them.
    #[must_use]
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// Hands the event to the function and waits for its answer.
    ///
    /// # Errors
    /// [`InvocationError::Failed`] where the function reports an error of its own.
    pub async fn invoke(&self, event: Vec<u8>) -> Answer {
        let number = self.shared.count.fetch_add(1, Ordering::Relaxed);
        let id = format!("{number:032x}");
        let (sender, answer) = oneshot::channel();
        self.shared.waiting().insert(id.clone(), sender);
        let sent = self.events.send((id, event));
        sent.map_err(|_| InvocationError::Gone)?;
        answer.await.map_err(|_| InvocationError::Gone)?
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<String, oneshot::Sender<Answer>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let Some(path) = path.strip_prefix(PREFIX) else {
            return status(StatusCode::NOT_FOUND);
        };
        if request.method() == Method::GET && path == "invocation/next" {
            return self.next().await;
        }
        let Ok(body) = request.into_body().collect().await else {
            return status(StatusCode::BAD_REQUEST);
        };
        let body = body.to_bytes();
        let said = String::from_utf8_lossy;
        let mut segments = path.split('/');
        let (answer, id) = match (segments.next(), segments.next(), segments.next()) {
            (Some("invocation"), Some(id), Some("response")) => (Ok(body), id),
            (Some("invocation"), Some(id), Some("error")) => {
                (Err(InvocationError::Failed(said(&body).into_owned())), id)
            }
            _ => return status(StatusCode::NOT_FOUND),
        };
        if let Some(waiting) = self.waiting().remove(id) {
            let _ = waiting.send(answer);
        }
        status(StatusCode::ACCEPTED)
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        let Some((id, event)) = self.events.lock().await.recv().await else {
            return status(StatusCode::GONE);
        };
        let deadline = since_epoch_millis() + TIME_LIMIT_MILLIS;
        let response = Response::builder()
            .header("lambda-runtime-aws-request-id", id)
            .header("lambda-runtime-deadline-ms", deadline.to_string())
            .header(
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:123456789012:function:measured",
            )
            .header(
                "lambda-runtime-trace-id",
                format!("Root={TRACE_ID};Parent=53995c3f42cd8ad8;Sampled=1"),
            )
            .body(Full::new(event.into()));
        response.unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

fn since_epoch_millis() -> u128 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.unwrap_or_default().as_millis()
}

fn status(code: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = code;
    response
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let service = hyper::service::service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(shared.answer(request).await) }
    });
    // Ends by the function's end, which is no failure.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
