//! Who is calling: `AUTH_MODE`, and what each mode reads from a request.

use shoebox_core::config::{ConfigError, Environment};
use shoebox_core::{Caller, Faults, UserId, Visibility};

const AUTH_MODE: &str = "AUTH_MODE";

/// The header with the caller's name where nobody is checked.
pub const USER_ID_HEADER: &str = "x-user-id";

/// How callers are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// The caller is whoever the request says.
    None,
}

impl AuthMode {
    /// Reads `AUTH_MODE`, `none` where it is not set.
    ///
    /// # Errors
    /// A mode that is unknown or not part of this build, or `none` on a deployed stage that is not `local`,
    /// unless `ALLOW_ANONYMOUS=true` says so too.
    pub fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let invalid = |value: &str, reason: &str| ConfigError::Invalid {
            name: AUTH_MODE,
            value: value.to_owned(),
            reason: reason.to_owned(),
        };
        let mode = environment.get(AUTH_MODE).unwrap_or("none");
        match mode {
            "none" => {
                let deployed = environment.get("AWS_LAMBDA_FUNCTION_NAME").is_some()
                    && environment.get("STAGE") != Some("local");
                if deployed && !environment.switch("ALLOW_ANONYMOUS", false)? {
                    return Err(invalid(
                        mode,
                        "a deployed stage other than local (STAGE) answers anonymous callers only \
                         with ALLOW_ANONYMOUS=true",
                    ));
                }
                Ok(Self::None)
            }
            "api-key" | "jwt" => Err(invalid(mode, "this mode is not available in this build")),
            other => Err(invalid(other, "it must be none, api-key or jwt")),
        }
    }

    /// Who may read an image whose upload does not say: everyone, where nobody is told apart.
    #[must_use]
    pub fn default_visibility(self) -> Visibility {
        match self {
            Self::None => Visibility::Public,
        }
    }

    /// The caller. `header` is `X-User-Id`, `claimed` what the body or form says, `query` the parameter
    /// `user_id`; the first of them that is there counts.
    pub(crate) fn caller(
        self,
        header: Option<&str>,
        claimed: Option<&str>,
        query: Option<&str>,
        faults: &mut Faults,
    ) -> Caller {
        match self {
            Self::None => {
                let named = header.map(|text| ("X-User-Id", text));
                let named = named.or_else(|| claimed.or(query).map(|text| ("user_id", text)));
                let user = named.and_then(|(field, text)| faults.check(field, UserId::parse(text)));
                Caller::Unverified(user)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(pairs: &[(&str, &str)]) -> Result<AuthMode, String> {
        let environment = pairs.iter().copied().collect();
        AuthMode::from_environment(&environment).map_err(|error| error.to_string())
    }

    #[test]
    fn a_deployed_stage_is_anonymous_only_when_told_twice() {
        const DEPLOYED: (&str, &str) = ("AWS_LAMBDA_FUNCTION_NAME", "f");
        assert_eq!(mode(&[]), Ok(AuthMode::None));
        assert_eq!(mode(&[DEPLOYED, ("STAGE", "local")]), Ok(AuthMode::None));
        for stage in [("STAGE", "prod"), ("STAGE", "")] {
            let refusal = mode(&[DEPLOYED, stage]).unwrap_err();
            assert!(refusal.contains("ALLOW_ANONYMOUS=true"), "{refusal}");
            assert_eq!(
                mode(&[DEPLOYED, stage, ("ALLOW_ANONYMOUS", "true")]),
                Ok(AuthMode::None)
            );
        }
    }

    #[test]
    fn other_modes_stop_the_function_with_a_clear_line() {
        let line = mode(&[("AUTH_MODE", "jwt")]).unwrap_err();
        assert_eq!(
            line,
            "AUTH_MODE is \"jwt\": this mode is not available in this build"
        );
        assert!(
            mode(&[("AUTH_MODE", "off")])
                .unwrap_err()
                .contains("must be none")
        );
    }

    #[test]
    fn the_header_comes_first_then_the_body_then_the_query() {
        let caller = |header, claimed, query| {
            let mut faults = Faults::default();
            let caller = AuthMode::None.caller(header, claimed, query, &mut faults);
            faults.or(caller.user_id().map(ToString::to_string))
        };
        assert_eq!(
            caller(Some("a"), Some("b"), Some("c")),
            Ok(Some("a".to_owned()))
        );
        assert_eq!(caller(None, Some("b"), Some("c")), Ok(Some("b".to_owned())));
        assert_eq!(caller(None, None, Some("c")), Ok(Some("c".to_owned())));
        assert_eq!(caller(None, None, None), Ok(None));
        let faults = caller(Some("a b"), None, None).unwrap_err();
        assert_eq!(faults.as_slice()[0].field, "X-User-Id");
    }
}
