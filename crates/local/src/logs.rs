//! The log of the server: lines of JSON on standard error, so that standard output is the user's.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The crates whose lines follow `LOG_LEVEL`. All others, which could log signatures and URLs, only warn.
const OWN_CRATES: [&str; 12] = [
    "delete",
    "get",
    "imaging",
    "ingest",
    "list",
    "local",
    "shoebox",
    "shoebox_core",
    "shoebox_http",
    "sweep",
    "update",
    "upload",
];

/// Starts the log for the whole process.
pub(crate) fn start(level: LevelFilter) {
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OWN_CRATES.map(|name| (name, level)));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_target(false)
        .with_writer(std::io::stderr)
        .with_filter(targets);
    tracing_subscriber::registry().with(lines).init();
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "panicked");
    }));
}
