//! Configuration from environment variables, read once at start.
//!
//! Each use case reads only the variables it needs ([`FromEnvironment`]), so no function demands the
//! variables of another.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use imaging::ImageFormat;

/// The largest `PRESIGNED_URL_EXPIRATION` and `expires_in`: seven days, the limit of Signature Version 4.
pub const MAX_PRESIGN_SECS: u32 = 604_800;

/// A use case that builds itself, with just the clients it uses, from the environment.
pub trait FromEnvironment: Sized {
    /// Reads the variables of this use case and builds its clients.
    ///
    /// # Errors
    /// The first variable that is missing, contradictory or not of its form.
    fn from_environment(environment: &Environment) -> Result<Self, ConfigError>;
}

/// A configuration that the function refuses to start with. The message is one clear line for the operator.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// Two names of one setting carry different values.
    #[error("{first} and {second} are set to different values; set one of them")]
    Contradiction {
        /// The variable's own name.
        first: &'static str,
        /// Its alias.
        second: &'static str,
    },
    /// A value is not of the form that its variable asks for.
    #[error("{name} is {value:?}: {reason}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it is set to.
        value: String,
        /// What it must be.
        reason: String,
    },
    /// A variable without a default is not set.
    #[error("{name} is not set: {reason}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What it is needed for.
        reason: &'static str,
    },
}

/// The environment variables of a function: those of the process on Lambda, given ones locally and in tests.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

/// Names only: values can be credentials.
impl std::fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_set()
            .entries(self.variables.keys())
            .finish()
    }
}

impl Environment {
    /// The variables of this process. A variable that is not Unicode is left out.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// These variables, with others over them.
    #[must_use]
    pub fn with(mut self, others: impl IntoIterator<Item = (String, String)>) -> Self {
        self.variables.extend(others);
        self
    }

