//! A bucket and a table of random names, and what checks do there.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use shoebox_core::config::{Environment, FromEnvironment};
use shoebox_tests::store::keys;
use tokio::sync::Mutex;

/// Clients of an S3 and a DynamoDB, and the variables by which use cases reach them.
#[derive(Debug, Clone)]
pub(crate) struct Stores {
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) variables: Vec<(String, String)>,
    /// The names under which buckets and tables were made.
    pub(crate) made: Arc<Mutex<Vec<String>>>,
}

impl Stores {
    /// Removes a bucket and a table with all that is in them.
    pub(crate) async fn remove(&self, name: &str) {
        for key in keys(&self.s3, name, "").await {
            let delete = self.s3.delete_object().bucket(name);
            delete.key(key).send().await.unwrap();
        }
        self.s3.delete_bucket().bucket(name).send().await.unwrap();
        self.dynamodb
            .delete_table()
            .table_name(name)
            .send()
            .await
            .unwrap();
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) stores: Stores,
    pub(crate) bucket: String,
    pub(crate) table: String,
}

/// An answer to a request that carries its signature in its URL.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Signed {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Place {
    /// Makes bucket and table.
    pub(crate) async fn make(stores: &Stores) -> Self {
        let name = format!("shoebox-contract-{}", unique());
        stores.made.lock().await.push(name.clone());
        local::resources::create(&stores.s3, &stores.dynamodb, &name, &name)
            .await
            .unwrap();
        Self {
            stores: stores.clone(),
            bucket: name.clone(),
            table: name,
        }
    }

    /// Another place on the same stores, for a check that reads all there is.
    pub(crate) async fn apart(&self) -> Self {
        Self::make(&self.stores).await
    }

    /// A use case over this place.
    pub(crate) fn build<U: FromEnvironment>(&self) -> U {
        let own = [("BUCKET_NAME", &self.bucket), ("TABLE_NAME", &self.table)];
        let own = own.map(|(name, value)| (name.to_owned(), value.clone()));
        let variables = self.stores.variables.iter().cloned().chain(own);
        U::from_environment(&variables.collect::<Environment>()).unwrap()
    }

    /// The keys under a prefix.
    pub(crate) async fn keys(&self, prefix: &str) -> Vec<String> {
        keys(&self.stores.s3, &self.bucket, prefix).await
    }

    /// The bytes of an object that is there.
    pub(crate) async fn bytes(&self, key: &str) -> Bytes {
        let get = self.stores.s3.get_object().bucket(&self.bucket).key(key);
        let found = get.send().await.unwrap();
        found.body.collect().await.unwrap().into_bytes()
    }
}

/// A name that nobody else has.
pub(crate) fn unique() -> String {
    let random: u64 = rand::random();
    format!("{random:016x}")
}

/// A signature of an hour that began so long ago.
pub(crate) fn signed_for_an_hour(age: Duration) -> PresigningConfig {
    PresigningConfig::builder()
        .start_time(SystemTime::now() - age)
        .expires_in(Duration::from_hours(1))
        .build()
        .unwrap()
}

/// Sends what was signed.
pub(crate) async fn send_signed(request: &PresignedRequest, body: &[u8]) -> Signed {
    let headers = request
        .headers()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let headers: Vec<_> = headers.collect();
    send(request.method(), request.uri(), &headers, body).await
}

/// Sends a request without credentials of its own.
pub(crate) async fn send(
    method: &str,
    url: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Signed {
    let mut request = http::Request::builder().method(method).uri(url);
    // The connector counts the body by itself.
    let sent = |name: &str| !name.eq_ignore_ascii_case("content-length");
    for (name, value) in headers.iter().filter(|(name, _)| sent(name)) {
        request = request.header(name, value);
    }
    let request = request.body(SdkBody::from(body)).unwrap();
    let request = HttpRequest::try_from(request).unwrap();
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let connector = Connector::builder().tls_provider(ring).build();
    let answer = connector.call(request).await.unwrap();
    let headers = answer.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    Signed {
        status: answer.status().as_u16(),
        headers: headers.collect(),
        body: http_body_util::BodyExt::collect(answer.into_body())
            .await
            .unwrap()
            .to_bytes(),
    }
}
