//! The log: JSON lines on standard output, one for each request.
//!
//! No line holds a token, a query string, a presigned URL, a body or a place.

use std::{fmt, io};

use http::StatusCode;
use serde_json::{Map, Value};
use shoebox_core::config::{ConfigError, Environment};
use shoebox_core::{Error, abridged};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Span, Subscriber, error, error_span, info, warn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use crate::failure::{Failure, error_chain};
use crate::problem::status_of;
use crate::watch::{self, Figures, Watch, millis, writes_metrics};

/// The crates whose lines follow `LOG_LEVEL`. All others, which could log URLs and headers, only warn.
const OWN_CRATES: [&str; 11] = [
    "shoebox_core",
    "shoebox_http",
    "shoebox",
    "imaging",
    "upload",
    "list",
    "get",
    "delete",
    "update",
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

/// Starts the log of a function on standard output, for the whole process, at `LOG_LEVEL`. Later calls change nothing.
///
/// # Errors
/// A variable of another form.
pub(crate) fn start_logs(environment: &Environment) -> Result<(), ConfigError> {
    let level = log_level(environment)?;
    let metrics = if writes_metrics(environment)? {
        LevelFilter::INFO
    } else {
        level
    };
    if Registry::default()
        .with(json_lines(level, metrics, io::stdout))
        .try_init()
        .is_ok()
    {
        std::panic::set_hook(Box::new(|panic| {
            let location = panic.location().map(ToString::to_string);
            error!(location, "panicked");
        }));
    }
    Ok(())
}

/// Lines at `level`, and lines that metrics can be in at `metrics`, which a quiet log must not swallow.
fn json_lines<W>(level: LevelFilter, metrics: LevelFilter, writer: W) -> impl Layer<Registry>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OWN_CRATES.map(|name| (name, level)))
        .with_target(WATCHED, metrics.max(level));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_target(false)
        .with_writer(writer);
    lines.map_event_format(Lines).with_filter(targets)
}

/// The target of lines that metrics can be in.
pub(crate) const WATCHED: &str = "shoebox_http::watched";
/// The field of such a line that holds further members, as JSON.
const EMBEDDED: &str = "embedded";

/// Lines of JSON, with the members of [`EMBEDDED`] beside their own.
struct Lines<F>(F);

impl<S, N, F> FormatEvent<S, N> for Lines<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if event.metadata().target() != WATCHED {
            return self.0.format_event(context, writer, event);
        }
        let mut line = String::new();
        self.0
            .format_event(context, Writer::new(&mut line), event)?;
        match serde_json::from_str::<Map<String, Value>>(&line) {
            Ok(mut members) => match members.remove(EMBEDDED) {
                Some(Value::String(embedded)) => {
                    let line = Value::Object(watch::merged(members, &embedded));
                    writeln!(writer, "{line}")
                }
                Some(_) | None => writer.write_str(&line),
            },
            Err(_) => writer.write_str(&line),
        }
    }
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
pub(crate) fn request_span(request_id: &str, trace: Option<&str>, operation: &str) -> Span {
    let request_id = loggable(request_id);
    error_span!(
        "request",
        request_id,
        trace_id = trace.and_then(trace_root).map(loggable),
        operation,
        user = tracing::field::Empty,
        image_id = tracing::field::Empty
    )
}

/// The name by which X-Ray keeps a trace, of the header that names it: `Root=1-5e1b4151-5ac6c58dc39a6b6a;Sampled=1`.
fn trace_root(header: &str) -> Option<&str> {
    header
        .split(';')
        .find_map(|part| part.trim().strip_prefix("Root="))
}

/// The one line of a request. A failure is in it with its whole chain of causes.
pub(crate) fn answered(watch: &Watch, figures: &Figures, failure: Option<&Failure>) {
    let error = failure.map(|failure| loggable(&failure.chain()));
    let embedded = watch.of_request(figures);
    let (status, operation) = (figures.status.as_u16(), figures.operation);
    let duration_ms = millis(figures.duration);
    if figures.status.is_server_error() {
        error!(target: WATCHED, status, duration_ms, error, embedded, "{operation} answered {status}");
    } else if figures.status.is_client_error() {
        warn!(target: WATCHED, status, duration_ms, error, embedded, "{operation} answered {status}");
    } else {
        info!(target: WATCHED, status, duration_ms, embedded, "{operation} answered {status}");
    }
}

/// The line of an event that is no request.
pub(crate) fn refused(request_id: &str, status: StatusCode, failure: &Failure) {
    let _entered = request_span(request_id, None, "none").entered();
    let error = loggable(&failure.chain());
    let status = status.as_u16();
    warn!(status, error, "none answered {status}");
}

/// One of several things that could not be done: in a request that as a whole was answered by 207, or in a delivery of
/// events. `what` is an image id or the number of a file.
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
