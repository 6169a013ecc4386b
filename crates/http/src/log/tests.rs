use super::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lines(level: LevelFilter, work: impl FnOnce()) -> Vec<serde_json::Value> {
    watched_lines(level, level, work)
}

fn watched_lines(level: LevelFilter, metrics: LevelFilter, work: impl FnOnce()) -> Vec<Value> {
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let subscriber = Registry::default().with(json_lines(level, metrics, move || writer.clone()));
    tracing::subscriber::with_default(subscriber, work);
    let bytes = buffer.0.lock().unwrap();
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn watch(variables: &[(&str, &str)]) -> Watch {
    let variables = variables.iter().copied();
    Watch::from_environment(&variables.collect()).unwrap()
}

fn figures(operation: &'static str, status: StatusCode) -> Figures {
    Figures {
        operation,
        status,
        duration: Duration::from_millis(7),
        bytes_in: 11,
        bytes_out: 13,
        is_cold_start: true,
        throttles: 2,
    }
}

fn answer(operation: &'static str, status: StatusCode, failure: Option<&Failure>) {
    answered(&watch(&[]), &figures(operation, status), failure);
}

#[test]
fn a_request_is_one_json_line_with_its_fields() {
    let lines = lines(LevelFilter::INFO, || {
        let trace = "Root=1-5e1b4151-5ac6c58dc39a6b6a;Parent=x;Sampled=1";
        let span = request_span("r-1", Some(trace), "get_image");
        let _entered = span.enter();
        span.record("user", "ann");
        answer("get_image", StatusCode::OK, None);
    });
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["message"], "get_image answered 200");
    assert_eq!(line["status"], 200);
    assert_eq!(line["duration_ms"], 7);
    assert_eq!(line["span"]["request_id"], "r-1");
    assert_eq!(line["span"]["trace_id"], "1-5e1b4151-5ac6c58dc39a6b6a");
    assert_eq!(line["span"]["operation"], "get_image");
    assert_eq!(line["span"]["user"], "ann");
    assert!(line["timestamp"].is_string());
}

#[test]
fn a_failure_is_in_the_line_at_its_level_with_its_chain() {
    let lines = lines(LevelFilter::WARN, || {
        let ours = Failure::Answer("deep".into());
        answer("x", StatusCode::INTERNAL_SERVER_ERROR, Some(&ours));
        answer("x", StatusCode::NOT_FOUND, Some(&Failure::UnknownPath));
        answer("x", StatusCode::OK, None);
    });
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["level"], "ERROR");
    assert_eq!(lines[0]["error"], "the answer could not be built: deep");
    assert_eq!(lines[1]["level"], "WARN");
}

#[test]
fn what_a_client_wrote_is_bounded_and_acts_on_nothing() {
    let lines = lines(LevelFilter::INFO, || {
        let mut faults = shoebox_core::Faults::default();
        faults.add("\u{1b}[2J\r\n\u{202e}\"é\\", "is wrong");
        let failure = Failure::from(faults);
        answer("x", StatusCode::BAD_REQUEST, Some(&failure));
        let error = Error::BadImage {
            detail: String::new(),
            cause: Some("x".repeat(1_000_000).into()),
        };
        partly_failed("file 1", &error);
    });
    let error = lines[0]["error"].as_str().unwrap();
    let expected = r#"\u{1b}[2J\r\n\u{202e}"é\: is wrong"#;
    assert!(error.ends_with(expected), "{error}");
    let error = lines[1]["error"].as_str().unwrap();
    assert!(error.chars().count() <= MAX_CHARS, "{}", error.len());
}

#[test]
fn other_crates_only_warn() {
    let lines = lines(LevelFilter::TRACE, || {
        tracing::debug!(target: "aws_smithy_runtime", "https://signed");
        tracing::warn!(target: "aws_smithy_runtime", "slow");
        tracing::trace!(target: "shoebox_core::repo", "fine");
    });
    assert_eq!(lines.len(), 2);
}

#[test]
fn an_unknown_level_is_refused() {
    let level = |text| log_level(&Environment::from_iter([("LOG_LEVEL", text)]));
    assert_eq!(level("WARNING"), Ok(LevelFilter::WARN));
    assert_eq!(level(""), Ok(LevelFilter::INFO));
    assert!(
        level("loud")
            .unwrap_err()
            .to_string()
            .starts_with("LOG_LEVEL is \"loud\"")
    );
}

/// The rules of the embedded metric format, as far as a line can break them: returns each metric's value by its name.
fn embedded_metrics(line: &Value) -> Vec<(Vec<&str>, &str, f64)> {
    let metadata = line["_aws"].as_object().unwrap();
    let names: Vec<&String> = metadata.keys().collect();
    assert_eq!(names, ["CloudWatchMetrics", "Timestamp"]);
    assert!(metadata["Timestamp"].is_u64());
    let mut metrics = Vec::new();
    for directive in metadata["CloudWatchMetrics"].as_array().unwrap() {
        assert_eq!(directive["Namespace"], "Shoebox");
        let sets = directive["Dimensions"].as_array().unwrap();
        assert_eq!(sets.len(), 1);
        let dimensions: Vec<&str> = sets[0]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        assert!(dimensions.len() <= 30);
        for dimension in &dimensions {
            assert!(
                line[dimension]
                    .as_str()
                    .is_some_and(|value| !value.is_empty()),
                "{dimension}"
            );
        }
        let listed = directive["Metrics"].as_array().unwrap();
        assert!(listed.len() <= 100);
        for metric in listed {
            let name = metric["Name"].as_str().unwrap();
            let unit = metric["Unit"].as_str().unwrap();
            assert!(["Milliseconds", "Count", "Bytes"].contains(&unit), "{unit}");
            let value = line[name].as_f64();
            metrics.push((
                dimensions.clone(),
                name,
                value.unwrap_or_else(|| panic!("{name} in {line}")),
            ));
        }
    }
    metrics
}

