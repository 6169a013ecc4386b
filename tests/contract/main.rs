//! What the service needs of its two stores, as one suite that runs on every S3 and DynamoDB at hand: the embedded
//! ones always, others where they are named.
//!
//! | variable | what it names |
//! |---|---|
//! | `SHOEBOX_TEST_ENDPOINT` | the URL of an endpoint with both S3 and DynamoDB, or `aws` |
//! | `SHOEBOX_TEST_S3_ENDPOINT` | an S3 alone, or in place of that endpoint's |
//! | `SHOEBOX_TEST_DYNAMODB_ENDPOINT` | a DynamoDB alone, or in place of that endpoint's |
//!
//! A store that is not named is the embedded one. Credentials and region of named stores come from the whole provider
//! chain. The suite makes buckets and tables of random names there, and removes them at its end.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod backend;
mod place;
mod suite;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::backend::Backend;
use crate::suite::{CHECKS, Check};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = Arc::new(builder.enable_all().build().unwrap());
    let backends = [Some(Backend::embedded()), Backend::named()];
    let backends: Vec<Arc<Backend>> = backends.into_iter().flatten().map(Arc::new).collect();
    let mut trials = Vec::new();
    for backend in &backends {
        for (name, check) in CHECKS {
            let (backend, runtime) = (Arc::clone(backend), Arc::clone(&runtime));
            let name = format!("{}::{name}", backend.name);
            trials.push(Trial::test(name, move || {
                runtime.block_on(checked(&backend, *check))
            }));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for backend in backends {
        runtime.block_on(backend.remove());
    }
    conclusion.exit_code()
}

/// Runs a check at the place that all checks share; they keep apart by keys and users of their own.
async fn checked(backend: &Backend, check: Check) -> Result<(), Failed> {
    let place = backend.place().await;
    check(place).await;
    Ok(())
}
