//! Wall time at the gateway: events in, answers out, functions and stores in this process.

use std::time::{Duration, Instant};

use local::Running;

use crate::operation::{Operation, Samples, succeeded};
use crate::{chosen_cases, median};

const RUNS: usize = 41;
/// Each run of it uses up a hundred images.
const BULK_RUNS: usize = 5;

pub(crate) async fn report(running: &Running, samples: &Samples) {
    println!("Through the gateway, functions and stores in one process\n");
    println!("{:<28} {:>6} {:>9}", "operation", "runs", "wall ms");
    for (name, operation, file) in chosen_cases(samples) {
        let runs = match operation {
            Operation::BulkDelete => BULK_RUNS,
            _ => RUNS,
        };
        let mut times = Vec::with_capacity(runs);
        let mut ids = uploaded(running, file, operation.consumed_images().max(1)).await;
        for run in 0..runs {
            times.push(timed(running, operation, &operation.event(run, &ids, file)).await);
            if operation.consumed_images() > 0 {
                ids = uploaded(running, file, ids.len()).await;
            }
        }
        println!("{name:<28} {runs:>6} {:>9.2}", median(times));
    }
    println!();
}

async fn timed(running: &Running, operation: Operation, event: &[u8]) -> Duration {
    let started = Instant::now();
    let answer = running.gateway().invoke(operation.function(), event).await;
    let took = started.elapsed();
    succeeded(&answer.unwrap());
    took
}

/// The ids of so many new images.
pub(crate) async fn uploaded(running: &Running, file: &[u8], count: usize) -> Vec<String> {
    let event = Operation::UploadRaw.event(0, &[String::new()], file);
    let mut ids = Vec::with_capacity(count);
    for _ in 0..count {
        let answer = running.gateway().invoke("upload", &event).await.unwrap();
        ids.push(succeeded(&answer)["image_id"].as_str().unwrap().to_owned());
    }
    ids
}
