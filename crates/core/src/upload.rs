//! Uploading: verify everything, then write in an order that no failure can turn into a lie.
//!
//! 1. Check and decode. Nothing is written before the image is known to be sound.
//! 2. Put the PENDING row. A crash after it leaves a row that only the sweeper sees.
//! 3. Put the object under a key that holds its digest. A crash leaves an object with its PENDING row.
//! 4. Turn the row ACTIVE and add every listing row, in one transaction. Only now does anyone see the image.
//!
//! A failure after step 2 removes nothing: the outcome of the failed call is not known, and the sweeper, which
//! acts when no attempt can, does it without a race.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use imaging::{ImageFormat, InspectError, Inspection, Limits, Sniffed};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::clients::Aws;
use crate::config::{
    ConfigError, Environment, FromEnvironment, ImageRules, bucket_name, table_name,
};
use crate::model::to_millis;
use crate::presign::{PresignOptions, PresignedUrl, Presigner};
use crate::repo::{Begin, Commit, Images, Objects};
use crate::{
    Attributes, Error, Faults, Filename, Image, ImageId, Sha256Digest, Status, UserId, Visibility,
};

/// The bytes of one image as they came.
#[derive(Clone)]
pub struct File {
    /// The bytes.
    pub bytes: Bytes,
    /// The name of the part they came in; an attribute `filename` goes before it.
    pub filename: Option<String>,
    /// The media type that the client declared, without parameters.
    pub declared_type: Option<String>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut fields = formatter.debug_struct("File");
        fields.field("size_bytes", &self.bytes.len());
        fields
            .field("declared_type", &self.declared_type)
            .finish_non_exhaustive()
    }
}

/// The use case of `POST /images`.
#[derive(Debug, Clone)]
pub struct Uploader {
    images: Images,
    objects: Objects,
    presigner: Presigner,
    rules: ImageRules,
}

impl FromEnvironment for Uploader {
    fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let aws = Aws::from_environment(environment)?;
        let objects = Objects::new(&aws, bucket_name(environment)?);
        Ok(Self {
            images: Images::new(aws.dynamodb(), table_name(environment)?),
            presigner: Presigner::new(aws, objects.clone(), environment)?,
            objects,
            rules: ImageRules::from_environment(environment)?,
        })
    }
}

impl Uploader {
    /// Verifies and stores one image. `default_visibility` holds where the attributes say none.
    ///
    /// # Errors
    /// What is wrong with the image or its attributes, before anything was written; or the store that failed.
    pub async fn upload(
        &self,
        user: &UserId,
        default_visibility: Visibility,
        attributes: &Attributes,
        file: File,
        now: DateTime<Utc>,
    ) -> Result<Image, Error> {
        let filename = part_filename(attributes, &file)?;
        let inspection = verify(&self.rules, attributes, &file)?;
        let now = to_millis(now);
        let image = Image {
            id: ImageId::new(now, random_tail()),
            user_id: user.clone(),
            filename,
            format: inspection.format,
            size_bytes: file.bytes.len() as u64,
            width_px: inspection.width_px,
            height_px: inspection.height_px,
            sha256: Sha256Digest(Sha256::digest(&file.bytes).into()),
            tags: attributes.tags.clone(),
            description: attributes.description.clone(),
            category: attributes.category.clone(),
            visibility: attributes.visibility.unwrap_or(default_visibility),
            metadata: attributes.metadata.clone(),
            exif: inspection.exif,
            placeholder: Some(inspection.placeholder).filter(|hash| !hash.is_empty()),
            status: Status::Pending,
            created_at: now,
            updated_at: now,
            revision: 1,
        };
        self.store(image, file.bytes, now).await
    }

    async fn store(&self, image: Image, bytes: Bytes, now: DateTime<Utc>) -> Result<Image, Error> {
        let attempt = Uuid::new_v4().to_string();
        match self.images.begin(&image, &attempt, now).await? {
            Begin::Started => {}
            Begin::Taken => return Err(Error::Conflict),
        }
        self.objects.put(&image, bytes).await?;
        match self.images.commit(&image, &attempt).await? {
            Commit::Done => Ok(Image {
                status: Status::Active,
                ..image
            }),
            Commit::Refused => Err(Error::Conflict),
        }
    }

