//! HTTP for every function: start-up, request readers, replies, problem documents, identity and logs.
//!
//! Knows the gateways' events and the use cases' types, no storage, and nothing of single operations: those are
//! the function crates, each a list of [`Route`]s and a handler from [`Call`] to [`Reply`].

mod accept;
pub mod bodies;
mod call;
mod conditional;
mod disposition;
mod events;
mod failure;
pub mod form;
mod http_event;
mod identity;
mod json;
mod log;
pub mod openapi;
mod origin;
mod path;
mod problem;
mod query;
mod reply;
mod route;
mod runtime;
mod service;
mod settings;
#[cfg(test)]
mod testing;
pub mod watch;

pub use accept::Preferences;
pub use call::Call;
pub use conditional::Validators;
pub use events::{Occasion, run_events};
pub use failure::{Cause, FailedFile, Failure, error_chain};
pub use http::{StatusCode, header};
pub use http_event::HttpEvent;
pub use identity::{AuthMode, USER_ID_HEADER};
pub use json::JsonMembers;
pub use log::{log_level, partly_failed};
pub use problem::{FieldProblem, Problem, status_of};
pub use query::Query;
pub use reply::{Content, INLINE_LIMIT_BYTES, Reply};
pub use route::Route;
pub use runtime::{RuntimeError, run};
pub use service::{Service, respond};
