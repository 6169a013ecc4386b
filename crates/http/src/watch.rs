//! What `CloudWatch` is told of each request and run: numbers in the log line that is written anyway, in the embedded
//! metric format, so that no call is made for them.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use http::StatusCode;
use serde_json::{Map, Value, json};
use shoebox_core::clients::throttled_attempts;
use shoebox_core::config::{ConfigError, Environment};

/// The namespace of the metrics.
pub const NAMESPACE: &str = "Shoebox";

/// The metrics of every request by stage and operation: name and unit. A request's own number is the count of its
/// samples. What is counted here is paid for by name and dimensions, whatever the traffic.
pub const OPERATION_METRICS: [(&str, &str); 7] = [
    ("duration_ms", "Milliseconds"),
    ("client_errors", "Count"),
    ("server_errors", "Count"),
    ("bytes_in", "Bytes"),
    ("bytes_out", "Bytes"),
    ("cold_starts", "Count"),
    ("throttles", "Count"),
];

/// The metrics of every request by stage alone.
pub const STAGE_METRICS: [(&str, &str); 4] = [
    ("duration_ms", "Milliseconds"),
    ("server_errors", "Count"),
    ("cold_starts", "Count"),
    ("throttles", "Count"),
];

/// The metrics of every run for an event, by stage and operation; the numbers of what the run did join them.
pub const RUN_METRICS: [(&str, &str); 4] = [
    ("duration_ms", "Milliseconds"),
    ("server_errors", "Count"),
    ("cold_starts", "Count"),
    ("throttles", "Count"),
];

/// Where a dimension must be said and nothing is known: CloudWatch takes no empty one.
const UNKNOWN: &str = "none";

/// Whether metrics are written, and what all of one process have in common.
#[derive(Debug)]
pub(crate) struct Watch {
    stage: String,
    embedded: bool,
    warm: AtomicBool,
}

/// One request or run, from its beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    started: Instant,
    throttled_before: u64,
    is_cold_start: bool,
}

/// The numbers of one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) operation: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) duration: Duration,
    pub(crate) bytes_in: usize,
    pub(crate) bytes_out: usize,
    pub(crate) is_cold_start: bool,
    pub(crate) throttles: u64,
}

impl Watch {
    /// Reads `METRICS`, `emf` or `none`, and `STAGE`. Without a word, a function on Lambda writes them, and nothing
    /// else does.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            stage: environment.get("STAGE").unwrap_or(UNKNOWN).to_owned(),
            embedded: writes_metrics(environment)?,
            warm: AtomicBool::new(false),
        })
    }

    /// Begins to look at a request or run.
    pub(crate) fn begin(&self) -> Watched {
        Watched {
            started: Instant::now(),
            throttled_before: throttled_attempts(),
            is_cold_start: !self.warm.swap(true, Ordering::Relaxed),
        }
    }

    /// The members that make the line of a request one of metrics, as JSON.
    pub(crate) fn of_request(&self, figures: &Figures) -> Option<String> {
        let flag = u8::from;
        let values = json!({
            "duration_ms": millis(figures.duration),
            "client_errors": flag(figures.status.is_client_error()),
            "server_errors": flag(figures.status.is_server_error()),
            "bytes_in": figures.bytes_in,
            "bytes_out": figures.bytes_out,
            "cold_starts": flag(figures.is_cold_start),
            "throttles": figures.throttles,
        });
        let directives = [
            directive(&["stage", "operation"], OPERATION_METRICS),
            directive(&["stage"], STAGE_METRICS),
        ];
        self.embed(figures.operation, &directives, values)
    }

    /// The same of a run for an event, with what came of it where it succeeded: its numbers are metrics, too.
    pub(crate) fn of_run(
        &self,
        operation: &'static str,
        watched: &Watched,
        outcome: Option<&Value>,
    ) -> Option<String> {
        let numbers = outcome.and_then(Value::as_object).into_iter().flatten();
        let numbers = numbers.filter(|(_, value)| value.is_number());
        let mut values = json!({
            "duration_ms": millis(watched.duration()),
            "server_errors": u8::from(outcome.is_none()),
            "cold_starts": u8::from(watched.is_cold_start()),
            "throttles": watched.throttles(),
        });
        let mut metrics: Vec<(&str, &str)> = RUN_METRICS.to_vec();
        for (name, number) in numbers {
            metrics.push((name, "Count"));
            values[name] = number.clone();
        }
        let directives = [directive(&["stage", "operation"], metrics)];
        self.embed(operation, &directives, values)
    }

    fn embed(&self, operation: &str, directives: &[Value], mut line: Value) -> Option<String> {
        if !self.embedded {
            return None;
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        line["stage"] = self.stage.as_str().into();
        line["operation"] = operation.into();
        line["_aws"] = json!({
            "Timestamp": millis(now.unwrap_or_default()),
            "CloudWatchMetrics": directives,
        });
        Some(line.to_string())
    }
}

impl Watched {
    pub(crate) fn duration(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn is_cold_start(&self) -> bool {
        self.is_cold_start
    }

    /// How often a store has refused a call since, because there were too many.
    pub(crate) fn throttles(&self) -> u64 {
        throttled_attempts() - self.throttled_before
    }
}

/// Whether this process writes metrics into its log.
///
/// # Errors
/// `METRICS` is something else than `emf` or `none`.
pub(crate) fn writes_metrics(environment: &Environment) -> Result<bool, ConfigError> {
    const NAME: &str = "METRICS";
    match environment.get(NAME) {
        None => Ok(environment.get("AWS_LAMBDA_FUNCTION_NAME").is_some()),
        Some("emf") => Ok(true),
        Some("none") => Ok(false),
        Some(other) => Err(ConfigError::Invalid {
            name: NAME,
            value: other.to_owned(),
            reason: "it must be emf or none".to_owned(),
        }),
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn directive<'a>(
    dimensions: &[&str],
    metrics: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Value {
    let metrics = metrics.into_iter();
    let metrics = metrics.map(|(name, unit)| json!({ "Name": name, "Unit": unit }));
    json!({
        "Namespace": NAMESPACE,
        "Dimensions": [dimensions],
        "Metrics": metrics.collect::<Vec<Value>>(),
    })
}

/// Adds the members of a metrics line to those of a log line.
pub(crate) fn merged(mut line: Map<String, Value>, embedded: &str) -> Map<String, Value> {
    if let Ok(members) = serde_json::from_str::<Map<String, Value>>(embedded) {
        line.extend(members);
    }
    line
}
