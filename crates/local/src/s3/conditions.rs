//! Conditional requests (RFC 9110, section 13, as S3 reads it).

use s3s::dto::{ETag, ETagCondition, Timestamp};

use super::error::Error;
use super::object::Object;

/// What must hold for an object to be replaced or deleted.
#[derive(Debug, Clone, Default)]
pub(super) struct WriteConditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
}

impl WriteConditions {
    /// # Errors
    /// [`Error::PreconditionFailed`]; [`Error::NoSuchKey`] for an `If-Match` where there is
    /// nothing; [`Error::NotImplemented`] for an `If-None-Match` of anything but `*`, as in S3.
    pub(super) fn check(&self, current: Option<&Object>) -> Result<(), Error> {
        match (&self.if_none_match, current) {
            (Some(ETagCondition::ETag(_)), _) => {
                return Err(Error::NotImplemented("If-None-Match with an entity tag"));
            }
            (Some(ETagCondition::Any), Some(_)) => return Err(Error::PreconditionFailed),
            (Some(ETagCondition::Any), None) | (None, _) => {}
        }
        match (&self.if_match, current) {
            (Some(_), None) => Err(Error::NoSuchKey),
            (Some(condition), Some(object)) if !matches(condition, object) => {
                Err(Error::PreconditionFailed)
            }
            (Some(_), Some(_)) | (None, _) => Ok(()),
        }
    }
}

/// What must hold for an object to be read.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_field_names,
    reason = "these are the names of the headers"
)]
pub(super) struct ReadConditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
    pub(super) if_modified_since: Option<Timestamp>,
    pub(super) if_unmodified_since: Option<Timestamp>,
}

impl ReadConditions {
    /// # Errors
    /// [`Error::PreconditionFailed`] where the object is not the one the client means,
    /// [`Error::NotModified`] where it is the one the client has.
    pub(super) fn check(&self, object: &Object) -> Result<(), Error> {
        let modified = object.modified.to_second().timestamp();
        // An entity tag says more than a date, so a date beside one is not looked at.
        let expected = match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) => matches(condition, object),
            (None, Some(since)) => modified <= *since,
            (None, None) => true,
        };
        if !expected {
            return Err(Error::PreconditionFailed);
        }
        let known = match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => matches(condition, object),
            (None, Some(since)) => modified <= *since,
            (None, None) => false,
        };
        if known {
            return Err(Error::not_modified(object));
        }
        Ok(())
    }

    /// As [`check`](Self::check) for the source of a copy, which has one answer to all failures.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`]
    pub(super) fn check_source(&self, object: &Object) -> Result<(), Error> {
        self.check(object).map_err(|_| Error::PreconditionFailed)
    }
}

fn matches(condition: &ETagCondition, object: &Object) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(ETag::Strong(etag) | ETag::Weak(etag)) => *etag == object.etag,
    }
}
