//! The Lambda function of the bucket's object-created events: publishes direct uploads that nobody completed.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use shoebox_core::{Error, Ingested, Ingester, id_in_key};
use shoebox_http::{Occasion, partly_failed};

/// An event notification of S3, as far as it is of use here.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct S3Event {
    /// What happened. A test event, as S3 sends when notifications are set up, has none.
    #[serde(rename = "Records", default)]
    pub records: Vec<S3Record>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct S3Record {
    /// `ObjectCreated:Put` and the like.
    #[serde(rename = "eventName", default)]
    pub event_name: String,
    /// Where.
    pub s3: S3Entity,
}

/// Where something happened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct S3Entity {
    /// The object.
    pub object: S3Object,
}

/// An object that an event speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct S3Object {
    /// Its key, encoded as in an HTML form.
    pub key: String,
}

/// What the events led to, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Direct uploads that are shown now.
    pub published: u32,
    /// Direct uploads that were refused and removed.
    pub rejected: u32,
    /// Objects that came after their image was deleted, and were removed.
    pub removed: u32,
    /// Events that changed nothing.
    pub ignored: u32,
}

/// Answers one delivery. Every record is looked at, whatever became of those before it.
///
/// # Errors
/// The first store failure: the whole delivery is to come again, which does no harm. The log has them all.
pub async fn handle(
    ingester: Arc<Ingester>,
    event: S3Event,
    occasion: Occasion,
) -> Result<Summary, Error> {
    let mut summary = Summary::default();
    let mut failure = None;
    let created = event.records.iter().filter(|record| record.is_creation());
    for record in created {
        let key = record.key();
        match ingester.object_created(&key, occasion.now).await {
            Ok(outcome) => summary.count(&outcome),
            Err(error) => {
                let image = id_in_key(&key).map_or_else(String::new, |id| id.to_string());
                partly_failed(&format!("image {image}"), &error);
                failure.get_or_insert(error);
            }
        }
    }
    failure.map_or(Ok(summary), Err)
}

impl S3Record {
    fn is_creation(&self) -> bool {
        // Some implementations write `s3:ObjectCreated:Put`.
        self.event_name
            .trim_start_matches("s3:")
            .starts_with("ObjectCreated:")
    }

    fn key(&self) -> String {
        let spaced = self.s3.object.key.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    }
}

impl Summary {
    fn count(&mut self, outcome: &Ingested) {
        let counter = match outcome {
            Ingested::Published(_) => &mut self.published,
            Ingested::Rejected(..) => &mut self.rejected,
            Ingested::Removed(_) => &mut self.removed,
            Ingested::Ignored => &mut self.ignored,
        };
        *counter += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_true_event_is_read_and_its_key_decoded() {
        let event: S3Event = serde_json::from_value(json!({
            "Records": [{
                "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
                "eventTime": "2026-01-31T12:00:00.123Z", "eventName": "ObjectCreated:Put",
                "s3": {
                    "s3SchemaVersion": "1.0", "configurationId": "ingest",
                    "bucket": { "name": "image-service-bucket", "arn": "arn:aws:s3:::image-service-bucket" },
                    "object": { "key": "images/a%2540b/x+y", "size": 1024, "eTag": "d41d8cd9", "sequencer": "0A1B2C3D4E5F678901" },
                },
            }],
        }))
        .unwrap();
        assert!(event.records[0].is_creation());
        assert_eq!(event.records[0].key(), "images/a%40b/x y");
    }

    #[test]
    fn the_test_event_of_s3_has_no_records() {
        let event = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b" });
        assert_eq!(
            serde_json::from_value::<S3Event>(event).unwrap(),
            S3Event::default()
        );
    }
}
