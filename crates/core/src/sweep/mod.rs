//! The sweeper: finishes what was begun and left. It reads the sparse index of the rows that wait for it, uploads and
//! deletes under way and tombstones that may have to remove their object once more, so its cost grows with the
//! garbage, not with the library.
//!
//! It aborts or verifies an upload only after everything that could still write under it has ended; objects of
//! DELETING rows it removes earlier, for nobody is shown those. Every step is conditional on the row as read. So two
//! sweepers at once, or a sweeper beside any request, do no harm.
//!
//! Of the rows of a page:
//! 1. Uploads through the function turn DELETING. A crash leaves rows that are still due.
//! 2. The objects of all DELETING rows and tombstones are removed by one call. A crash leaves the same.
//! 3. Each of these rows becomes a tombstone, or leaves the index.
//! 4. Direct uploads are verified, one at a time, for each may take the memory of a whole image. Before it is, its
//!    turn is put off and the try counted: should the verification end the process, the next run begins with other
//!    rows, and after [`MAX_TRIES`] the upload is refused.

mod audit;
mod backlog;
mod clock;
mod report;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt as _, stream};

pub use self::audit::{AuditReport, Repair};
use self::clock::{Clock, shards};
use self::report::Outcome;
pub use self::report::SweepReport;
use crate::clients::{Aws, HttpLayer, WithHttp};
use crate::config::{ConfigError, Environment, ImageRules, bucket_name, table_name};
use crate::repo::{Images, Objects, Resume, Row, State, Transition, Turn};
use crate::upload::{Publisher, Refusal, Verdict};
use crate::{DirectUpload, Error, ImageId};

/// How many rows that need no verification are worked on at once.
const CONCURRENCY: usize = 8;
/// How many sweeps may end, killed or out of memory or time, over the verification of one upload.
const MAX_TRIES: u32 = 3;
/// How long after such an end the upload is tried again: other rows come first meanwhile.
const RETRY_AFTER: TimeDelta = TimeDelta::minutes(15);

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

/// What there is to do about a row.
enum Step {
    /// Nothing: the index was late, or something else was faster.
    Nothing,
    /// Remove the object, then let the row go; so it counts.
    Remove(Box<Row>, Outcome),
    /// Verify and show the object.
    Verify(Box<Row>, Turn),
}

impl Sweeper {
    /// Works through everything that is due, for about `budget`: no row is begun after it.
    ///
    /// # Errors
    /// The index could not be read. A row that fails is counted, logged, and left for the next run.
    pub async fn sweep(&self, now: DateTime<Utc>, budget: Duration) -> Result<SweepReport, Error> {
        let clock = Clock::start(budget);
        let mut report = SweepReport::default();
        for shard in shards(now) {
            let mut resume = Some(Resume::default());
            while let Some(from) = resume.take() {
                if clock.is_over() {
                    report.unfinished = true;
                    return Ok(report);
                }
                let (ids, next) = self.images.due(shard, now, from).await?;
                Box::pin(self.settle(ids, now, clock, &mut report)).await;
                resume = next;
            }
        }
        Ok(report)
    }

    /// Does what there is to do about the rows of one page.
    async fn settle(
        &self,
        ids: Vec<ImageId>,
        now: DateTime<Utc>,
        clock: Clock,
        report: &mut SweepReport,
    ) {
        let steps = stream::iter(ids).map(|id| async move {
            // On the heap, and made only in time: it is large.
            let step = clock.in_time(async { Box::pin(self.look_at(id, now)).await });
            let step = step.await;
            (id, step)
        });
        let steps: Vec<_> = steps.buffer_unordered(CONCURRENCY).collect().await;
        let (mut removals, mut verifications) = (Vec::new(), Vec::new());
        for (id, step) in steps {
            match step {
                None => report.unfinished = true,
                Some(Ok(Step::Nothing)) => report.count(id, Ok(Outcome::Settled)),
                Some(Ok(Step::Remove(row, outcome))) => removals.push((*row, outcome)),
                Some(Ok(Step::Verify(row, turn))) => verifications.push((row, turn)),
                Some(Err(error)) => report.count(id, Err(error)),
            }
        }
        self.remove(removals, now, report).await;
        for (row, turn) in verifications {
            let State::Direct(upload) = &row.state else {
                continue;
            };
            if !clock.leaves_room() {
                report.unfinished = true;
                return;
            }
            report.count(row.id, self.verify(&row, upload, turn, now).await);
        }
    }

