//! What a request costs: each operation through true events, medians of runs with nothing else to do.
//!
//! `cargo build --profile ci -p upload`, `... -p list -p get -p update -p delete`, then
//! `cargo bench -p shoebox-tests --bench requests --profile ci`
//!
//! Words after `--` choose the operations whose name holds one of them.
//!
//! Wall time is measured at the gateway, where functions and embedded stores share one process. Processor time and
//! memory are measured on the deployable binary of a function, alone in a process before a Runtime API.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and fails by panicking"
)]

mod alone;
mod at_the_gateway;
#[path = "../../../crates/imaging/benches/jpeg/mod.rs"]
mod jpeg;
mod operation;

use std::time::Duration;

use operation::{Operation, Samples};

#[tokio::main]
async fn main() {
    let samples = Samples::new();
    let running = local::start(local::Options::default()).await.unwrap();
    at_the_gateway::report(&running, &samples).await;
    alone::report(&running, &samples).await;
    running.stop().await;
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// The operations to be measured.
fn chosen_cases(samples: &Samples) -> impl Iterator<Item = (&'static str, Operation, &Vec<u8>)> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let is_chosen =
        move |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    let cases = samples.cases().into_iter();
    cases.filter(move |case| is_chosen(case.0))
}
