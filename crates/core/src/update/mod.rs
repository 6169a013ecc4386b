//! Changing what is said of an image: RFC 7396 merge patches.

mod patch;

use chrono::{DateTime, Utc};

pub use self::patch::Patch;
use crate::authorize::{Action, Caller, authorize};
use crate::clients::{Aws, HttpLayer, WithHttp};
use crate::config::{ConfigError, Environment, bucket_name, table_name};
use crate::model::to_millis;
use crate::presign::Links;
use crate::repo::{Images, Objects, State, Transition};
use crate::{Error, Image, ImageId};

/// How often a change that meets a concurrent one is applied anew.
const RACE_ATTEMPTS: u32 = 5;

/// The version that a client's change is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Any.
    None,
    /// One of these: entity tags without their quotes.
    IfMatch(Vec<String>),
}

impl Precondition {
    /// Compares an image with the version that is meant.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] where it is another one.
    pub(crate) fn check(&self, image: &Image) -> Result<(), Error> {
        match self {
            Self::IfMatch(tags) if !tags.contains(&image.etag()) => Err(Error::PreconditionFailed),
            Self::IfMatch(_) | Self::None => Ok(()),
        }
    }
}

/// The use case of `PATCH /images/{id}`.
#[derive(Debug, Clone)]
pub struct Updater {
    images: Images,
    links: Links,
}

impl WithHttp for Updater {
    fn with_http(environment: &Environment, layer: &HttpLayer) -> Result<Self, ConfigError> {
        let aws = Aws::new(environment, layer)?;
        let objects = Objects::new(&aws, bucket_name(environment)?);
        Ok(Self {
            images: Images::new(aws.dynamodb(), table_name(environment)?),
            links: Links::new(aws, objects, environment)?,
        })
    }
}

impl Updater {
    /// Applies a patch: the image row and every listing row change in one transaction, or nothing does. A patch
    /// that changes nothing writes nothing, and is answered by the image whatever version it was meant for.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`]; a merged value that breaks a rule; an image that is not the caller's to
    /// change; or the store that failed.
    pub async fn update(
        &self,
        caller: &Caller,
        id: ImageId,
        patch: &Patch,
        precondition: &Precondition,
        now: DateTime<Utc>,
    ) -> Result<Image, Error> {
        for _ in 0..RACE_ATTEMPTS {
            let row = self.images.find(id).await?.ok_or(Error::NotFound)?;
            let State::Active(old) = &row.state else {
                return Err(Error::NotFound);
            };
            authorize(caller, Action::Change, old)?;
            let changed = patch.apply(old);
            // Whoever repeats a change whose answer was lost names the version before it. What it asks for is in place
            // (RFC 9110, section 13.1.1).
            if changed.as_ref().is_ok_and(|changed| changed == old) {
                return Ok(old.clone());
            }
            precondition.check(old)?;
            let changed = changed?;
            let new = Image {
                updated_at: to_millis(now).max(old.updated_at),
                revision: old.revision + 1,
                ..changed
            };
            match self.images.update(old, &new, &row.guard).await? {
                Transition::Made => return Ok(new),
                Transition::Refused => {}
            }
        }
        Err(Error::Conflict)
    }

    /// Where the images are.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.links
    }
}
