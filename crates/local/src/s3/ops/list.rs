//! `ListObjectsV2` and `ListObjects`.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    CommonPrefix, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object, ObjectStorageClass, Owner,
};
use s3s::{S3Request, S3Response, S3Result};

use super::{etag, owner};
use crate::s3::error::Error;
use crate::s3::index::buckets;
use crate::s3::index::listing::{
    self, Entry, Page, Query, Summary, after, after_all_with_prefix, common_prefix,
};
use crate::s3::store::Store;

/// The most entries of a page, and how many there are where the client does not say (limits of
/// S3).
const MAX_ENTRIES: usize = 1000;

impl Store {
    pub(in crate::s3) async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let max_entries = page_size(input.max_keys)?;
        let from = match (&input.continuation_token, &input.start_after) {
            (Some(token), _) => Some(read_token(token)?),
            (None, Some(key)) => Some(after(key)),
            (None, None) => Some(String::new()),
        };
        let query = Query {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone().filter(|text| !text.is_empty()),
            from,
            max_entries,
        };
        let page = self.page(input.bucket.clone(), query).await?;
        let names = Names::new(input.encoding_type.as_ref())?;
        let next = page.next.as_deref().map(write_token);
        let with_owner = input.fetch_owner.unwrap_or(false).then(owner);
        let key_count = i32::try_from(page.entries.len()).ok();
        let (contents, common_prefixes) = entries(page, names, with_owner.as_ref());
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: Some(names.write(input.prefix.unwrap_or_default())),
            delimiter: input.delimiter.map(|text| names.write(text)),
            start_after: input.start_after.map(|text| names.write(text)),
            continuation_token: input.continuation_token,
            encoding_type: input.encoding_type,
            max_keys: i32::try_from(max_entries).ok(),
            key_count,
            is_truncated: Some(next.is_some()),
            next_continuation_token: next,
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            ..ListObjectsV2Output::default()
        }))
    }

    pub(in crate::s3) async fn list_objects(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let input = request.input;
        let max_entries = page_size(input.max_keys)?;
        let prefix = input.prefix.clone().unwrap_or_default();
        let delimiter = input.delimiter.clone().filter(|text| !text.is_empty());
        let query = Query {
            from: from_marker(input.marker.as_deref(), &prefix, delimiter.as_deref()),
            prefix,
            delimiter,
            max_entries,
        };
        let page = self.page(input.bucket.clone(), query).await?;
        let names = Names::new(input.encoding_type.as_ref())?;
        let is_truncated = page.next.is_some();
        let next_marker = (page.entries.last().map(Entry::name))
            .filter(|_| is_truncated)
            .map(|name| names.write(name.to_owned()));
        let (contents, common_prefixes) = entries(page, names, Some(&owner()));
        Ok(S3Response::new(ListObjectsOutput {
            name: Some(input.bucket),
            prefix: Some(names.write(input.prefix.unwrap_or_default())),
            delimiter: input.delimiter.map(|text| names.write(text)),
            marker: Some(names.write(input.marker.unwrap_or_default())),
            encoding_type: input.encoding_type,
            max_keys: i32::try_from(max_entries).ok(),
            is_truncated: Some(is_truncated),
            next_marker,
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            ..ListObjectsOutput::default()
        }))
    }

    async fn page(&self, bucket: String, query: Query) -> Result<Page, Error> {
        self.run(move |store| {
            (store.index).read(|tx| listing::page(tx, buckets::find(tx, &bucket)?, &query))
        })
        .await
    }
}

/// # Errors
/// [`Error::InvalidArgument`] for a negative number.  More than 1,000 means 1,000, as in S3.
pub(super) fn page_size(asked: Option<i32>) -> Result<usize, Error> {
    let Some(asked) = asked else {
        return Ok(MAX_ENTRIES);
    };
    usize::try_from(asked)
        .map(|entries| entries.min(MAX_ENTRIES))
        .map_err(|_| Error::InvalidArgument("The size of a page cannot be negative"))
}

/// A continuation token is the key at which the page begins; no key of the bucket, just a
/// position, so pages neither skip nor repeat entries while objects come and go.
fn write_token(from: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(from)
}

fn read_token(token: &str) -> Result<String, Error> {
    (BASE64_URL_SAFE_NO_PAD.decode(token).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(Error::InvalidArgument(
            "The continuation token provided is incorrect",
        ))
}

/// Where a page begins that comes after `marker`, the last name of the page before: all of it
/// where that was a common prefix.
fn from_marker(marker: Option<&str>, prefix: &str, delimiter: Option<&str>) -> Option<String> {
    match marker {
        None | Some("") => Some(String::new()),
        Some(marker) if common_prefix(marker, prefix, delimiter) == Some(marker) => {
            after_all_with_prefix(marker)
        }
        Some(marker) => Some(after(marker)),
    }
}

fn entries(page: Page, names: Names, owner: Option<&Owner>) -> (Vec<Object>, Vec<CommonPrefix>) {
    let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
    for entry in page.entries {
        match entry {
            Entry::Object(summary) => contents.push(content(summary, names, owner.cloned())),
            Entry::CommonPrefix(prefix) => common_prefixes.push(CommonPrefix {
                prefix: Some(names.write(prefix)),
            }),
        }
    }
    (contents, common_prefixes)
}

fn content(summary: Summary, names: Names, owner: Option<Owner>) -> Object {
    Object {
        e_tag: Some(etag(&summary.etag)),
        key: Some(names.write(summary.key)),
        last_modified: Some(summary.modified.timestamp()),
        owner,
        size: i64::try_from(summary.size_bytes).ok(),
        storage_class: Some(ObjectStorageClass::from_static(
            ObjectStorageClass::STANDARD,
        )),
        ..Object::default()
    }
}

/// How keys are written in an answer: as they are, or percent-encoded, which is the only way to
/// tell a client about keys that XML has no characters for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    encoded: bool,
}

impl Names {
    /// # Errors
    /// [`Error::InvalidArgument`] for an encoding other than `url`.
    pub(super) fn new(encoding: Option<&EncodingType>) -> Result<Self, Error> {
        match encoding.map(EncodingType::as_str) {
            None => Ok(Self { encoded: false }),
            Some(EncodingType::URL) => Ok(Self { encoded: true }),
            Some(_) => Err(Error::InvalidArgument("Invalid Encoding Method")),
        }
    }

    pub(super) fn write(self, name: String) -> String {
        /// What S3 leaves as it is.
        const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
            .remove(b'-')
            .remove(b'_')
            .remove(b'.')
            .remove(b'*')
            .remove(b'/');
        if self.encoded {
            utf8_percent_encode(&name, ENCODED).to_string()
        } else {
            name
        }
    }
}
