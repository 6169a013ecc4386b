//! `GetObject`, `HeadObject`, `GetObjectTagging`.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use bytes::Bytes;
use futures_util::stream;
use s3s::dto::{
    ChecksumMode, GetObjectInput, GetObjectOutput, GetObjectTaggingInput, GetObjectTaggingOutput,
    HeadObjectInput, HeadObjectOutput, StreamingBlob,
};
use s3s::{S3Request, S3Response, S3Result};

use super::etag;
use super::selection::Selection;
use crate::s3::blobs::Blobs;
use crate::s3::checksum::put_checksums;
use crate::s3::conditions::ReadConditions;
use crate::s3::error::Error;
use crate::s3::object::{DEFAULT_CONTENT_TYPE, Object};
use crate::s3::store::Store;

/// How much of a blob, in bytes, a worker thread reads at a time.
const READ_BYTES: usize = 512 * 1024;

/// The members that both answers have.
macro_rules! describe {
    ($Output:ident, $object:expr, $selection:expr, $with_checksum:expr) => {{
        let (object, selection): (Object, &Selection) = ($object, $selection);
        let mut output = $Output {
            accept_ranges: Some("bytes".to_owned()),
            cache_control: object.attributes.cache_control,
            content_disposition: object.attributes.content_disposition,
            content_encoding: object.attributes.content_encoding,
            content_language: object.attributes.content_language,
            content_length: i64::try_from(selection.length()).ok(),
            content_range: selection.content_range(object.size_bytes),
            content_type: (object.attributes.content_type)
                .or_else(|| Some(DEFAULT_CONTENT_TYPE.to_owned())),
            e_tag: Some(etag(&object.etag)),
            expires: object.attributes.expires,
            last_modified: Some(object.modified.timestamp()),
            metadata: Some(object.attributes.metadata.into_iter().collect()),
            parts_count: selection.parts_count,
            ..$Output::default()
        };
        // A checksum of the whole says nothing about a part of it.
        if let Some(checksum) = object.checksum
            && $with_checksum
            && !selection.partial
        {
            put_checksums!(output, checksum.to_dto());
            output.checksum_type = Some(checksum.kind.to_dto());
        }
        output
    }};
}

impl Store {
    pub(in crate::s3) async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        refuse_version(input.version_id.as_deref())?;
        let with_checksum = wants_checksum(input.checksum_mode.as_ref());
        let conditions = ReadConditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        };
        let (object, selection, first, rest) = self
            .run(move |store| {
                let (object, file) = store.take(&input.bucket, &input.key, Blobs::read)?;
                conditions.check(&object)?;
                let selection = Selection::of(&object, input.range, input.part_number)?;
                let mut rest = Remainder {
                    file,
                    left_bytes: selection.length(),
                };
                rest.file.seek(SeekFrom::Start(selection.bytes.start))?;
                let first = rest.next_chunk()?;
                Ok((object, selection, first, rest))
            })
            .await?;
        let mut output = describe!(GetObjectOutput, object, &selection, with_checksum);
        output.body = Some(rest.into_body(first));
        Ok(S3Response::new(output))
    }

    pub(in crate::s3) async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        refuse_version(input.version_id.as_deref())?;
        let with_checksum = wants_checksum(input.checksum_mode.as_ref());
        let conditions = ReadConditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        };
        let (object, selection) = self
            .run(move |store| {
                let object = store.find(&input.bucket, &input.key)?;
                conditions.check(&object)?;
                let selection = Selection::of(&object, input.range, input.part_number)?;
                Ok((object, selection))
            })
            .await?;
        Ok(S3Response::new(describe!(
            HeadObjectOutput,
            object,
            &selection,
            with_checksum
        )))
    }

    /// No object has tags; clients ask before they copy one in parts.
    pub(in crate::s3) async fn get_object_tagging(
        &self,
        request: S3Request<GetObjectTaggingInput>,
    ) -> S3Result<S3Response<GetObjectTaggingOutput>> {
        let input = request.input;
        refuse_version(input.version_id.as_deref())?;
        self.run(move |store| store.find(&input.bucket, &input.key))
            .await?;
        Ok(S3Response::new(GetObjectTaggingOutput {
            tag_set: Vec::new(),
            version_id: None,
        }))
    }
}

fn wants_checksum(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}

/// # Errors
/// [`Error::NoSuchVersion`] for any version but that of a bucket without versioning.
pub(super) fn refuse_version(version_id: Option<&str>) -> Result<(), Error> {
    match version_id {
        None | Some("null") => Ok(()),
        Some(_) => Err(Error::NoSuchVersion),
    }
}

/// What is still to be read of an open blob.
struct Remainder {
    file: File,
    left_bytes: u64,
}

impl Remainder {
    fn next_chunk(&mut self) -> io::Result<Bytes> {
        let length = usize::try_from(self.left_bytes).map_or(READ_BYTES, |n| n.min(READ_BYTES));
        let mut chunk = vec![0; length];
        self.file.read_exact(&mut chunk)?;
        self.left_bytes -= length as u64;
        Ok(chunk.into())
    }

    /// A body of `first`, which has been read already, and all that is left.
    fn into_body(self, first: Bytes) -> StreamingBlob {
        if self.left_bytes == 0 {
            return s3s::Body::from(first).into();
        }
        StreamingBlob::wrap(stream::try_unfold(
            (Some(first), self),
            |(first, mut rest)| async move {
                if let Some(first) = first {
                    return Ok(Some((first, (None, rest))));
                }
                if rest.left_bytes == 0 {
                    return Ok(None);
                }
                let read = move || rest.next_chunk().map(|chunk| (chunk, rest));
                let (chunk, rest) = tokio::task::spawn_blocking(read)
                    .await
                    .map_err(io::Error::other)??;
                Ok::<_, io::Error>(Some((chunk, (None, rest))))
            },
        ))
    }
}
