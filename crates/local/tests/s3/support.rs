//! A server on a port of its own, and clients for it.

use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use local::s3::S3;
use tempfile::TempDir;
use tokio::net::TcpListener;

pub(crate) const BUCKET: &str = "bucket";
const ACCESS_KEY: &str = "shoebox";
const SECRET_KEY: &str = "shoebox-local";

/// A running server over a store; both end with it.
pub(crate) struct Server {
    pub(crate) s3: S3,
    pub(crate) endpoint: String,
    accepting: tokio::task::JoinHandle<()>,
    dir: Option<TempDir>,
}

impl Server {
    /// A server over an empty store.
    pub(crate) async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let mut server = Self::start_in(dir.path()).await;
        server.dir = Some(dir);
        server
    }

    /// A server over an empty store, and a client for the one bucket in it, [`BUCKET`].
    pub(crate) async fn with_bucket() -> (Self, Client) {
        let server = Self::start().await;
        let client = server.client();
        client.create_bucket().bucket(BUCKET).send().await.unwrap();
        (server, client)
    }

    /// A server over the store in `dir`.
    pub(crate) async fn start_in(dir: &Path) -> Self {
        let known = [(ACCESS_KEY, SECRET_KEY), ("test", "test")];
        let known = known.map(|(id, secret)| local::s3::Credentials {
            access_key_id: id.to_owned(),
            secret_access_key: secret.to_owned(),
        });
        let s3 = S3::open(dir, known).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let accepting = tokio::spawn(accept(listener, s3.clone()));
        Self {
            s3,
            endpoint,
            accepting,
            dir: None,
        }
    }

    pub(crate) fn client(&self) -> Client {
        self.client_of(ACCESS_KEY, SECRET_KEY)
    }

    pub(crate) fn client_of(&self, access_key: &str, secret_key: &str) -> Client {
        Client::from_conf(self.config_of(access_key, secret_key).build())
    }

    pub(crate) fn config(&self) -> Builder {
        self.config_of(ACCESS_KEY, SECRET_KEY)
    }

    fn config_of(&self, access_key: &str, secret_key: &str) -> Builder {
        aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new(
                access_key, secret_key, None, None, "static",
            ))
            .endpoint_url(&self.endpoint)
            .force_path_style(true)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
    }

    /// How many blob files there are, finished or not.
    pub(crate) fn count_blobs(&self) -> usize {
        count_files(self.dir.as_ref().unwrap().path())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// How many blob files there are in a store, finished or not.
pub(crate) fn count_files(dir: &Path) -> usize {
    let finished = std::fs::read_dir(dir.join("blobs")).unwrap();
    let shards = finished.map(|shard| shard.unwrap().path());
    shards
        .chain([dir.join("tmp")])
        .map(|dir| std::fs::read_dir(dir).unwrap().count())
        .sum()
}

async fn accept(listener: TcpListener, s3: S3) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let s3 = s3.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let s3 = s3.clone();
                async move { Ok::<_, std::convert::Infallible>(s3.call(request).await) }
            });
            // A connection that breaks is its client's business.
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// How long the presigned URLs of tests live.
pub(crate) fn for_a_minute() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_mins(1)).unwrap()
}

/// Sends a plain request, as a browser would.
pub(crate) async fn send(request: Request<Full<Bytes>>) -> Response<Bytes> {
    let client = HttpClient::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(parts, body)
}

/// Sends a presigned request with a body.
pub(crate) async fn send_presigned(
    presigned: &PresignedRequest,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    send_to(presigned.uri(), presigned, body).await
}

/// Sends a presigned request to another URI than was signed.
pub(crate) async fn send_to(
    uri: &str,
    presigned: &PresignedRequest,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let mut request = Request::builder().method(presigned.method()).uri(uri);
    for (name, value) in presigned.headers() {
        request = request.header(name, value);
    }
    send(request.body(Full::new(body.into())).unwrap()).await
}

/// A request without body and signature.
pub(crate) fn bare(method: Method, uri: &str, headers: HeaderMap) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::default());
    *request.method_mut() = method;
    *request.uri_mut() = uri.parse().unwrap();
    *request.headers_mut() = headers;
    request
}

/// What the server refused a request with: status and code.
pub(crate) fn refusal<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    result: Result<T, SdkError<E>>,
) -> (u16, String) {
    let error = result.unwrap_err();
    let status = error.raw_response().unwrap().status().as_u16();
    (status, error.code().unwrap_or_default().to_owned())
}

/// The whole body of an object, which must exist.
pub(crate) async fn read(client: &Client, key: &str) -> Bytes {
    let object = client.get_object().bucket(BUCKET).key(key).send().await;
    let body = object.unwrap().body.collect().await.unwrap();
    body.into_bytes()
}

/// Puts an object of these bytes.
pub(crate) async fn put(client: &Client, key: &str, body: impl Into<Bytes>) {
    let body = aws_sdk_s3::primitives::ByteStream::from(body.into());
    let put = client.put_object().bucket(BUCKET).key(key).body(body);
    put.send().await.unwrap();
}

/// Whether there is an object of this key.
pub(crate) async fn exists(client: &Client, key: &str) -> bool {
    match client.head_object().bucket(BUCKET).key(key).send().await {
        Ok(_) => true,
        Err(error) => {
            let status = error.raw_response().unwrap().status().as_u16();
            assert_eq!(status, StatusCode::NOT_FOUND);
            false
        }
    }
}

/// Bytes that look random and are the same every time.
pub(crate) fn noise(seed: u64, length: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes.into()
}