    /// Reads a row anew and says what there is to do; an upload through the function is aborted on the way.
    async fn look_at(&self, id: ImageId, now: DateTime<Utc>) -> Result<Step, Error> {
        let Some(row) = self.images.find(id).await? else {
            return Ok(Step::Nothing);
        };
        let Some(turn) = row.turn.filter(|turn| turn.due_at <= now) else {
            return Ok(Step::Nothing);
        };
        Ok(match &row.state {
            State::Active(_) => Step::Nothing,
            State::Uploading(_) | State::Direct(_) if row.guard.hold_until >= now => Step::Nothing,
            State::Uploading(_) => match self.images.abort(&row, None).await? {
                Transition::Made => Step::Remove(Box::new(row), Outcome::Aborted),
                Transition::Refused => Step::Nothing,
            },
            State::Direct(_) => Step::Verify(Box::new(row), turn),
            State::Deleting => Step::Remove(Box::new(row), Outcome::Deleted),
            State::Deleted => Step::Remove(Box::new(row), Outcome::Released),
        })
    }

    /// Removes the objects of DELETING rows and tombstones, then lets the rows go.
    async fn remove(
        &self,
        rows: Vec<(Row, Outcome)>,
        now: DateTime<Utc>,
        report: &mut SweepReport,
    ) {
        let keys: Vec<String> = rows.iter().map(|(row, _)| row.object_key.clone()).collect();
        let removed = self.objects.delete(&keys).await;
        let finished = stream::iter(rows.into_iter().zip(removed)).map(
            |((row, outcome), removed)| async move {
                let buried = match removed {
                    Ok(()) => self.images.bury(row.id, &row.guard, now).await,
                    Err(error) => Err(error.into()),
                };
                (row.id, buried.map(|_| outcome))
            },
        );
        let finished: Vec<_> = finished.buffer_unordered(CONCURRENCY).collect().await;
        for (id, outcome) in finished {
            report.count(id, outcome);
        }
    }

    /// Verifies the object of a direct upload and shows it, or removes it. The try is counted before, and taken back
    /// after a store's failure: it is the tries of which nothing is heard that are held against the upload.
    async fn verify(
        &self,
        row: &Row,
        upload: &DirectUpload,
        turn: Turn,
        now: DateTime<Utc>,
    ) -> Result<Outcome, Error> {
        if turn.tries >= MAX_TRIES {
            let Refusal { reason, noted } = self.publisher.give_up(row, now).await;
            tracing::warn!(image_id = %row.id, error = crate::error_chain(&reason), "given up");
            return noted.map(|()| Outcome::Rejected);
        }
        let counted = Turn {
            due_at: now + RETRY_AFTER,
            tries: turn.tries + 1,
        };
        let outcome = match self.images.reschedule(row, turn, counted).await {
            Ok(Transition::Refused) => return Ok(Outcome::Settled),
            Ok(Transition::Made) => self.publish(row, upload, now).await,
            Err(error) => Err(error),
        };
        if outcome.is_err()
            && let Err(error) = self.images.reschedule(row, counted, turn).await
        {
            tracing::warn!(image_id = %row.id, error = crate::error_chain(&error), "a try stays counted");
        }
        outcome
    }

    async fn publish(
        &self,
        row: &Row,
        upload: &DirectUpload,
        now: DateTime<Utc>,
    ) -> Result<Outcome, Error> {
        match self.publisher.publish(row, upload, now).await {
            Ok(Verdict::Shown(_)) => Ok(Outcome::Published),
            // A refusal that is not noted is no end of the try: the next run comes to it again.
            Ok(Verdict::Refused(refusal)) => refusal.noted.map(|()| Outcome::Rejected),
            Err(Error::BytesMissing) => match self.images.abort(row, None).await? {
                Transition::Refused => Ok(Outcome::Settled),
                Transition::Made => {
                    self.publisher.remove(row, now).await?;
                    Ok(Outcome::Aborted)
                }
            },
            Err(error) => Err(error),
        }
    }
}
