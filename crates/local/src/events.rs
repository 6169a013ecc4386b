//! What AWS would call functions for without a request: the bucket's events, and the schedule.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use ingest::S3Event;
use serde_json::json;
use shoebox_core::config::{ConfigError, Environment, FromEnvironment as _};
use shoebox_core::{Ingester, Sweeper};
use shoebox_http::{Occasion, error_chain};
use tokio::runtime::Handle;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinHandle;

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

    /// Begins to call them, until told to stop: `ingest` for every object that appears, `sweep` on a schedule.
    pub(crate) fn start(self, created: Receiver<ObjectCreated>) -> EventTasks {
        let (stop, stopped) = watch::channel(());
        let ingest = tokio::spawn(self.clone().ingest(created, stopped.clone()));
        let sweep = tokio::spawn(self.sweep(stopped));
        EventTasks {
            stop,
            tasks: [ingest, sweep],
        }
    }

    /// Calls `ingest` for every object that appears, as the bucket's notification would. An event that is missed, here
    /// or on AWS, is made good by the sweeper.
    async fn ingest(self, mut created: Receiver<ObjectCreated>, mut stopped: watch::Receiver<()>) {
        loop {
            let appeared = tokio::select! {
                _ = stopped.changed() => return,
                appeared = created.recv() => appeared,
            };
            match appeared {
                Ok(object) => {
                    let work = deliver(Arc::clone(&self.ingester), object);
                    call("ingest", work, stopped.clone()).await;
                }
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "object-created events were missed");
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    async fn sweep(self, mut stopped: watch::Receiver<()>) {
        let mut schedule = tokio::time::interval(SWEEP_INTERVAL);
        schedule.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stopped.changed() => return,
                _ = schedule.tick() => {}
            }
            call("sweep", sweep(Arc::clone(&self.sweeper)), stopped.clone()).await;
        }
    }
}

/// The functions of events at work. Where it is dropped they end, in the middle of a call too: what that leaves is the
/// sweeper's, as on AWS.
#[derive(Debug)]
pub(crate) struct EventTasks {
    stop: watch::Sender<()>,
    tasks: [JoinHandle<()>; 2],
}

impl EventTasks {
    /// Ends them, and waits until they have.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of events ended before");
            }
        }
    }
}

/// Runs one call on a thread of its own, as the gateway runs invocations: verifying an image keeps a processor busy, and
/// every connection would wait for it. A panic ends that call alone, `stopped` ends it where it waits.
async fn call(
    function: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
    mut stopped: watch::Receiver<()>,
) {
    let until_stopped = async move {
        tokio::select! {
            _ = stopped.changed() => {}
            () = work => {}
        }
    };
    let runtime = Handle::current();
    let called = tokio::task::spawn_blocking(move || runtime.block_on(until_stopped));
    if let Err(error) = called.await {
        tracing::error!(%error, function, "a function of events crashed");
    }
}

async fn deliver(ingester: Arc<Ingester>, object: ObjectCreated) {
    let event = match serde_json::from_value::<S3Event>(notification(&object)) {
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
    if let Err(error) = ingest::handle(ingester, event, occasion).await {
        tracing::error!(error = error_chain(&error), "ingest failed");
    }
}

async fn sweep(sweeper: Arc<Sweeper>) {
    match sweeper.sweep(Utc::now(), BUDGET).await {
        Ok(report) if report.examined > 0 => tracing::info!(?report, "swept"),
        Ok(_) => {}
        Err(error) => tracing::error!(error = error_chain(&error), "sweep failed"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn a_call_that_panics_ends_alone() {
        let (_stop, stopped) = watch::channel(());
        call("test", async { panic!("on purpose") }, stopped.clone()).await;
        let (say, said) = oneshot::channel();
        let next = async { say.send("next").unwrap() };
        call("test", next, stopped).await;
        assert_eq!(said.await, Ok("next"));
    }

    #[tokio::test]
    async fn a_call_that_computes_holds_up_nothing_else() {
        let (_stop, stopped) = watch::channel(());
        let started = Instant::now();
        let computing = Duration::from_millis(600);
        let work = async move { std::thread::sleep(computing) };
        let busy = call("test", work, stopped);
        let other = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            started.elapsed()
        };
        let ((), waited) = tokio::join!(busy, other);
        assert!(waited < computing, "{waited:?}");
    }

    #[tokio::test]
    async fn a_call_that_waits_ends_with_the_server() {
        let (stop, stopped) = watch::channel(());
        let waiting = tokio::spawn(call("test", std::future::pending(), stopped));
        drop(stop);
        waiting.await.unwrap();
    }
}
