//! A program that cannot work as it is configured does not start, and says why in one line.

use crate::function::command;

const FUNCTIONS: [&str; 7] = [
    "upload", "list", "get", "delete", "update", "ingest", "sweep",
];

/// Starts a function with variables, an empty value taking one away, and gives its one line.
async fn refusal(name: &str, variables: &[(&str, &str)]) -> String {
    // Nobody listens there: a function that starts nevertheless ends in another way.
    let mut command = command(name, "127.0.0.1:9", "http://127.0.0.1:9");
    for (variable, value) in variables {
        if value.is_empty() {
            command.env_remove(variable);
        } else {
            command.env(variable, value);
        }
    }
    let output = command.output().await.unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{name} {variables:?}: {output:?}"
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{name} {variables:?}: {said}");
    said
}

#[tokio::test]
async fn every_function_names_the_variable_that_it_cannot_start_with() {
    for name in FUNCTIONS {
        for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            let said = refusal(name, &[(variable, "")]).await;
            assert!(said.contains(variable), "{name}: {said}");
        }
        let aliases = [("BUCKET_NAME", "one"), ("S3_BUCKET_NAME", "two")];
        let said = refusal(name, &aliases).await;
        assert!(
            said.contains("BUCKET_NAME") && said.contains("S3_BUCKET_NAME"),
            "{name}: {said}"
        );
        let aliases = [("DYNAMODB_TABLE_NAME", "one"), ("IMAGES_TABLE", "two")];
        let said = refusal(name, &aliases).await;
        assert!(said.contains("DYNAMODB_TABLE_NAME"), "{name}: {said}");
        let said = refusal(name, &[("LOG_LEVEL", "loud")]).await;
        assert!(said.contains("LOG_LEVEL"), "{name}: {said}");
    }
}

#[tokio::test]
async fn functions_that_read_a_number_or_a_list_refuse_one_that_is_none() {
    for name in ["upload", "ingest", "sweep"] {
        for (variable, value) in [
            ("MAX_IMAGE_SIZE", "big"),
            ("MAX_FILE_SIZE", "0"),
            ("MAX_IMAGE_PIXELS", "-1"),
            ("ALLOWED_CONTENT_TYPES", "image/png,image/svg+xml"),
        ] {
            let said = refusal(name, &[(variable, value)]).await;
            assert!(
                said.contains(variable) || said.contains("MAX_IMAGE_SIZE"),
                "{name}: {said}"
            );
        }
    }
    for name in ["upload", "list", "get"] {
        let said = refusal(name, &[("PRESIGNED_URL_EXPIRATION", "604801")]).await;
        assert!(said.contains("PRESIGNED_URL_EXPIRATION"), "{name}: {said}");
    }
}

#[tokio::test]
async fn functions_of_http_refuse_to_answer_anybody_on_a_deployed_stage() {
    for name in ["upload", "list", "get", "delete", "update"] {
        let said = refusal(name, &[("STAGE", "prod")]).await;
        assert!(said.contains("ALLOW_ANONYMOUS"), "{name}: {said}");
        let said = refusal(name, &[("AUTH_MODE", "open")]).await;
        assert!(said.contains("AUTH_MODE"), "{name}: {said}");
    }
}
