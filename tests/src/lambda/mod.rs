//! Lambda as the process of a function sees it, so that the very code that is deployed can be run and measured
//! alone: its start, its loop, its clients, with nothing of the stores in the same process.

mod function;
mod runtime_api;

pub use function::{FunctionProcess, Memory, stores};
pub use runtime_api::{InvocationError, RuntimeApi, TRACE_ID};
