//! What every function that answers requests reads from its environment, before the first of them.

use std::sync::Arc;

use shoebox_core::config::{ConfigError, Environment};

use crate::identity::AuthMode;
use crate::origin::{is_host, is_path};

const PUBLIC_BASE_URL: &str = "PUBLIC_BASE_URL";

/// How calls are read. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) auth_mode: AuthMode,
    /// What links begin with, without a trailing slash; where it is not set, the event says.
    pub(crate) public_base_url: Option<Arc<str>>,
}

impl Settings {
    /// Reads the variables.
    ///
    /// # Errors
    /// The first that the function cannot start with.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        refuse_unavailable(environment)?;
        Ok(Self {
            auth_mode: AuthMode::from_environment(environment)?,
            public_base_url: public_base_url(environment)?,
        })
    }
}

/// Refuses settings of what is not there yet: whoever makes them believes that they hold.
fn refuse_unavailable(environment: &Environment) -> Result<(), ConfigError> {
    for (name, reason) in [
        ("RENDITIONS", "this build makes no renditions"),
        (
            "PUBLIC_READ",
            "this build checks nobody, so that anyone may read everything",
        ),
    ] {
        if let Some(value) = environment.get(name) {
            return Err(ConfigError::Invalid {
                name,
                value: value.to_owned(),
                reason: reason.to_owned(),
            });
        }
    }
    Ok(())
}

/// Reads `PUBLIC_BASE_URL`: where clients reach the service, what stands before `/images` included. Behind a CDN or
/// a proxy the events name a host that clients do not know.
fn public_base_url(environment: &Environment) -> Result<Option<Arc<str>>, ConfigError> {
    let Some(text) = environment.get(PUBLIC_BASE_URL) else {
        return Ok(None);
    };
    let is_url = |rest: &str| {
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        is_host(host) && is_path(path)
    };
    let url = text.trim_end_matches('/');
    ["https://", "http://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme))
        .filter(|rest| is_url(rest))
        .map(|_| Some(url.into()))
        .ok_or_else(|| ConfigError::Invalid {
            name: PUBLIC_BASE_URL,
            value: text.to_owned(),
            reason: "it must be an http or https URL of a host, with or without a path, such as \
                     https://images.example.com/api"
                .to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Option<Arc<str>>, ConfigError> {
        public_base_url(&Environment::from_iter([(PUBLIC_BASE_URL, url)]))
    }

    #[test]
    fn a_setting_of_what_is_not_there_stops_the_function_with_a_clear_line() {
        for (name, value) in [
            ("RENDITIONS", "thumb=160x160:cover"),
            ("PUBLIC_READ", "false"),
        ] {
            let environment = Environment::from_iter([(name, value)]);
            let line = Settings::from_environment(&environment).unwrap_err();
            let line = line.to_string();
            let expected = format!("{name} is {value:?}: this build ");
            assert!(line.starts_with(&expected), "{line}");
        }
        assert!(Settings::from_environment(&Environment::default()).is_ok());
    }

    #[test]
    fn a_public_base_url_is_a_host_and_a_path() {
        for (url, expected) in [
            ("https://images.example.com", "https://images.example.com"),
            ("https://images.example.com/", "https://images.example.com"),
            (
                "http://127.0.0.1:4566/a/local/",
                "http://127.0.0.1:4566/a/local",
            ),
        ] {
            assert_eq!(read(url).unwrap().as_deref(), Some(expected));
        }
        assert_eq!(read(""), Ok(None));
    }

    #[test]
    fn what_is_no_public_base_url_is_refused_in_one_line() {
        for wrong in [
            "images.example.com",
            "ftp://images.example.com",
            "https://",
            "https:///images",
            "https://a b",
            "https://ann@example.com",
            "https://example.com/?a=b",
            "https://example.com/#a",
            "https://example.com/a>b",
        ] {
            let line = read(wrong).unwrap_err().to_string();
            assert!(line.starts_with("PUBLIC_BASE_URL is"), "{line}");
            assert!(!line.contains('\n'), "{line}");
        }
    }
}
