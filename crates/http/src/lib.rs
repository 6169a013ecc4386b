//! HTTP for every function: start-up, request readers, replies, problem documents, identity and logs.

mod route;

pub use route::Route;
