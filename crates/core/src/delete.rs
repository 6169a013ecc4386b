//! Deleting: first out of sight, then out of S3, then out of the table.
//!
//! 1. One transaction turns the row DELETING and drops every listing row: no reader sees the image from here on.
//! 2. The object goes. A failure leaves the DELETING row, so that a repeat, or the sweeper, finishes.
//! 3. The row becomes a tombstone, which remembers the id while an upload could still be repeated.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use futures_util::stream;

use crate::authorize::{Action, Caller, authorize, authorize_owned};
use crate::clients::{Aws, HttpLayer, WithHttp};
use crate::config::{ConfigError, Environment, bucket_name, table_name};
use crate::repo::{Images, Objects, Row, State, StoreError, Transition};
use crate::{Error, ImageId, Precondition};

/// The most images of one bulk delete.
pub const MAX_BULK_IDS: usize = 100;
/// How many images of a bulk delete are worked on at once.
const CONCURRENCY: usize = 8;
/// How long a delete may take: the sweeper leaves it alone for so long.
const FUNCTION_LIFE: TimeDelta = TimeDelta::minutes(1);
/// How often a delete that meets a concurrent change of the image looks again.
const RACE_ATTEMPTS: u32 = 5;

/// The use case of `DELETE /images/{id}` and `DELETE /images`.
#[derive(Debug, Clone)]
pub struct Deleter {
    images: Images,
    objects: Objects,
}

impl WithHttp for Deleter {
    fn with_http(environment: &Environment, layer: &HttpLayer) -> Result<Self, ConfigError> {
        let aws = Aws::new(environment, layer)?;
        Ok(Self {
            objects: Objects::new(&aws, bucket_name(environment)?),
            images: Images::new(aws.dynamodb(), table_name(environment)?),
        })
    }
}

impl Deleter {
    /// Deletes one image, of the version that the precondition names. With `force`, what S3 still holds is left to the
    /// sweeper.
    ///
    /// # Errors
    /// [`Error::NotFound`], also after an earlier delete; [`Error::Forbidden`]; [`Error::PreconditionFailed`], with
    /// nothing changed; or the store that failed, after which a repeat finishes the work.
    pub async fn delete(
        &self,
        caller: &Caller,
        id: ImageId,
        precondition: &Precondition,
        force: bool,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let mut outcomes = self
            .delete_all(caller, &[id], precondition, force, now)
            .await;
        outcomes
            .pop()
            .map_or(Err(Error::NotFound), |(_, outcome)| outcome)
    }

    /// Deletes images, each on its own: one transaction an image, one `DeleteObjects` for all. Outcomes come in
    /// the order of the ids.
    pub async fn delete_many(
        &self,
        caller: &Caller,
        ids: &[ImageId],
        force: bool,
        now: DateTime<Utc>,
    ) -> Vec<(ImageId, Result<(), Error>)> {
        self.delete_all(caller, ids, &Precondition::None, force, now)
            .await
    }

    async fn delete_all(
        &self,
        caller: &Caller,
        ids: &[ImageId],
        precondition: &Precondition,
        force: bool,
        now: DateTime<Utc>,
    ) -> Vec<(ImageId, Result<(), Error>)> {
        let hidden: Vec<Result<Row, Error>> = stream::iter(ids.iter().copied())
            .map(|id| self.hide(caller, id, precondition, now))
            .buffered(CONCURRENCY)
            .collect()
            .await;
        let keys: Vec<String> = hidden
            .iter()
            .flatten()
            .map(|row| row.object_key.clone())
            .collect();
        let mut removed = self.objects.delete(&keys).await.into_iter();
        let removals = hidden.into_iter().map(|row| {
            let row = row?;
            Ok((row, removed.next().unwrap_or(Ok(()))))
        });
        let finished: Vec<Result<(), Error>> = stream::iter(removals)
            .map(|removal| self.finish(removal, force, now))
            .buffered(CONCURRENCY)
            .collect()
            .await;
        ids.iter().copied().zip(finished).collect()
    }

    /// Step 1. An image that is hidden already, by a delete that did not finish, counts as hidden, of whatever version
    /// it was: that delete was let through.
    async fn hide(
        &self,
        caller: &Caller,
        id: ImageId,
        precondition: &Precondition,
        now: DateTime<Utc>,
    ) -> Result<Row, Error> {
        for _ in 0..RACE_ATTEMPTS {
            let row = self.images.find(id).await?.ok_or(Error::NotFound)?;
            match &row.state {
                State::Uploading(_) | State::Direct(_) | State::Deleted => {
                    return Err(Error::NotFound);
                }
                // Never shown, so there is nothing that anybody could delete.
                State::Deleting if row.aborted => return Err(Error::NotFound),
                State::Deleting => {
                    authorize_owned(caller, Action::Change, &row.user_id, row.visibility)?;
                    return Ok(row);
                }
                State::Active(image) => {
                    authorize(caller, Action::Change, image)?;
                    precondition.check(image)?;
                    match self.images.begin_delete(image, now + FUNCTION_LIFE).await? {
                        Transition::Made => return Ok(row),
                        Transition::Refused => {}
                    }
                }
            }
        }
        Err(Error::Conflict)
    }

    /// Step 3, where step 2 succeeded.
    async fn finish(
        &self,
        removal: Result<(Row, Result<(), StoreError>), Error>,
        force: bool,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let (row, removed) = removal?;
        let finished = match removed {
            Ok(()) => self.images.bury(row.id, &row.guard, now).await.map(|_| ()),
            Err(error) => Err(error.into()),
        };
        match finished {
            Err(error) if force => {
                tracing::warn!(image_id = %row.id, error = crate::error_chain(&error), "left to the sweeper");
                Ok(())
            }
            finished => finished,
        }
    }
}
