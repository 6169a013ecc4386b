//! The bucket's word that an object was created: the other way, beside `complete`, by which a direct upload is shown.
//!
//! Events come at least once, late, out of order, and of objects that are not direct uploads at all. So an event is
//! only a reason to look: what happens depends on the row alone.

use chrono::{DateTime, Utc};

use crate::clients::{Aws, HttpLayer, WithHttp};
use crate::config::{ConfigError, Environment, ImageRules, bucket_name, table_name};
use crate::model::to_millis;
use crate::repo::{Images, Objects, Row, State, id_in_key, owner_in_key};
use crate::upload::{Publisher, Verdict};
use crate::{Error, ImageId};

/// What an event led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ingested {
    /// The direct upload is verified and shown.
    Published(ImageId),
    /// The direct upload was refused and removed, for this reason.
    Rejected(ImageId, String),
    /// The object came after its image was deleted, or is of an earlier upload under its id, and was removed.
    Removed(ImageId),
    /// Nothing was left to do: an upload through the function, an event that was heard before, or an object that is
    /// not of this service.
    Ignored,
}

/// The use case of the bucket's object-created events.
#[derive(Debug, Clone)]
pub struct Ingester {
    images: Images,
    publisher: Publisher,
}

impl WithHttp for Ingester {
    fn with_http(environment: &Environment, layer: &HttpLayer) -> Result<Self, ConfigError> {
        let aws = Aws::new(environment, layer)?;
        let objects = Objects::new(&aws, bucket_name(environment)?);
        let images = Images::new(aws.dynamodb(), table_name(environment)?);
        let rules = ImageRules::from_environment(environment)?;
        Ok(Self {
            publisher: Publisher::new(images.clone(), objects, rules),
            images,
        })
    }
}

impl Ingester {
    /// Looks at the row of an object that was created.
    ///
    /// # Errors
    /// The store that failed: the event is to be delivered again.
    pub async fn object_created(&self, key: &str, now: DateTime<Utc>) -> Result<Ingested, Error> {
        let Some(id) = id_in_key(key) else {
            return Ok(Ingested::Ignored);
        };
        let Some(row) = self.images.find(id).await? else {
            return Ok(Ingested::Ignored);
        };
        if row.object_key != key {
            return self.other_object(&row, key).await;
        }
        let now = to_millis(now);
        match &row.state {
            State::Uploading(_) | State::Active(_) => Ok(Ingested::Ignored),
            State::Direct(upload) => match self.publisher.publish(&row, upload, now).await {
                Ok(Verdict::Shown(_)) => Ok(Ingested::Published(id)),
                Ok(Verdict::Refused(refusal)) => {
                    refusal.noted?;
                    Ok(Ingested::Rejected(id, refusal.reason.detail()))
                }
                // A late event of an object that is gone again.
                Err(Error::BytesMissing | Error::NotFound) => Ok(Ingested::Ignored),
                Err(error) => Err(error),
            },
            State::Deleting | State::Deleted => {
                self.publisher.remove(&row, now).await?;
                Ok(Ingested::Removed(id))
            }
        }
    }

    /// An object of the image's owner under the image's id, and not the image's: it was put by the URL of an upload that
    /// came to nothing before, so slowly that its row was begun anew. No row goes back to its name before its tombstone is over, a day later.
    async fn other_object(&self, row: &Row, key: &str) -> Result<Ingested, Error> {
        if owner_in_key(key).as_ref() != Some(&row.user_id) {
            return Ok(Ingested::Ignored);
        }
        self.publisher.remove_object(key).await?;
        Ok(Ingested::Removed(row.id))
    }
}
