//! The log: JSON lines on standard output, one for each request.
//!
//! No line holds a token, a query string, a presigned URL, a body or a place.

use std::io;
use std::time::Duration;

use http::StatusCode;
use shoebox_core::config::{ConfigError, Environment};
use shoebox_core::{Error, abridged};
use tracing::level_filters::LevelFilter;
use tracing::{Span, error, error_span, info, warn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use crate::failure::{Failure, error_chain};
use crate::problem::status_of;

/// The crates whose lines follow `LOG_LEVEL`. All others, which could log URLs and headers, only warn.
const OWN_CRATES: [&str; 12] = [
    "shoebox_core",
    "shoebox_http",
    "shoebox",
    "imaging",
    "upload",
    "list",
    "get",
    "delete",
    "update",
    "render",
    "ingest",
    "sweep",
];

/// Reads `LOG_LEVEL`: `error`, `warn`, `info` (the default), `debug`, `trace` or `off`, in any letter case.
///
/// # Errors
/// Any other word.
pub fn log_level(environment: &Environment) -> Result<LevelFilter, ConfigError> {
    const NAME: &str = "LOG_LEVEL";
    let Some(text) = environment.get(NAME) else {
        return Ok(LevelFilter::INFO);
    };
    match text.to_ascii_lowercase().as_str() {
        "off" => Ok(LevelFilter::OFF),
        "error" | "critical" => Ok(LevelFilter::ERROR),
        "warn" | "warning" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        _ => Err(ConfigError::Invalid {
            name: NAME,
            value: text.to_owned(),
            reason: "it must be error, warn, info, debug or trace".to_owned(),
        }),
    }
}

/// Starts the log on standard output, for the whole process. Later calls change nothing.
pub fn start_logs(level: LevelFilter) {
    if Registry::default()
        .with(json_lines(level, io::stdout))
        .try_init()
        .is_ok()
    {
        std::panic::set_hook(Box::new(|panic| {
            let location = panic.location().map(ToString::to_string);
            error!(location, "panicked");
        }));
    }
}

fn json_lines<W>(level: LevelFilter, writer: W) -> impl Layer<Registry>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OWN_CRATES.map(|name| (name, level)));
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_target(false)
        .with_writer(writer)
        .with_filter(targets)
}

/// The most characters of a failure in a line. It can repeat what a client sent.
const MAX_CHARS: usize = 4_096;

/// A text for the log: bounded, and without characters that a terminal or a viewer of logs would act on.
fn loggable(text: &str) -> String {
    let abridged = abridged(text, MAX_CHARS);
    let shown = abridged.chars().flat_map(|character| {
        let escaped = character.escape_debug();
        let plain = matches!(character, '"' | '\'' | '\\').then_some(character);
        plain
            .into_iter()
            .chain(escaped.filter(move |_| plain.is_none()))
    });
    shown.collect()
}

/// The span of one request; whatever is logged inside carries its fields in the object `span`.
pub(crate) fn request_span(request_id: &str, operation: &str) -> Span {
    let request_id = loggable(request_id);
    error_span!(
        "request",
        request_id,
        operation,
        user = tracing::field::Empty,
        image_id = tracing::field::Empty
    )
}

/// The one line of a request. A failure is in it with its whole chain of causes.
pub(crate) fn answered(
    operation: &str,
    status: StatusCode,
    took: Duration,
    failure: Option<&Failure>,
) {
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let error = failure.map(|failure| loggable(&failure.chain()));
    let code = status.as_u16();
    if status.is_server_error() {
        error!(
            status = code,
            duration_ms, error, "{operation} answered {code}"
        );
    } else if status.is_client_error() {
        warn!(
            status = code,
            duration_ms, error, "{operation} answered {code}"
        );
    } else {
        info!(status = code, duration_ms, "{operation} answered {code}");
    }
}

/// One of several things in a request that could not be done, where the request as a whole was answered by 207.
/// `what` is an image id or the number of a file.
pub fn partly_failed(what: &str, failed: &Error) {
    let error = loggable(&error_chain(failed));
    if status_of(failed.kind()).is_server_error() {
        error!(error, "{what} failed");
    } else {
        warn!(error, "{what} failed");
    }
}

#[cfg(test)]
mod tests;
