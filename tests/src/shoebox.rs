//! A running service: one in this process, or, where `SHOEBOX_TEST_URL` is set, one that is deployed.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use local::{Options, Running, dynamodb_client, s3_client, store_credentials};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::client::{Answer, Call, HttpClient, http_client};
use crate::picture;
use crate::store::Stores;

/// The service that the tests of one program share. It ends, and its data goes, with the last test that uses it.
static SHARED: Mutex<Weak<Running>> = Mutex::const_new(Weak::new());
static USERS: AtomicU32 = AtomicU32::new(0);

/// A running service as one test sees it: with clients of its own, as those belong to the runtime of the test.
#[derive(Debug, Clone)]
pub struct Shoebox {
    /// What stands before `/images`.
    pub api_url: String,
    /// Where clients reach S3.
    pub aws_url: String,
    /// The server; none where the service is deployed.
    running: Option<Arc<Running>>,
    /// What it has stored.
    pub stores: Stores,
    pub(crate) http: HttpClient,
}

impl Shoebox {
    /// The service that tests share: they keep apart by user, by tag and by category.
    pub async fn shared() -> Self {
        if let Ok(api_url) = std::env::var("SHOEBOX_TEST_URL") {
            return Self::deployed(api_url);
        }
        let mut shared = SHARED.lock().await;
        let running = match shared.upgrade() {
            Some(running) => running,
            None => Arc::new(local::start(Options::default()).await.unwrap()),
        };
        *shared = Arc::downgrade(&running);
        Self::over(running)
    }

    /// A service of its own, with variables.
    pub async fn with(variables: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let options = Options {
            variables: variables.iter().map(owned).collect(),
            ..Options::default()
        };
        Self::over(Arc::new(local::start(options).await.unwrap()))
    }

    /// A service that is running.
    #[must_use]
    pub fn over(running: Arc<Running>) -> Self {
        let stores = Stores {
            s3: s3_client(&running.aws_url, store_credentials()),
            dynamodb: dynamodb_client(&running.dynamodb_url, store_credentials()),
            bucket: running.bucket.clone(),
            table: running.table.clone(),
        };
        Self {
            api_url: running.api_url.clone(),
            aws_url: running.aws_url.clone(),
            running: Some(running),
            stores,
            http: http_client(),
        }
    }

    /// A service that is deployed at an emulator: `BUCKET_NAME`, `TABLE_NAME` and `AWS_ENDPOINT_URL` say where it
    /// keeps what it stores.
    #[must_use]
    pub fn deployed(api_url: String) -> Self {
        let variable =
            |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
        let aws_url = variable("AWS_ENDPOINT_URL");
        let stores = Stores {
            s3: s3_client(&aws_url, store_credentials()),
            dynamodb: dynamodb_client(&aws_url, store_credentials()),
            bucket: variable("BUCKET_NAME"),
            table: variable("TABLE_NAME"),
        };
        Self {
            api_url,
            aws_url,
            running: None,
            stores,
            http: http_client(),
        }
    }

    /// The server, for what only one in this process can be asked.
    #[must_use]
    pub fn running(&self) -> &Running {
        let running = self.running.as_deref();
        running.expect("a service in this process, not a deployed one")
    }

    /// A user whom no other test knows.
    #[must_use]
    pub fn user(label: &str) -> String {
        format!("{label}-{}", USERS.fetch_add(1, Ordering::Relaxed))
    }

    /// Begins a request to a path of the API, or to a whole URL.
    #[must_use]
    pub fn call(&self, method: &str, target: &str) -> Call {
        let url = if target.starts_with("http://") {
            target.to_owned()
        } else {
            format!("{}{target}", self.api_url)
        };
        let call = Call::new(self.http.clone(), method, &url);
        // An emulator's gateway takes every answer for text where nothing is said.
        match self.running {
            Some(_) => call,
            None => call.accepting_anything(),
        }
    }

    /// Begins a `GET`.
    #[must_use]
    pub fn get(&self, target: &str) -> Call {
        self.call("GET", target)
    }

    /// Begins a `POST`.
    #[must_use]
    pub fn post(&self, target: &str) -> Call {
        self.call("POST", target)
    }

    /// Begins a `PATCH`.
    #[must_use]
    pub fn patch(&self, target: &str) -> Call {
        self.call("PATCH", target)
    }

    /// Begins a `DELETE`.
    #[must_use]
    pub fn delete(&self, target: &str) -> Call {
        self.call("DELETE", target)
    }

    /// Uploads an image file with attributes and gives the image as answered.
    pub async fn upload_file(&self, user: &str, file: &[u8], attributes: Value) -> Value {
        let mut body = attributes;
        body["file_data"] = picture::base64(file).into();
        let answer = self.post("/images").user(user).json(&body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }

    /// Uploads a small PNG with attributes and gives the image as answered.
    pub async fn upload(&self, user: &str, attributes: Value) -> Value {
        self.upload_file(user, &picture::png(3, 2), attributes)
            .await
    }

    /// Lists with a query string and gives the ids in their order.
    pub async fn list(&self, query: &str) -> Vec<String> {
        ids(&self.list_page(query).await)
    }

    /// Lists with a query string and gives the page.
    pub async fn list_page(&self, query: &str) -> Value {
        let answer = self.get(&format!("/images?{query}")).send().await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        answer.json()
    }

    /// Asks for an image as a user.
    pub async fn image(&self, user: &str, id: &str) -> Answer {
        self.get(&format!("/images/{id}")).user(user).send().await
    }
}

/// The ids of a page.
#[must_use]
pub fn ids(page: &Value) -> Vec<String> {
    let images = page["images"].as_array().unwrap().iter();
    images.map(|image| text(image, "image_id")).collect()
}

/// A member that is text.
#[must_use]
pub fn text(value: &Value, name: &str) -> String {
    let found = value[name].as_str();
    found
        .unwrap_or_else(|| panic!("no text {name} in {value}"))
        .to_owned()
}
