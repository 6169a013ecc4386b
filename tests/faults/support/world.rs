//! A bucket and a table of their own on the embedded stores, and the use cases over them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use local::{Options, Running, dynamodb_client, resources, s3_client, store_credentials};
use shoebox_core::clients::WithHttp;
use shoebox_core::config::Environment;
use shoebox_core::{
    Caller, DirectFields, DirectStart, Error, Faults, File, IdempotencyKey, Image, Ingester,
    Lister, Patch, Reader, StartedUpload, Sweeper, Updater, Upload, Uploader, UserId, Visibility,
};
use shoebox_core::{Deleter, ImageId, Precondition};
use tokio::sync::Mutex;

use super::layer::layer;
use super::pictures::attributes;

/// The server whose stores all tests share. It ends, and its data goes, with the last test that uses it.
static SERVER: Mutex<Weak<Running>> = Mutex::const_new(Weak::new());
static WORLDS: AtomicU32 = AtomicU32::new(0);

pub(crate) struct World {
    pub(crate) uploader: Uploader,
    pub(crate) deleter: Deleter,
    pub(crate) updater: Updater,
    pub(crate) ingester: Ingester,
    pub(crate) sweeper: Sweeper,
    pub(crate) lister: Lister,
    pub(crate) reader: Reader,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) bucket: String,
    pub(crate) table: String,
    /// When everything begins. Later times are spoken of, not waited for.
    pub(crate) start: DateTime<Utc>,
    http: Client<HttpConnector, Full<bytes::Bytes>>,
    _server: Arc<Running>,
}

impl World {
    /// A world in which the SDK tries each call so often.
    pub(crate) async fn new(attempts: &str) -> Self {
        let server = shared_server().await;
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let (bucket, table) = (format!("faults-{number}"), format!("faults-{number}"));
        let s3 = s3_client(&server.aws_url, store_credentials());
        let dynamodb = dynamodb_client(&server.dynamodb_url, store_credentials());
        resources::create(&s3, &dynamodb, &bucket, &table)
            .await
            .unwrap();
        let environment = Environment::from_iter([
            ("AWS_ACCESS_KEY_ID", local::ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", local::ACCESS_KEY),
            ("AWS_ENDPOINT_URL_S3", server.aws_url.as_str()),
            ("AWS_ENDPOINT_URL_DYNAMODB", server.dynamodb_url.as_str()),
            ("AWS_MAX_ATTEMPTS", attempts),
            ("BUCKET_NAME", bucket.as_str()),
            ("TABLE_NAME", table.as_str()),
        ]);
        Self {
            uploader: build(&environment),
            deleter: build(&environment),
            updater: build(&environment),
            ingester: build(&environment),
            sweeper: build(&environment),
            lister: build(&environment),
            reader: build(&environment),
            s3,
            dynamodb,
            bucket,
            table,
            start: Utc::now(),
            http: Client::builder(TokioExecutor::new()).build_http(),
            _server: server,
        }
    }

    pub(crate) fn after(&self, delta: TimeDelta) -> DateTime<Utc> {
        self.start + delta
    }

    /// Uploads a picture of one seed through the function.
    pub(crate) async fn upload(
        &self,
        user: &UserId,
        key: Option<&IdempotencyKey>,
        bytes: bytes::Bytes,
        now: DateTime<Utc>,
    ) -> Result<Image, Error> {
        let mut outcomes = self.upload_all(user, key, vec![bytes], now).await?;
        outcomes.pop().unwrap()
    }

    /// Uploads several in one request.
    pub(crate) async fn upload_all(
        &self,
        user: &UserId,
        key: Option<&IdempotencyKey>,
        files: Vec<bytes::Bytes>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Result<Image, Error>>, Error> {
        let attributes = attributes("public", &["sea", "a#b"], Some("trips"));
        let upload = Upload {
            user,
            attributes: &attributes,
            default_visibility: Visibility::Private,
            idempotency: key,
        };
        let files = files.into_iter().map(|bytes| File::new(bytes, None, None));
        Box::pin(self.uploader.upload(upload, files.collect(), now)).await
    }

    /// Asks for a direct upload of so many bytes, which is not shown yet.
    pub(crate) async fn start_direct(
        &self,
        user: &UserId,
        key: Option<&IdempotencyKey>,
        size_bytes: usize,
        now: DateTime<Utc>,
    ) -> Result<StartedUpload, Error> {
        match self.ask_direct(user, key, size_bytes, now).await? {
            DirectStart::Pending(started) => Ok(*started),
            DirectStart::Complete(image) => panic!("{image:?} is shown"),
        }
    }

    /// Asks for a direct upload of so many bytes.
    pub(crate) async fn ask_direct(
        &self,
        user: &UserId,
        key: Option<&IdempotencyKey>,
        size_bytes: usize,
        now: DateTime<Utc>,
    ) -> Result<DirectStart, Error> {
        let attributes = attributes("public", &["sea"], None);
        let fields = DirectFields {
            content_type: Some("image/png".to_owned()),
            size: u64::try_from(size_bytes).ok(),
            sha256: None,
        };
        let mut faults = Faults::default();
        let request = self.uploader.declare(attributes, &fields, &mut faults)?;
        let request = faults.or(request)?.unwrap();
        let start = self
            .uploader
            .start_direct(user, Visibility::Private, &request, key, now);
        Box::pin(start).await
    }

    /// Puts the bytes of a direct upload, as a client of the URL would, and gives the status.
    pub(crate) async fn put(&self, started: &StartedUpload, bytes: &bytes::Bytes) -> u16 {
        let mut request = http::Request::put(&started.url);
        for (name, value) in &started.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(bytes.clone())).unwrap();
        self.http.request(request).await.unwrap().status().as_u16()
    }

    pub(crate) async fn delete(
        &self,
        user: &UserId,
        id: ImageId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let caller = caller(user);
        let delete = self
            .deleter
            .delete(&caller, id, &Precondition::None, false, now);
        Box::pin(delete).await
    }

    pub(crate) async fn patch(
        &self,
        user: &UserId,
        id: ImageId,
        members: serde_json::Value,
        now: DateTime<Utc>,
    ) -> Result<Image, Error> {
        let serde_json::Value::Object(members) = members else {
            panic!("a patch is an object");
        };
        let mut faults = Faults::default();
        let patch = Patch::parse(members, &mut faults);
        let patch = faults.or(patch)?;
        let caller = caller(user);
        let update = self
            .updater
            .update(&caller, id, &patch, &Precondition::None, now);
        Box::pin(update).await
    }
}

async fn shared_server() -> Arc<Running> {
    let mut shared = SERVER.lock().await;
    if let Some(server) = shared.upgrade() {
        return server;
    }
    // What happens is what the tests call.
    let options = Options {
        has_events: false,
        ..Options::default()
    };
    let server = Arc::new(local::start(options).await.unwrap());
    *shared = Arc::downgrade(&server);
    server
}

pub(crate) fn caller(user: &UserId) -> Caller {
    Caller::User(user.clone())
}

fn build<U: WithHttp>(environment: &Environment) -> U {
    U::with_http(environment, &layer()).unwrap()
}
