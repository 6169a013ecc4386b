//! The checksums of S3: which there are, and how they travel.

use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::dto;
use serde::{Deserialize, Serialize};

use super::error::Error;

/// How a checksum is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    /// What an object gets whose writer asked for nothing (a rule of S3).
    pub(super) const DEFAULT: Self = Self::Crc64Nvme;

    const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    /// The header or trailer that carries a checksum of this algorithm.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The algorithm whose checksum travels in `header`.
    pub(super) fn of_header(header: &str) -> Option<Self> {
        (Self::ALL.into_iter()).find(|algorithm| algorithm.header().eq_ignore_ascii_case(header))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Crc32 => dto::ChecksumAlgorithm::CRC32,
            Self::Crc32c => dto::ChecksumAlgorithm::CRC32C,
            Self::Crc64Nvme => dto::ChecksumAlgorithm::CRC64NVME,
            Self::Sha1 => dto::ChecksumAlgorithm::SHA1,
            Self::Sha256 => dto::ChecksumAlgorithm::SHA256,
        }
    }

    /// The algorithm a client asks for by name.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a name that is none.
    pub(super) fn requested(name: &dto::ChecksumAlgorithm) -> Result<Self, Error> {
        (Self::ALL.into_iter())
            .find(|algorithm| algorithm.name() == name.as_str())
            .ok_or(Error::InvalidArgument("Unknown checksum algorithm"))
    }

    pub(super) fn to_dto(self) -> dto::ChecksumAlgorithm {
        dto::ChecksumAlgorithm::from_static(self.name())
    }

    /// How the parts of an upload make up the checksum of the whole where the client does not say
    /// (a rule of S3).
    pub(super) fn default_kind(self) -> Kind {
        match self {
            Self::Crc64Nvme => Kind::FullObject,
            Self::Crc32 | Self::Crc32c | Self::Sha1 | Self::Sha256 => Kind::Composite,
        }
    }

    pub(super) fn hasher(self) -> Hasher {
        let mut inner = ChecksumHasher::default();
        match self {
            Self::Crc32 => inner.crc32 = Some(Crc32::new()),
            Self::Crc32c => inner.crc32c = Some(Crc32c::new()),
            Self::Crc64Nvme => inner.crc64nvme = Some(Crc64Nvme::new()),
            Self::Sha1 => inner.sha1 = Some(Sha1::new()),
            Self::Sha256 => inner.sha256 = Some(Sha256::new()),
        }
        Hasher {
            algorithm: self,
            inner,
        }
    }

    fn slot(self, sums: &mut dto::Checksum) -> &mut Option<String> {
        match self {
            Self::Crc32 => &mut sums.checksum_crc32,
            Self::Crc32c => &mut sums.checksum_crc32c,
            Self::Crc64Nvme => &mut sums.checksum_crc64nvme,
            Self::Sha1 => &mut sums.checksum_sha1,
            Self::Sha256 => &mut sums.checksum_sha256,
        }
    }
}

/// What a checksum covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// The bytes of the object.
    FullObject,
    /// The checksums of its parts, one after the other.
    Composite,
}

impl Kind {
    pub(super) fn to_dto(self) -> dto::ChecksumType {
        dto::ChecksumType::from_static(match self {
            Self::FullObject => dto::ChecksumType::FULL_OBJECT,
            Self::Composite => dto::ChecksumType::COMPOSITE,
        })
    }
}

/// A checksum in the form it has on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checksum {
    pub(super) algorithm: Algorithm,
    pub(super) kind: Kind,
    /// Base64; with `-<parts>` appended where it is composite.
    pub(super) value: String,
}

impl Checksum {
    /// The one checksum a client declares, if any.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for more than one.
    pub(super) fn declared(mut sums: dto::Checksum) -> Result<Option<Self>, Error> {
        let mut declared = None;
        for algorithm in Algorithm::ALL {
            let Some(value) = algorithm.slot(&mut sums).take() else {
                continue;
            };
            let checksum = Self {
                algorithm,
                kind: Kind::FullObject,
                value,
            };
            if declared.replace(checksum).is_some() {
                return Err(Error::InvalidArgument(
                    "Expecting a single x-amz-checksum- header",
                ));
            }
        }
        Ok(declared)
    }

    pub(super) fn to_dto(&self) -> dto::Checksum {
        let mut sums = dto::Checksum {
            checksum_type: Some(self.kind.to_dto()),
            ..dto::Checksum::default()
        };
        *self.algorithm.slot(&mut sums) = Some(self.value.clone());
        sums
    }
}

/// Computes one checksum.
pub(super) struct Hasher {
    algorithm: Algorithm,
    inner: ChecksumHasher,
}

impl Hasher {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.inner.update(bytes);
    }

    pub(super) fn finish(self) -> Checksum {
        let mut sums = self.inner.finalize();
        let value = self.algorithm.slot(&mut sums).take().unwrap_or_default();
        Checksum {
            algorithm: self.algorithm,
            kind: Kind::FullObject,
            value,
        }
    }
}

/// Moves the checksum members out of a request.
macro_rules! take_checksums {
    ($input:expr) => {
        s3s::dto::Checksum {
            checksum_crc32: $input.checksum_crc32.take(),
            checksum_crc32c: $input.checksum_crc32c.take(),
            checksum_crc64nvme: $input.checksum_crc64nvme.take(),
            checksum_sha1: $input.checksum_sha1.take(),
            checksum_sha256: $input.checksum_sha256.take(),
            ..s3s::dto::Checksum::default()
        }
    };
}
pub(super) use take_checksums;

/// Moves a checksum into the members of an answer.
macro_rules! put_checksums {
    ($output:expr, $sums:expr) => {{
        let sums: s3s::dto::Checksum = $sums;
        $output.checksum_crc32 = sums.checksum_crc32;
        $output.checksum_crc32c = sums.checksum_crc32c;
        $output.checksum_crc64nvme = sums.checksum_crc64nvme;
        $output.checksum_sha1 = sums.checksum_sha1;
        $output.checksum_sha256 = sums.checksum_sha256;
    }};
}
pub(super) use put_checksums;