    /// The value of a variable; an empty value counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value of a variable that has aliases.
    ///
    /// # Errors
    /// [`ConfigError::Contradiction`] where two of the names carry different values.
    pub fn aliased(
        &self,
        name: &'static str,
        aliases: &[&'static str],
    ) -> Result<Option<&str>, ConfigError> {
        let mut found: Option<(&'static str, &str)> = None;
        for candidate in std::iter::once(name).chain(aliases.iter().copied()) {
            match (found, self.get(candidate)) {
                (None, Some(value)) => found = Some((candidate, value)),
                (Some((first, earlier)), Some(value)) if earlier != value => {
                    return Err(ConfigError::Contradiction {
                        first,
                        second: candidate,
                    });
                }
                (None | Some(_), None) | (Some(_), Some(_)) => {}
            }
        }
        Ok(found.map(|(_, value)| value))
    }

    /// A number within bounds, or its default.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] where the value is no number or lies outside.
    pub fn number<N: FromStr + PartialOrd + Display + Copy>(
        &self,
        name: &'static str,
        aliases: &[&'static str],
        default: N,
        bounds: std::ops::RangeInclusive<N>,
    ) -> Result<N, ConfigError> {
        let Some(text) = self.aliased(name, aliases)? else {
            return Ok(default);
        };
        text.parse()
            .ok()
            .filter(|number| bounds.contains(number))
            .ok_or_else(|| ConfigError::Invalid {
                name,
                value: text.to_owned(),
                reason: format!(
                    "it must be a number from {} to {}",
                    bounds.start(),
                    bounds.end()
                ),
            })
    }

    /// A switch: `true` or `false`.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for anything else.
    pub fn switch(&self, name: &'static str, default: bool) -> Result<bool, ConfigError> {
        match self.get(name) {
            None => Ok(default),
            Some("true" | "1") => Ok(true),
            Some("false" | "0") => Ok(false),
            Some(other) => Err(ConfigError::Invalid {
                name,
                value: other.to_owned(),
                reason: "it must be true or false".to_owned(),
            }),
        }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self {
            variables: pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }
}

/// The name of the bucket that holds the bytes: `BUCKET_NAME`.
///
/// # Errors
/// Contradictory aliases.
pub fn bucket_name(environment: &Environment) -> Result<String, ConfigError> {
    let name = environment.aliased("BUCKET_NAME", &["S3_BUCKET_NAME", "IMAGES_BUCKET"])?;
    Ok(name.unwrap_or("image-service-bucket").to_owned())
}

/// The name of the table that holds everything else: `TABLE_NAME`.
///
/// # Errors
/// Contradictory aliases.
pub fn table_name(environment: &Environment) -> Result<String, ConfigError> {
    let name = environment.aliased("TABLE_NAME", &["DYNAMODB_TABLE_NAME", "IMAGES_TABLE"])?;
    Ok(name.unwrap_or("image-metadata").to_owned())
}

/// How long a presigned URL lives where the client does not say: `PRESIGNED_URL_EXPIRATION`, in seconds.
///
/// # Errors
/// A value outside 1 to [`MAX_PRESIGN_SECS`].
pub fn presign_secs(environment: &Environment) -> Result<u32, ConfigError> {
    environment.number("PRESIGNED_URL_EXPIRATION", &[], 3600, 1..=MAX_PRESIGN_SECS)
}

/// What an uploaded image may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRules {
    /// `MAX_IMAGE_SIZE`: the most bytes of one image.
    pub max_size_bytes: u64,
    /// `MAX_IMAGE_PIXELS`: the most of width times height times frames.
    pub max_pixels: u64,
    /// `ALLOWED_CONTENT_TYPES`.
    pub allowed_formats: Vec<ImageFormat>,
}

impl ImageRules {
    /// Reads the rules.
    ///
    /// # Errors
    /// A number that is none, or a content type that is not among those that can be verified.
    pub fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        const TYPES: &str = "ALLOWED_CONTENT_TYPES";
        let allowed_formats = match environment.get(TYPES) {
            None => ImageFormat::ALL.to_vec(),
            Some(list) => list
                .split(',')
                .map(|name| {
                    ImageFormat::from_content_type(name.trim()).ok_or_else(|| {
                        ConfigError::Invalid {
                            name: TYPES,
                            value: list.to_owned(),
                            reason: format!(
                                "{:?} is not one of {}",
                                name.trim(),
                                ImageFormat::ALL.map(ImageFormat::content_type).join(", ")
                            ),
                        }
                    })
                })
                .collect::<Result<_, _>>()?,
        };
        Ok(Self {
            max_size_bytes: environment.number(
                "MAX_IMAGE_SIZE",
                &["MAX_FILE_SIZE"],
                52_428_800,
                1..=5_368_709_120,
            )?,
            max_pixels: environment.number("MAX_IMAGE_PIXELS", &[], 100_000_000, 1..=u64::MAX)?,
            allowed_formats,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_may_repeat_a_value_but_not_contradict_it() {
        let agreeing = Environment::from_iter([("BUCKET_NAME", "a"), ("IMAGES_BUCKET", "a")]);
        assert_eq!(bucket_name(&agreeing), Ok("a".to_owned()));
        let torn = Environment::from_iter([("S3_BUCKET_NAME", "a"), ("IMAGES_BUCKET", "b")]);
        assert_eq!(
            bucket_name(&torn),
            Err(ConfigError::Contradiction {
                first: "S3_BUCKET_NAME",
                second: "IMAGES_BUCKET"
            })
        );
    }

    #[test]
    fn numbers_hold_at_their_bounds_and_fail_one_past_them() {
        let with = |value: &str| Environment::from_iter([("PRESIGNED_URL_EXPIRATION", value)]);
        assert_eq!(presign_secs(&with("1")), Ok(1));
        assert_eq!(presign_secs(&with("604800")), Ok(604_800));
        for wrong in ["0", "604801", "-1", "1h"] {
            let error = presign_secs(&with(wrong)).unwrap_err().to_string();
            assert!(error.starts_with("PRESIGNED_URL_EXPIRATION is"), "{error}");
        }
        assert_eq!(presign_secs(&with("")), Ok(3600));
    }

    #[test]
    fn a_type_that_cannot_be_verified_is_refused_at_start() {
        let svg = Environment::from_iter([("ALLOWED_CONTENT_TYPES", "image/png,image/svg+xml")]);
        let refused = ImageRules::from_environment(&svg).unwrap_err().to_string();
        assert!(
            refused.contains("\"image/svg+xml\" is not one of"),
            "{refused}"
        );
        let png = Environment::from_iter([("ALLOWED_CONTENT_TYPES", "image/png, image/jpg")]);
        let rules = ImageRules::from_environment(&png).unwrap();
        assert_eq!(rules.allowed_formats, [ImageFormat::Png, ImageFormat::Jpeg]);
    }
}
