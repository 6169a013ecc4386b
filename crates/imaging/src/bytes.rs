//! Reading numbers from bytes without ever reading past them.

use crate::InspectError;

/// A position in bytes that ends in [`InspectError::Truncated`] rather than past them.
#[derive(Debug, Clone)]
pub(crate) struct ByteReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> ByteReader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Bytes read so far.
    pub(crate) const fn position(&self) -> usize {
        self.position
    }

    /// What has not been read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], InspectError> {
        let taken = self.rest().get(..length).ok_or(InspectError::Truncated)?;
        self.position += length;
        Ok(taken)
    }

    pub(crate) fn take_array<const N: usize>(&mut self) -> Result<[u8; N], InspectError> {
        let taken = *self.rest().first_chunk().ok_or(InspectError::Truncated)?;
        self.position += N;
        Ok(taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, InspectError> {
        Ok(u8::from_be_bytes(self.take_array()?))
    }

    pub(crate) fn u16_be(&mut self) -> Result<u16, InspectError> {
        Ok(u16::from_be_bytes(self.take_array()?))
    }

    pub(crate) fn u16_le(&mut self) -> Result<u16, InspectError> {
        Ok(u16::from_le_bytes(self.take_array()?))
    }

    pub(crate) fn u32_be(&mut self) -> Result<u32, InspectError> {
        Ok(u32::from_be_bytes(self.take_array()?))
    }

    pub(crate) fn u32_le(&mut self) -> Result<u32, InspectError> {
        Ok(u32::from_le_bytes(self.take_array()?))
    }

    pub(crate) fn u64_be(&mut self) -> Result<u64, InspectError> {
        Ok(u64::from_be_bytes(self.take_array()?))
    }
}