#[test]
fn the_line_of_a_request_on_lambda_is_its_metrics_too() {
    let lambda = watch(&[("AWS_LAMBDA_FUNCTION_NAME", "get"), ("STAGE", "prod")]);
    let lines = watched_lines(LevelFilter::ERROR, LevelFilter::INFO, || {
        let span = request_span("r-1", None, "get_image");
        let _entered = span.enter();
        answered(&lambda, &figures("get_image", StatusCode::OK), None);
    });
    assert_eq!(lines.len(), 1, "whatever LOG_LEVEL says");
    let line = &lines[0];
    assert_eq!(
        (&line["stage"], &line["operation"]),
        (&"prod".into(), &"get_image".into())
    );
    assert_eq!(line["status"], 200);
    assert_eq!(line["span"]["request_id"], "r-1");
    assert!(line.get("embedded").is_none());
    let (operation, stage) = (vec!["stage", "operation"], vec!["stage"]);
    assert_eq!(
        embedded_metrics(line),
        [
            (operation.clone(), "duration_ms", 7.0),
            (operation.clone(), "client_errors", 0.0),
            (operation.clone(), "server_errors", 0.0),
            (operation.clone(), "bytes_in", 11.0),
            (operation.clone(), "bytes_out", 13.0),
            (operation.clone(), "cold_starts", 1.0),
            (operation, "throttles", 2.0),
            (stage.clone(), "duration_ms", 7.0),
            (stage.clone(), "server_errors", 0.0),
            (stage.clone(), "cold_starts", 1.0),
            (stage, "throttles", 2.0),
        ]
    );
}

#[test]
fn errors_of_clients_and_of_the_service_are_counted_apart() {
    let lambda = watch(&[("METRICS", "emf")]);
    let lines = lines(LevelFilter::INFO, || {
        for status in [StatusCode::NOT_FOUND, StatusCode::BAD_GATEWAY] {
            answered(&lambda, &figures("x", status), Some(&Failure::UnknownPath));
        }
    });
    let errors = |line: &Value| (line["client_errors"].clone(), line["server_errors"].clone());
    assert_eq!(errors(&lines[0]), (1.into(), 0.into()));
    assert_eq!(errors(&lines[1]), (0.into(), 1.into()));
    assert_eq!(lines[0]["stage"], "none");
}

#[test]
fn the_numbers_of_a_run_are_metrics_and_a_run_that_failed_has_none() {
    let lambda = watch(&[("METRICS", "emf"), ("STAGE", "dev")]);
    let begun = lambda.begin();
    let swept = serde_json::json!({ "aborted": 3, "backlog": 5, "unfinished": false });
    let lines = lines(LevelFilter::INFO, || {
        for outcome in [Some(&swept), None] {
            let embedded = lambda.of_run("sweep", &begun, outcome);
            info!(target: WATCHED, embedded, "sweep done");
        }
    });
    let found = |line| {
        let metrics = embedded_metrics(line).into_iter();
        let metrics = metrics.filter(|(_, name, _)| *name != "duration_ms");
        metrics
            .map(|(_, name, value)| (name.to_owned(), value))
            .collect::<Vec<_>>()
    };
    let named = |metrics: &[(&str, f64)]| {
        metrics
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect::<Vec<_>>()
    };
    let swept = [
        ("server_errors", 0.0),
        ("cold_starts", 1.0),
        ("throttles", 0.0),
        ("aborted", 3.0),
        ("backlog", 5.0),
    ];
    assert_eq!(found(&lines[0]), named(&swept));
    assert_eq!(
        found(&lines[1]),
        named(&[
            ("server_errors", 1.0),
            ("cold_starts", 1.0),
            ("throttles", 0.0)
        ])
    );
    assert_eq!(embedded_metrics(&lines[0])[0].0, ["stage", "operation"]);
}

#[test]
fn only_the_first_request_of_a_process_is_a_cold_start() {
    let watch = watch(&[]);
    assert!(watch.begin().is_cold_start());
    assert!(!watch.begin().is_cold_start());
}

#[test]
fn metrics_are_switched_by_a_word_and_without_it_are_for_lambda() {
    let lambda = ("AWS_LAMBDA_FUNCTION_NAME", "get");
    for (variables, expected) in [
        (&[][..], false),
        (&[lambda], true),
        (&[lambda, ("METRICS", "none")], false),
        (&[("METRICS", "emf")], true),
    ] {
        let environment = variables.iter().copied().collect();
        assert_eq!(writes_metrics(&environment), Ok(expected), "{variables:?}");
    }
    let wrong = Environment::from_iter([("METRICS", "statsd")]);
    let refusal = writes_metrics(&wrong).unwrap_err().to_string();
    assert!(refusal.starts_with("METRICS is \"statsd\""), "{refusal}");
}