    /// Where the image is stored: `s3://bucket/key`, for its owner.
    #[must_use]
    pub fn s3_url(&self, image: &Image) -> String {
        self.objects.url(image)
    }

    /// Signs a URL that reads the image.
    ///
    /// # Errors
    /// [`Error::Presign`].
    pub async fn presign(
        &self,
        image: &Image,
        options: PresignOptions,
        now: DateTime<Utc>,
    ) -> Result<PresignedUrl, Error> {
        self.presigner.presign(image, options, now).await
    }
}

fn part_filename(attributes: &Attributes, file: &File) -> Result<Option<Filename>, Error> {
    if let Some(name) = &attributes.filename {
        return Ok(Some(name.clone()));
    }
    let mut faults = Faults::default();
    let name = file.filename.as_deref().filter(|name| !name.is_empty());
    let name = name.and_then(|name| faults.check("filename", Filename::parse(name)));
    Ok(faults.or(name)?)
}

/// Everything that can be wrong with the bytes, the cheapest question first.
fn verify(rules: &ImageRules, attributes: &Attributes, file: &File) -> Result<Inspection, Error> {
    let size_bytes = file.bytes.len() as u64;
    if size_bytes > rules.max_size_bytes {
        return Err(Error::TooManyBytes {
            size_bytes,
            limit_bytes: rules.max_size_bytes,
        });
    }
    if file.bytes.is_empty() {
        return Err(refused(InspectError::Empty));
    }
    let unaccepted = |found| Error::UnacceptedType {
        found,
        accepted: rules.allowed_formats.clone(),
    };
    let found = match imaging::sniff(&file.bytes) {
        Sniffed::Supported(format) if rules.allowed_formats.contains(&format) => format,
        Sniffed::Supported(format) => return Err(unaccepted(Some(format.content_type()))),
        Sniffed::Unsupported(content_type) => return Err(unaccepted(Some(content_type))),
        Sniffed::Unknown => return Err(unaccepted(None)),
    };
    check_declared(file.declared_type.as_deref(), found)?;
    let limits = Limits {
        max_pixels: rules.max_pixels,
        ..Limits::default()
    };
    let inspection = imaging::inspect(&file.bytes, &limits).map_err(refused)?;
    check_claims(attributes, &inspection)?;
    Ok(inspection)
}

/// A declared image type must be that of the bytes. Any other declaration says nothing of them.
fn check_declared(declared: Option<&str>, found: ImageFormat) -> Result<(), Error> {
    match declared {
        Some(declared)
            if declared.to_ascii_lowercase().starts_with("image/")
                && ImageFormat::from_content_type(declared) != Some(found) =>
        {
            Err(Error::ContradictoryType {
                declared: declared.to_owned(),
                found,
            })
        }
        Some(_) | None => Ok(()),
    }
}

fn check_claims(attributes: &Attributes, inspection: &Inspection) -> Result<(), Error> {
    let claims = [
        ("width", attributes.width_px, inspection.width_px),
        ("height", attributes.height_px, inspection.height_px),
    ];
    let wrong: Vec<String> = claims
        .into_iter()
        .filter_map(|(name, claimed, found)| {
            let claimed = claimed.filter(|claimed| *claimed != found)?;
            Some(format!(
                "The {name} is {found} pixels, but {claimed} was claimed."
            ))
        })
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Error::BadImage {
        detail: wrong.join(" "),
        cause: None,
    })
}

fn refused(error: InspectError) -> Error {
    let detail = sentence(&error.to_string());
    match error {
        InspectError::TooManyPixels { .. } => Error::TooManyPixels { detail },
        other => Error::BadImage {
            detail,
            cause: Some(Box::new(other)),
        },
    }
}

fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), chars.as_str())
}

fn random_tail() -> [u8; 10] {
    let mut tail = [0; 10];
    // Of a version 4 UUID all but bytes 6 and 8 are random throughout.
    let random = Uuid::new_v4().into_bytes();
    tail[..6].copy_from_slice(&random[..6]);
    tail[6..].copy_from_slice(&random[12..]);
    tail
}
