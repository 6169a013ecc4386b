//! Reading one image.

use bytes::Bytes;

use crate::authorize::{Action, Caller, authorize};
use crate::clients::{Aws, HttpLayer, WithHttp};
use crate::config::{ConfigError, Environment, bucket_name, table_name};
use crate::presign::Links;
use crate::repo::{Images, Objects, State};
use crate::{Error, ErrorKind, Image, ImageId};

/// The use case of `GET /images/{id}` and what hangs below it.
#[derive(Debug, Clone)]
pub struct Reader {
    images: Images,
    objects: Objects,
    links: Links,
}

impl WithHttp for Reader {
    fn with_http(environment: &Environment, layer: &HttpLayer) -> Result<Self, ConfigError> {
        let aws = Aws::new(environment, layer)?;
        let objects = Objects::new(&aws, bucket_name(environment)?);
        Ok(Self {
            images: Images::new(aws.dynamodb(), table_name(environment)?),
            links: Links::new(aws, objects.clone(), environment)?,
            objects,
        })
    }
}

impl Reader {
    /// Finds an image that the caller may read.
    ///
    /// # Errors
    /// [`Error::NotFound`] also where it is not theirs to know of; or the store that failed.
    pub async fn find(&self, caller: &Caller, id: ImageId) -> Result<Image, Error> {
        let row = self.images.find(id).await?.ok_or(Error::NotFound)?;
        match row.state {
            State::Active(image) => {
                authorize(caller, Action::Read, &image)?;
                Ok(image)
            }
            State::Uploading(_) | State::Direct(_) | State::Deleting | State::Deleted => {
                Err(Error::NotFound)
            }
        }
    }

    /// Reads the bytes of an image that was found.
    ///
    /// # Errors
    /// [`Error::NotFound`] where it was deleted since; or the store that failed.
    pub async fn content(&self, image: &Image) -> Result<Bytes, Error> {
        match self.objects.get(image).await {
            // A missing object is not told from a failure here: without the right to list a bucket, S3 calls it
            // forbidden. The row knows.
            Err(error) if error.kind() == ErrorKind::StoreFailed => {
                match self.images.find(image.id).await {
                    Ok(Some(row)) if matches!(row.state, State::Active(_)) => Err(error),
                    Ok(_) => Err(Error::NotFound),
                    Err(_) => Err(error),
                }
            }
            outcome => outcome,
        }
    }

    /// Where the images are.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.links
    }
}
