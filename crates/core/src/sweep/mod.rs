//! The sweeper: finishes what was begun and left. It reads the sparse index of PENDING and DELETING rows, so its cost
//! grows with the garbage, not with the library; and it acts on a row only after everything that could still write has
//! ended, so two sweepers at once, or a sweeper beside any request, do no harm.

mod audit;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;

pub use self::audit::{AuditReport, Repair};
use crate::clients::{Aws, HttpLayer, WithHttp};
use crate::config::{ConfigError, Environment, ImageRules, bucket_name, table_name};
use crate::repo::{Images, Objects, Resume, Row, SWEEP_SHARDS, State, Transition};
use crate::upload::{Publisher, is_about_the_image};
use crate::{Error, ImageId};

/// How many rows are worked on at once.
const CONCURRENCY: usize = 8;

/// What one run of the sweeper did, in numbers of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SweepReport {
    /// Found in the index and due.
    pub examined: u64,
    /// Uploads that came to nothing and were removed.
    pub aborted: u64,
    /// Direct uploads whose bytes were there, verified and shown.
    pub published: u64,
    /// Direct uploads whose bytes were refused, and removed.
    pub rejected: u64,
    /// Deletes that were finished.
    pub deleted: u64,
    /// Tombstones whose waiting time was over.
    pub released: u64,
    /// Rows that something else had settled.
    pub settled: u64,
    /// Rows that failed and wait for the next run.
    pub failed: u64,
    /// Whether time ran out before the end of the index.
    pub unfinished: bool,
}

/// The use case of the schedule.
#[derive(Debug, Clone)]
pub struct Sweeper {
    images: Images,
    objects: Objects,
    publisher: Publisher,
}

impl WithHttp for Sweeper {
    fn with_http(environment: &Environment, layer: &HttpLayer) -> Result<Self, ConfigError> {
        let aws = Aws::new(environment, layer)?;
        let objects = Objects::new(&aws, bucket_name(environment)?);
        let images = Images::new(aws.dynamodb(), table_name(environment)?);
        let rules = ImageRules::from_environment(environment)?;
        Ok(Self {
            publisher: Publisher::new(images.clone(), objects.clone(), rules),
            images,
            objects,
        })
    }
}

/// What became of one row.
enum Outcome {
    Aborted,
    Published,
    Rejected,
    Deleted,
    Released,
    Settled,
}

impl Sweeper {
    /// Works through everything that is due, for at most `budget`.
    ///
    /// # Errors
    /// The index could not be read. A row that fails is counted, logged, and left for the next run.
    pub async fn sweep(&self, now: DateTime<Utc>, budget: Duration) -> Result<SweepReport, Error> {
        let started = Instant::now();
        let mut report = SweepReport::default();
        for shard in 0..SWEEP_SHARDS {
            let mut resume = Some(Resume::default());
            while let Some(from) = resume.take() {
                if started.elapsed() > budget {
                    report.unfinished = true;
                    return Ok(report);
                }
                let (ids, next) = self.images.due(shard, now, from).await?;
                let outcomes =
                    stream::iter(ids).map(|id| async move { (id, self.settle(id, now).await) });
                let outcomes: Vec<_> = outcomes.buffer_unordered(CONCURRENCY).collect().await;
                for (id, outcome) in outcomes {
                    report.count(id, outcome);
                }
                resume = next;
            }
        }
        Ok(report)
    }

    async fn settle(&self, id: ImageId, now: DateTime<Utc>) -> Result<Outcome, Error> {
        let Some(row) = self.images.find(id).await? else {
            return Ok(Outcome::Settled);
        };
        match &row.state {
            State::Active(_) => Ok(Outcome::Settled),
            State::Uploading(_) | State::Direct(_) if row.guard.hold_until >= now => {
                Ok(Outcome::Settled)
            }
            State::Uploading(_) => self.abort(&row, now).await,
            State::Direct(upload) => match self.publisher.publish(&row, upload, now).await {
                Ok(_) => Ok(Outcome::Published),
                Err(Error::BytesMissing) => self.abort(&row, now).await,
                Err(error) if is_about_the_image(&error) => Ok(Outcome::Rejected),
                Err(error) => Err(error),
            },
            State::Deleting => {
                self.publisher.remove(&row, now).await?;
                Ok(Outcome::Deleted)
            }
            State::Deleted => {
                self.publisher.remove(&row, now).await?;
                Ok(Outcome::Released)
            }
        }
    }

    async fn abort(&self, row: &Row, now: DateTime<Utc>) -> Result<Outcome, Error> {
        match self.images.abort(row, None).await? {
            Transition::Refused => Ok(Outcome::Settled),
            Transition::Made => {
                self.publisher.remove(row, now).await?;
                Ok(Outcome::Aborted)
            }
        }
    }
}

impl SweepReport {
    fn count(&mut self, id: ImageId, outcome: Result<Outcome, Error>) {
        self.examined += 1;
        let counter = match outcome {
            Ok(Outcome::Aborted) => &mut self.aborted,
            Ok(Outcome::Published) => &mut self.published,
            Ok(Outcome::Rejected) => &mut self.rejected,
            Ok(Outcome::Deleted) => &mut self.deleted,
            Ok(Outcome::Released) => &mut self.released,
            Ok(Outcome::Settled) => &mut self.settled,
            Err(error) => {
                tracing::warn!(image_id = %id, error = crate::error_chain(&error), "left for the next sweep");
                &mut self.failed
            }
        };
        *counter += 1;
    }
}
