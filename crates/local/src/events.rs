//! What AWS would call functions for without a request: the bucket's events, and the schedule.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use ingest::S3Event;
use serde_json::json;
use shoebox_core::config::{ConfigError, Environment, FromEnvironment as _};
use shoebox_core::{Ingester, Sweeper};
use shoebox_http::{Occasion, error_chain};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::s3::ObjectCreated;

/// How often the sweeper runs.
const SWEEP_INTERVAL: Duration = Duration::from_mins(1);
/// How long a function of events may work.
const BUDGET: Duration = Duration::from_secs(25);

/// The functions of events.
#[derive(Debug, Clone)]
pub(crate) struct EventFunctions {
    ingester: Arc<Ingester>,
    sweeper: Arc<Sweeper>,
}

impl EventFunctions {
    /// Builds them from the environment that the other functions have.
    pub(crate) fn new(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            ingester: Arc::new(Ingester::from_environment(environment)?),
            sweeper: Arc::new(Sweeper::from_environment(environment)?),
        })
    }

    /// Calls `ingest` for every object that appears, as the bucket's notification would, until the store is gone.
    /// An event that is missed, here or on AWS, is made good by the sweeper.
    pub(crate) async fn ingest(self, mut created: Receiver<ObjectCreated>) {
        loop {
            match created.recv().await {
                Ok(object) => self.deliver(&object).await,
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "object-created events were missed");
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    async fn deliver(&self, object: &ObjectCreated) {
        let event = match serde_json::from_value::<S3Event>(notification(object)) {
            Ok(event) => event,
            Err(error) => {
                tracing::error!(%error, "an event of our own cannot be read");
                return;
            }
        };
        let occasion = Occasion {
            now: Utc::now(),
            budget: BUDGET,
        };
        if let Err(error) = ingest::handle(Arc::clone(&self.ingester), event, occasion).await {
            tracing::error!(error = error_chain(&error), "ingest failed");
        }
    }

    /// Calls `sweep` on a schedule, for ever.
    pub(crate) async fn sweep(self) {
        let mut schedule = tokio::time::interval(SWEEP_INTERVAL);
        schedule.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            schedule.tick().await;
            match self.sweeper.sweep(Utc::now(), BUDGET).await {
                Ok(report) if report.examined > 0 => tracing::info!(?report, "swept"),
                Ok(_) => {}
                Err(error) => tracing::error!(error = error_chain(&error), "sweep failed"),
            }
        }
    }
}

/// The event as S3 writes it.
fn notification(object: &ObjectCreated) -> serde_json::Value {
    let key =
        percent_encoding::utf8_percent_encode(&object.key, percent_encoding::NON_ALPHANUMERIC);
    json!({
        "Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": crate::clients::REGION,
            "eventTime": Utc::now().to_rfc3339(),
            "eventName": "ObjectCreated:Put",
            "s3": {
                "s3SchemaVersion": "1.0",
                "bucket": { "name": object.bucket },
                "object": { "key": key.to_string(), "size": object.size, "eTag": object.etag },
            },
        }],
    })
}
