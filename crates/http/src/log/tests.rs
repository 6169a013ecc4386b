use super::*;
use std::sync::{Arc, Mutex};

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
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let subscriber = Registry::default().with(json_lines(level, move || writer.clone()));
    tracing::subscriber::with_default(subscriber, work);
    let bytes = buffer.0.lock().unwrap();
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

#[test]
fn a_request_is_one_json_line_with_its_fields() {
    let lines = lines(LevelFilter::INFO, || {
        let span = request_span("r-1", "get_image");
        let _entered = span.enter();
        span.record("user", "ann");
        answered("get_image", StatusCode::OK, Duration::from_millis(7), None);
    });
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["message"], "get_image answered 200");
    assert_eq!(line["status"], 200);
    assert_eq!(line["duration_ms"], 7);
    assert_eq!(line["span"]["request_id"], "r-1");
    assert_eq!(line["span"]["operation"], "get_image");
    assert_eq!(line["span"]["user"], "ann");
    assert!(line["timestamp"].is_string());
}

#[test]
fn a_failure_is_in_the_line_at_its_level_with_its_chain() {
    let lines = lines(LevelFilter::WARN, || {
        let ours = Failure::Answer("deep".into());
        answered(
            "x",
            StatusCode::INTERNAL_SERVER_ERROR,
            Duration::ZERO,
            Some(&ours),
        );
        answered(
            "x",
            StatusCode::NOT_FOUND,
            Duration::ZERO,
            Some(&Failure::UnknownPath),
        );
        answered("x", StatusCode::OK, Duration::ZERO, None);
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
        answered("x", StatusCode::BAD_REQUEST, Duration::ZERO, Some(&failure));
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
