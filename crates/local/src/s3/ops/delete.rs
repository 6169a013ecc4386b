//! `DeleteObject` and `DeleteObjects`.

use rusqlite::Transaction;
use s3s::dto::{
    self, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput,
    DeletedObject, ETagCondition,
};
use s3s::{S3Request, S3Response, S3Result};

use crate::s3::blobs::BlobId;
use crate::s3::conditions::WriteConditions;
use crate::s3::error::Error;
use crate::s3::index::buckets::{self, BucketId};
use crate::s3::index::objects;
use crate::s3::store::Store;

/// The most keys of one `DeleteObjects` (a limit of S3).
const MAX_KEYS: usize = 1000;

impl Store {
    pub(in crate::s3) async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        self.run(move |store| {
            let unnamed = store.index.write(|tx| {
                let bucket = buckets::find(tx, &input.bucket)?;
                delete(tx, bucket, &input.key, input.if_match)
            })?;
            store.blobs.remove(unnamed);
            Ok(())
        })
        .await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    /// Deletes all keys in one transaction; a key whose condition does not hold is reported and
    /// does not keep the others.
    pub(in crate::s3) async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let input = request.input;
        let quiet = input.delete.quiet.unwrap_or(false);
        let wanted = input.delete.objects;
        if wanted.is_empty() || wanted.len() > MAX_KEYS {
            return Err(Error::MalformedXml.into());
        }
        let (deleted, errors) = self
            .run(move |store| {
                let (unnamed, deleted, errors) = store.index.write(|tx| {
                    let bucket = buckets::find(tx, &input.bucket)?;
                    let (mut unnamed, mut deleted, mut errors) = (vec![], vec![], vec![]);
                    for object in wanted {
                        let condition = object.e_tag.map(ETagCondition::ETag);
                        match delete(tx, bucket, &object.key, condition) {
                            Ok(blob) => {
                                unnamed.extend(blob);
                                deleted.push(object.key);
                            }
                            Err(error @ Error::PreconditionFailed) => {
                                errors.push(to_entry(&error, object.key));
                            }
                            Err(error) => return Err(error),
                        }
                    }
                    Ok((unnamed, deleted, errors))
                })?;
                store.blobs.remove(unnamed);
                Ok((deleted, errors))
            })
            .await?;
        let deleted = deleted.into_iter().map(|key| DeletedObject {
            key: Some(key),
            ..DeletedObject::default()
        });
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: (!quiet).then(|| deleted.collect()),
            errors: Some(errors),
            ..DeleteObjectsOutput::default()
        }))
    }
}

/// Deletes an object if there is one, and returns its blob, which no row names any more.
fn delete(
    tx: &Transaction<'_>,
    bucket: BucketId,
    key: &str,
    if_match: Option<ETagCondition>,
) -> Result<Option<BlobId>, Error> {
    let conditions = WriteConditions {
        if_match,
        if_none_match: None,
    };
    let current = objects::find(tx, bucket, key)?;
    match conditions.check(current.as_ref()) {
        // What is to be gone is gone, but not as what the client took it for.
        Err(Error::NoSuchKey) => return Err(Error::PreconditionFailed),
        result => result?,
    }
    objects::delete(tx, bucket, key)?;
    Ok(current.map(|object| object.blob))
}

fn to_entry(error: &Error, key: String) -> dto::Error {
    let (code, message) = error.answer();
    dto::Error {
        code: Some(code.as_str().to_owned()),
        key: Some(key),
        message: Some(message),
        ..dto::Error::default()
    }
}
