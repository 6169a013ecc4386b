//! AVIF
use super::Decoded;
use crate::error::Defect;
use crate::{InspectError, Limits};
pub(super) fn decode(_bytes: &[u8], _limits: &Limits) -> Result<Decoded, InspectError> {
    Err(Defect("todo").into())
}
