//! `GetObject` and `HeadObject`.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream;
use s3s::dto::{
    self, ChecksumMode, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    StreamingBlob,
};
use s3s::{S3Request, S3Response, S3Result};

use super::etag;
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

/// Which bytes of an object a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Selection {
    bytes: Range<u64>,
    partial: bool,
    parts_count: Option<i32>,
}

impl Selection {
    /// # Errors
    /// [`Error::InvalidRange`], [`Error::InvalidPartNumber`], or [`Error::InvalidArgument`] for
    /// both a range and a part.
    fn of(
        object: &Object,
        range: Option<dto::Range>,
        part_number: Option<i32>,
    ) -> Result<Self, Error> {
        let size_bytes = object.size_bytes;
        let (bytes, partial, parts_count) = match (range, part_number) {
            (None, None) => (0..size_bytes, false, None),
            (Some(range), None) => {
                let bytes = range.check(size_bytes).map_err(|_| Error::InvalidRange)?;
                (bytes, true, None)
            }
            (None, Some(number)) => (
                part(object, number)?,
                true,
                i32::try_from(object.part_sizes.len())
                    .ok()
                    .filter(|&n| n > 0),
            ),
            (Some(_), Some(_)) => {
                return Err(Error::InvalidArgument(
                    "Cannot specify both Range header and partNumber query parameter",
                ));
            }
        };
        Ok(Self {
            bytes,
            partial,
            parts_count,
        })
    }

    fn length(&self) -> u64 {
        self.bytes.end - self.bytes.start
    }

    fn content_range(&self, size_bytes: u64) -> Option<String> {
        // An empty object has one part, of which there is no first byte to name.
        (self.partial && !self.bytes.is_empty()).then(|| {
            let last = self.bytes.end - 1;
            format!("bytes {}-{last}/{size_bytes}", self.bytes.start)
        })
    }
}

/// The bytes of part `number`, counted from 1.  An object that was not uploaded in parts has one.
fn part(object: &Object, number: i32) -> Result<Range<u64>, Error> {
    let index = usize::try_from(number)
        .ok()
        .and_then(|number| number.checked_sub(1))
        .ok_or(Error::InvalidPartNumber)?;
    if object.part_sizes.is_empty() && index == 0 {
        return Ok(0..object.size_bytes);
    }
    let size_bytes = (object.part_sizes.get(index)).ok_or(Error::InvalidPartNumber)?;
    let start: u64 = object.part_sizes.iter().take(index).sum();
    Ok(start..start + size_bytes)
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
