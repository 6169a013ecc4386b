//! The environment variables of the functions: the server's own, and those of the user that may pass.

use shoebox_core::config::Environment;

use crate::clients::REGION;
use crate::options::ACCESS_KEY;

/// The variables of the process that reach the functions: settings of the service and where its clients reach S3,
/// nothing that says which AWS account or endpoint it works on.
const PASSED_ON: [&str; 16] = [
    "BUCKET_NAME",
    "S3_BUCKET_NAME",
    "IMAGES_BUCKET",
    "TABLE_NAME",
    "DYNAMODB_TABLE_NAME",
    "IMAGES_TABLE",
    "MAX_IMAGE_SIZE",
    "MAX_FILE_SIZE",
    "MAX_IMAGE_PIXELS",
    "ALLOWED_CONTENT_TYPES",
    "PRESIGNED_URL_EXPIRATION",
    "LAST_KEY_SECRET",
    "LOG_LEVEL",
    "PUBLIC_S3_ENDPOINT_URL",
    // What the functions refuse, here as there.
    "PUBLIC_READ",
    "RENDITIONS",
];

/// Those variables of a process' environment that are passed on.
#[must_use]
pub fn passed_on(process: &Environment) -> Vec<(String, String)> {
    let pair = |name: &str| Some((name.to_owned(), process.get(name)?.to_owned()));
    PASSED_ON.into_iter().filter_map(pair).collect()
}

/// The environment of the functions: endpoints and credentials of the embedded stores, then `variables`.
pub(crate) fn of_functions(
    s3_url: &str,
    dynamodb_url: &str,
    variables: &[(String, String)],
) -> Environment {
    let own = [
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", ACCESS_KEY),
        ("AWS_REGION", REGION),
        ("AWS_ENDPOINT_URL_S3", s3_url),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_url),
        ("PUBLIC_S3_ENDPOINT_URL", s3_url),
        ("AUTH_MODE", "none"),
        ("STAGE", "local"),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    own.into_iter().chain(variables.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_endpoints_of_the_user_are_not_passed_on() {
        let process = Environment::from_iter([
            ("AWS_SECRET_ACCESS_KEY", "true secret"),
            ("AWS_ENDPOINT_URL", "https://example.invalid"),
            ("AUTH_MODE", "jwt"),
            ("MAX_IMAGE_SIZE", "5"),
        ]);
        let passed = passed_on(&process);
        assert_eq!(passed, [("MAX_IMAGE_SIZE".to_owned(), "5".to_owned())]);
    }

    #[test]
    fn given_variables_win_over_the_servers_own() {
        let given = [("AUTH_MODE".to_owned(), "api-key".to_owned())];
        let environment = of_functions("http://a", "http://b", &given);
        assert_eq!(environment.get("AUTH_MODE"), Some("api-key"));
        assert_eq!(environment.get("AWS_ENDPOINT_URL_S3"), Some("http://a"));
    }
}
