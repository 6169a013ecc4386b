//! Where a request is addressed to: stage, API and the path below them.

/// The stage of requests that name none.
const DEFAULT_STAGE: &str = "local";

/// The id of the one API behind this gateway, where a request names none.
const DEFAULT_API_ID: &str = "shoebox";

/// A request's path taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The path below the stage, what the event carries as `path`.
    pub(super) path: String,
    /// The path as the client wrote it, what the event carries as `requestContext.path`: links that a
    /// function makes with it lead back here.
    pub(super) full_path: String,
    /// The stage.
    pub(super) stage: String,
    /// The API's id.
    pub(super) api_id: String,
}

impl Target {
    /// Takes apart a path: one of `LocalStack`'s two forms, `/restapis/{api}/{stage}/_user_request_/...` and
    /// `/_aws/execute-api/{api}/{stage}/...`, or that of a custom domain, where no stage is to be seen.
    pub(super) fn of(path: &str) -> Self {
        Self::of_emulator(path).unwrap_or_else(|| Self {
            path: path.to_owned(),
            full_path: path.to_owned(),
            stage: DEFAULT_STAGE.to_owned(),
            api_id: DEFAULT_API_ID.to_owned(),
        })
    }

    fn of_emulator(path: &str) -> Option<Self> {
        let (api_id, stage, rest) = if let Some(tail) = path.strip_prefix("/restapis/") {
            let (api_id, tail) = tail.split_once('/')?;
            let (stage, tail) = tail.split_once('/')?;
            (api_id, stage, tail.strip_prefix("_user_request_")?)
        } else {
            let (api_id, tail) = path.strip_prefix("/_aws/execute-api/")?.split_once('/')?;
            let stage_end = tail.find('/').unwrap_or(tail.len());
            let (stage, rest) = tail.split_at_checked(stage_end)?;
            (api_id, stage, rest)
        };
        if !(rest.is_empty() || rest.starts_with('/')) || stage.is_empty() || api_id.is_empty() {
            return None;
        }
        let below = if rest.is_empty() { "/" } else { rest };
        Some(Self {
            path: below.to_owned(),
            full_path: path.to_owned(),
            stage: stage.to_owned(),
            api_id: api_id.to_owned(),
        })
    }

    /// Whether a path is one of the emulator's forms.
    pub(super) fn is_emulated(path: &str) -> bool {
        Self::of_emulator(path).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(path: &str) -> (String, String, String, String) {
        let target = Target::of(path);
        (target.api_id, target.stage, target.path, target.full_path)
    }

    fn strings(parts: [&str; 4]) -> (String, String, String, String) {
        let [api_id, stage, path, full] = parts.map(str::to_owned);
        (api_id, stage, path, full)
    }

    #[test]
    fn both_emulator_forms_name_api_and_stage() {
        for path in [
            "/restapis/a1/dev/_user_request_/images/7",
            "/_aws/execute-api/a1/dev/images/7",
        ] {
            let expected = strings(["a1", "dev", "/images/7", path]);
            assert_eq!(parts(path), expected);
            assert!(Target::is_emulated(path));
        }
        let bare = "/restapis/a1/dev/_user_request_";
        assert_eq!(parts(bare), strings(["a1", "dev", "/", bare]));
    }

    #[test]
    fn any_other_path_is_that_of_a_custom_domain() {
        for path in [
            "/images",
            "/api/v1/images",
            "/restapis/a1",
            "/restapis/a/b/_user_request_x",
        ] {
            assert_eq!(parts(path), strings(["shoebox", "local", path, path]));
            assert!(!Target::is_emulated(path));
        }
    }
}
