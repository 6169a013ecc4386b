//! The stores that the suite runs on.

use std::sync::Arc;

use local::{Account, Options, Running, dynamodb_client, s3_client, store_credentials};
use tokio::sync::OnceCell;

use crate::place::{Place, Stores};

const BOTH: &str = "SHOEBOX_TEST_ENDPOINT";
const S3: &str = "SHOEBOX_TEST_S3_ENDPOINT";
const DYNAMODB: &str = "SHOEBOX_TEST_DYNAMODB_ENDPOINT";

/// An S3 and a DynamoDB, and what was made on them.
pub(crate) struct Backend {
    pub(crate) name: &'static str,
    s3: Named,
    dynamodb: Named,
    opened: OnceCell<(Stores, Running)>,
    shared: OnceCell<Place>,
}

/// Which store is meant.
#[derive(Debug, Clone)]
enum Named {
    Embedded,
    Aws,
    Endpoint(String),
}

impl Named {
    fn of(name: &str) -> Option<Self> {
        let given = [name, BOTH].map(|name| std::env::var(name).ok());
        let given = given.into_iter().flatten().find(|value| !value.is_empty());
        Some(match given?.as_str() {
            "aws" => Self::Aws,
            url => Self::Endpoint(url.trim_end_matches('/').to_owned()),
        })
    }
}

impl Backend {
    pub(crate) fn embedded() -> Self {
        Self::new("embedded", Named::Embedded, Named::Embedded)
    }

    /// The stores that the environment names, if it does.
    pub(crate) fn named() -> Option<Self> {
        match (Named::of(S3), Named::of(DYNAMODB)) {
            (None, None) => None,
            (s3, dynamodb) => Some(Self::new(
                "endpoint",
                s3.unwrap_or(Named::Embedded),
                dynamodb.unwrap_or(Named::Embedded),
            )),
        }
    }

    fn new(name: &'static str, s3: Named, dynamodb: Named) -> Self {
        Self {
            name,
            s3,
            dynamodb,
            opened: OnceCell::new(),
            shared: OnceCell::new(),
        }
    }

    /// The place that checks share.
    pub(crate) async fn place(&self) -> Place {
        let make = async || {
            let (stores, _) = self.opened.get_or_init(|| self.open()).await;
            Place::make(stores).await
        };
        self.shared.get_or_init(make).await.clone()
    }

    /// Removes what was made, also by checks that failed.
    pub(crate) async fn remove(&self) {
        if let Some((stores, _)) = self.opened.get() {
            let made = std::mem::take(&mut *stores.made.lock().await);
            for name in made {
                stores.remove(&name).await;
            }
        }
    }

    async fn open(&self) -> (Stores, Running) {
        let account = match (&self.s3, &self.dynamodb) {
            (Named::Embedded, Named::Embedded) => None,
            _ => Some(Account::load().await.unwrap()),
        };
        // The embedded stores take the account's key pair too: a use case has one for both.
        let accepted = account
            .as_ref()
            .map(|account| account.credentials().clone());
        let options = Options {
            accepted_credentials: accepted.into_iter().collect(),
            ..Options::default()
        };
        let running = local::start(options).await.unwrap();
        let mut variables = match &account {
            Some(account) => account.variables(),
            None => [
                ("AWS_ACCESS_KEY_ID", local::ACCESS_KEY),
                ("AWS_SECRET_ACCESS_KEY", local::ACCESS_KEY),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        };
        let mut endpoint = |name: &str, named: &Named, embedded: &str| {
            match named {
                Named::Aws => None,
                Named::Embedded => Some(embedded.to_owned()),
                Named::Endpoint(url) => Some(url.clone()),
            }
            .inspect(|url| variables.push((name.to_owned(), url.clone())))
        };
        let s3_url = endpoint("AWS_ENDPOINT_URL_S3", &self.s3, &running.aws_url);
        let dynamodb_url = endpoint(
            "AWS_ENDPOINT_URL_DYNAMODB",
            &self.dynamodb,
            &running.dynamodb_url,
        );
        let (s3, dynamodb) = match account {
            None => (
                s3_client(&running.aws_url, store_credentials()),
                dynamodb_client(&running.dynamodb_url, store_credentials()),
            ),
            Some(account) => {
                let config = account.sdk_config();
                let mut s3 = aws_sdk_s3::config::Builder::from(config);
                s3.set_force_path_style(Some(s3_url.is_some()));
                s3.set_endpoint_url(s3_url);
                let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(config);
                dynamodb.set_endpoint_url(dynamodb_url);
                (
                    aws_sdk_s3::Client::from_conf(s3.build()),
                    aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
                )
            }
        };
        let stores = Stores {
            s3,
            dynamodb,
            variables,
            made: Arc::default(),
        };
        (stores, running)
    }
}
