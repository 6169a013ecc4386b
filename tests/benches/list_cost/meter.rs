//! A proxy before DynamoDB that asks each call for what it consumed, and adds it up.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpListener;

pub(crate) struct Meter {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    target: OnceLock<Uri>,
    client: Client<HttpConnector, Full<Bytes>>,
    /// Calls, and read units.
    consumed: Mutex<(u32, f64)>,
}

impl Meter {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            target: OnceLock::new(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            consumed: Mutex::default(),
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

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Until this is known, every call is answered by 503.
    pub(crate) fn pass_on_to(&self, url: &str) {
        self.shared.target.set(url.parse().unwrap()).unwrap();
    }

    pub(crate) fn reset(&self) {
        *self.shared.consumed.lock().unwrap() = (0, 0.0);
    }

    pub(crate) fn read(&self) -> (u32, f64) {
        *self.shared.consumed.lock().unwrap()
    }
}

impl Shared {
    async fn pass_on(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let Some(target) = self.target.get() else {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            return response;
        };
        let (mut parts, body) = request.into_parts();
        let mut call: Value =
            serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
        call["ReturnConsumedCapacity"] = "TOTAL".into();
        // The sweeper of the same server reads its index now and then.
        let of_listing = call["IndexName"].is_null();
        parts.uri = target.clone();
        parts.headers.remove(CONTENT_LENGTH);
        parts.headers.remove(HOST);
        let call = Request::from_parts(parts, Full::from(call.to_string()));
        let (parts, body) = self.client.request(call).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        let units = match &answer["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().filter_map(units).sum(),
            table => units(table).unwrap_or_default(),
        };
        if of_listing {
            let mut consumed = self.consumed.lock().unwrap();
            *consumed = (consumed.0 + 1, consumed.1 + units);
        }
        Response::from_parts(parts, Full::new(body))
    }
}

fn units(table: &Value) -> Option<f64> {
    table["CapacityUnits"].as_f64()
}
