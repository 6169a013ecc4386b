//! A proxy before the stores that counts the calls, and asks each call of DynamoDB for what it consumed.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::client::{HttpClient, http_client};

/// The calls that only read.
const READS: [&str; 3] = ["GetItem", "BatchGetItem", "Query"];

/// What was asked of the stores.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Consumed {
    /// The calls in the order of their answers: operations of DynamoDB, and `S3` with a method.
    pub calls: Vec<String>,
    /// Write capacity units, those of the index included.
    pub write_units: f64,
    /// Read capacity units.
    pub read_units: f64,
    /// The most calls that were under way at once.
    pub most_at_once: usize,
}

/// A running proxy.
#[derive(Debug)]
pub struct Meter {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    target: OnceLock<Uri>,
    client: HttpClient,
    consumed: Mutex<Consumed>,
    /// One for each call that is under way.
    under_way: Arc<()>,
}

impl Meter {
    /// Listens on a port of its own.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            target: OnceLock::new(),
            client: http_client(),
            consumed: Mutex::default(),
            under_way: Arc::new(()),
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                let service = hyper::service::service_fn(move |request| {
                    let shared = Arc::clone(&shared);
                    async move { Ok::<_, Infallible>(shared.pass_on(request).await) }
                });
                let connection = hyper::server::conn::http1::Builder::new();
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, shared }
    }

    /// The endpoint for those whose calls are to be counted.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Says where the stores are. Before, every call is answered by 503.
    pub fn pass_on_to(&self, url: &str) {
        self.shared.target.set(url.parse().unwrap()).unwrap();
    }

    /// What was asked since the start or the last time.
    #[must_use]
    pub fn take(&self) -> Consumed {
        std::mem::take(&mut *self.shared.consumed.lock().unwrap())
    }
}

impl Shared {
    async fn pass_on(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let Some(target) = self.target.get() else {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            return response;
        };
        let _under_way = self.begin();
        let (mut parts, body) = request.into_parts();
        let mut body = body.collect().await.unwrap().to_bytes();
        let operation = parts.headers.get("x-amz-target").map(|target| {
            let (_version, operation) = target.to_str().unwrap().rsplit_once('.').unwrap();
            operation.to_owned()
        });
        if operation.is_some() {
            let mut asked: Value = serde_json::from_slice(&body).unwrap();
            asked["ReturnConsumedCapacity"] = "TOTAL".into();
            body = Bytes::from(asked.to_string());
            parts.headers.remove(CONTENT_LENGTH);
        }
        let mut uri = target.clone().into_parts();
        uri.path_and_query = parts.uri.into_parts().path_and_query;
        parts.uri = Uri::from_parts(uri).unwrap();
        let method = parts.method.clone();
        // The header `Host` stays: what is signed was signed for this proxy.
        let call = Request::from_parts(parts, Full::from(body));
        let (parts, body) = self.client.request(call).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let mut consumed = self.consumed.lock().unwrap();
        match operation {
            None => consumed.calls.push(format!("S3 {method}")),
            Some(operation) => {
                let answer: Value = serde_json::from_slice(&body).unwrap();
                let units = units(&answer["ConsumedCapacity"]);
                if READS.contains(&operation.as_str()) {
                    consumed.read_units += units;
                } else {
                    consumed.write_units += units;
                }
                consumed.calls.push(operation);
            }
        }
        drop(consumed);
        Response::from_parts(parts, Full::new(body))
    }

    fn begin(&self) -> Arc<()> {
        let under_way = Arc::clone(&self.under_way);
        let mut consumed = self.consumed.lock().unwrap();
        let now = Arc::strong_count(&under_way) - 1;
        consumed.most_at_once = consumed.most_at_once.max(now);
        under_way
    }
}

/// One consumed capacity, or a list of them.
fn units(consumed: &Value) -> f64 {
    match consumed {
        Value::Array(all) => all.iter().map(units).sum(),
        one => one["CapacityUnits"].as_f64().unwrap_or_default(),
    }
}
