//! How often the stores said that it is too much: also where the SDK's next try went well, so nobody else hears of it.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde::Deserialize;

/// Of this process: on Lambda it works on one request at a time, so a difference belongs to one.
static THROTTLED: AtomicU64 = AtomicU64::new(0);

/// The words, in the code of an error or of a reason, by which a store says that it is too much.
const WORDS: [&str; 4] = [
    "Throttl",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "SlowDown",
];

/// How many attempts of calls the stores have refused since the process began because there were too many.
#[must_use]
pub fn throttled_attempts() -> u64 {
    THROTTLED.load(Ordering::Relaxed)
}

/// Looks at every answer to an attempt of the SDK's.
#[derive(Debug)]
pub(super) struct CountThrottled;

#[dyn_dispatch_hint]
impl Intercept for CountThrottled {
    fn name(&self) -> &'static str {
        "CountThrottled"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response();
        let status = answer.status().as_u16();
        if status >= 400 && is_throttle(status, answer.body().bytes().unwrap_or_default()) {
            THROTTLED.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// What DynamoDB says of an error.
#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type", default)]
    kind: String,
    #[serde(rename = "CancellationReasons", default)]
    reasons: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(rename = "Code", default)]
    code: String,
}

/// Only codes are looked at: messages and items can hold what clients wrote.
fn is_throttle(status: u16, body: &[u8]) -> bool {
    let is_word = |code: &str| WORDS.iter().any(|word| code.contains(word));
    if let Ok(refusal) = serde_json::from_slice::<Refusal>(body) {
        return is_word(&refusal.kind)
            || refusal.reasons.iter().any(|reason| is_word(&reason.code));
    }
    let text = String::from_utf8_lossy(body);
    let code = text
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"));
    // S3 is also busy without a word, when a proxy before it answers.
    code.map_or(status == 429 || status == 503, |(code, _)| is_word(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_types::body::SdkBody;

    use crate::clients::{Aws, HttpLayer};
    use crate::config::Environment;

    /// A DynamoDB that is too busy for the first two calls.
    #[derive(Debug, Default)]
    struct Busy(AtomicU64);

    impl HttpConnector for Busy {
        fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
            let (status, body) = match self.0.fetch_add(1, Ordering::Relaxed) {
                0 | 1 => (400, r#"{"__type":"x#ThrottlingException"}"#),
                _ => (200, "{}"),
            };
            let status = status.try_into().unwrap();
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
        }
    }

    #[tokio::test]
    async fn attempts_that_were_throttled_are_counted_though_the_call_succeeds() {
        let environment = Environment::from_iter([
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]);
        let busy = SharedHttpConnector::new(Busy::default());
        let layer = HttpLayer::new(move |_wire| {
            let busy = busy.clone();
            http_client_fn(move |_, _| busy.clone())
        });
        let client = Aws::new(&environment, &layer).unwrap().dynamodb();
        let before = throttled_attempts();
        client.list_tables().send().await.unwrap();
        assert_eq!(throttled_attempts() - before, 2);
    }

    #[test]
    fn a_throttle_is_told_by_its_code_alone() {
        let dynamodb = "com.amazonaws.dynamodb.v20120810#";
        let kind = |name: &str| format!(r#"{{"__type":"{dynamodb}{name}","message":"SlowDown"}}"#);
        let canceled = |code: &str| {
            format!(
                r#"{{"__type":"{dynamodb}TransactionCanceledException","CancellationReasons":[{{"Code":"None"}},
                {{"Code":"{code}","Item":{{"tags":{{"S":"ThrottlingError"}}}}}}]}}"#
            )
        };
        let xml = |code: &str| format!("<Error><Code>{code}</Code><Key>SlowDown</Key></Error>");
        for (status, body, expected) in [
            (400, kind("ProvisionedThroughputExceededException"), true),
            (400, kind("ThrottlingException"), true),
            (400, kind("RequestLimitExceeded"), true),
            (400, kind("ConditionalCheckFailedException"), false),
            (500, kind("InternalServerError"), false),
            (400, canceled("ThrottlingError"), true),
            (400, canceled("TransactionConflict"), false),
            (503, xml("SlowDown"), true),
            (404, xml("NoSuchKey"), false),
            (503, String::new(), true),
            (429, String::new(), true),
            (404, String::new(), false),
        ] {
            assert_eq!(
                is_throttle(status, body.as_bytes()),
                expected,
                "{status} {body}"
            );
        }
    }
}
