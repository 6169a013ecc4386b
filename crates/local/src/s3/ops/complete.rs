//! `CompleteMultipartUpload`.

use s3s::dto::{CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart};
use s3s::{S3Request, S3Response, S3Result};

use super::assemble::{assemble, object};
use super::etag;
use super::multipart::MAX_PART_NUMBER;
use crate::s3::checksum::{Checksum, put_checksums, take_checksums};
use crate::s3::conditions::WriteConditions;
use crate::s3::error::Error;
use crate::s3::index::buckets;
use crate::s3::index::uploads::{self, Part, Upload};
use crate::s3::object::Object;
use crate::s3::store::{Inner, Store};

/// The least size in bytes of every part but the last: 5 MiB (a limit of S3).
const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;
/// More than there can be parts.
const ALL_PARTS: usize = MAX_PART_NUMBER as usize + 1;

impl Store {
    /// Makes one object of the parts, which are gone afterwards.  Its bytes are written anew, so
    /// that an object is always one blob; when that fails, the upload is as it was.
    pub(in crate::s3) async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let mut input = request.input;
        let wanted = input
            .multipart_upload
            .and_then(|it| it.parts)
            .unwrap_or_default();
        let wanted = Wanted::parse(wanted)?;
        let declared = Checksum::declared(take_checksums!(input))?;
        let declared_bytes = input.mpu_object_size.map(i64::unsigned_abs);
        let conditions = WriteConditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
        };
        let (bucket, key, upload_id) = (input.bucket.clone(), input.key.clone(), input.upload_id);
        let object = self
            .run(move |store| {
                let (upload, parts) = chosen(store, &bucket, &key, &upload_id, &wanted)?;
                let assembled = assemble(store, &upload, &parts)?;
                let object = object(upload, &parts, &assembled);
                if declared_bytes.is_some_and(|declared| declared != object.size_bytes) {
                    return Err(Error::InvalidArgument(
                        "The object size does not match that of the parts",
                    ));
                }
                verify(declared.as_ref(), &object)?;
                store.publish(
                    &bucket,
                    assembled.blob,
                    &object,
                    &conditions,
                    |tx, bucket| {
                        uploads::find(tx, bucket, &key, &upload_id)?;
                        let present = uploads::parts(tx, &upload_id, 0, ALL_PARTS)?;
                        let unchanged = |part: &Part| present.iter().any(|it| it.blob == part.blob);
                        if !parts.iter().all(unchanged) {
                            return Err(Error::InvalidPart);
                        }
                        uploads::delete(tx, &upload_id)
                    },
                )?;
                Ok(object)
            })
            .await?;

        let mut output = CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(etag(&object.etag)),
            ..CompleteMultipartUploadOutput::default()
        };
        if let Some(checksum) = object.checksum {
            put_checksums!(output, checksum.to_dto());
            output.checksum_type = Some(checksum.kind.to_dto());
        }
        Ok(S3Response::new(output))
    }
}

/// A part as the client knows it.
#[derive(Debug)]
struct Wanted {
    number: i32,
    etag: String,
    checksum: Option<Checksum>,
}

impl Wanted {
    /// # Errors
    /// [`Error::MalformedXml`] for no parts or too many, [`Error::InvalidPartOrder`] for numbers
    /// that do not ascend, [`Error::InvalidPart`] for a part without number or entity tag.
    fn parse(parts: Vec<CompletedPart>) -> Result<Vec<Self>, Error> {
        if parts.is_empty() || parts.len() >= ALL_PARTS {
            return Err(Error::MalformedXml);
        }
        let wanted = (parts.into_iter())
            .map(|mut part| {
                let etag = part.e_tag.take().ok_or(Error::InvalidPart)?.into_value();
                Ok(Self {
                    number: part.part_number.ok_or(Error::InvalidPart)?,
                    etag,
                    checksum: Checksum::declared(take_checksums!(part))?,
                })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        if wanted.is_sorted_by(|a, b| a.number < b.number) {
            Ok(wanted)
        } else {
            Err(Error::InvalidPartOrder)
        }
    }

    fn is(&self, part: &Part) -> bool {
        self.number == part.number
            && self.etag == part.etag
            && (self.checksum.as_ref()).is_none_or(|checksum| *checksum == part.checksum)
    }
}

/// The upload, and those of its parts that the client wants in the object.
fn chosen(
    store: &Inner,
    bucket: &str,
    key: &str,
    upload_id: &str,
    wanted: &[Wanted],
) -> Result<(Upload, Vec<Part>), Error> {
    let (upload, present) = store.index.read(|tx| {
        let upload = uploads::find(tx, buckets::find(tx, bucket)?, key, upload_id)?;
        Ok((upload, uploads::parts(tx, upload_id, 0, ALL_PARTS)?))
    })?;
    let parts = (wanted.iter())
        .map(|wanted| {
            (present
                .binary_search_by_key(&wanted.number, |part| part.number)
                .ok())
            .and_then(|index| present.get(index))
            .filter(|part| wanted.is(part))
            .cloned()
            .ok_or(Error::InvalidPart)
        })
        .collect::<Result<Vec<_>, _>>()?;
    if let Some((_last, others)) = parts.split_last()
        && others.iter().any(|part| part.size_bytes < MIN_PART_BYTES)
    {
        return Err(Error::PartTooSmall);
    }
    Ok((upload, parts))
}

/// # Errors
/// [`Error::BadDigest`] where the client declared another checksum of the whole.
fn verify(declared: Option<&Checksum>, object: &Object) -> Result<(), Error> {
    let (Some(declared), Some(computed)) = (declared, &object.checksum) else {
        return Ok(());
    };
    let header = declared.algorithm.header();
    // Some clients send a composite checksum without the number of parts.
    let value = computed.value.split('-').next().unwrap_or_default();
    if declared.algorithm == computed.algorithm
        && (declared.value == computed.value || declared.value == value)
    {
        Ok(())
    } else {
        Err(Error::BadDigest(header))
    }
}
