//! Processor time and memory of the deployable binaries, each alone in its process.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use local::Running;
use shoebox_tests::lambda::{FunctionProcess, stores};
use tokio::process::Command;

use crate::at_the_gateway::uploaded;
use crate::operation::{Operation, Samples, succeeded};
use crate::{chosen_cases, median};

const STARTS: usize = 15;
const WARM_RUNS: usize = 41;
const BULK_RUNS: usize = 5;

pub(crate) async fn report(running: &Running, samples: &Samples) {
    println!("The function's binary alone in its process, stores over HTTP\n");
    println!(
        "{:<28} {:>11} {:>11} {:>9} {:>9} {:>9}",
        "operation", "cold CPU ms", "warm CPU ms", "wall ms", "MiB", "peak MiB"
    );
    for (name, operation, file) in chosen_cases(samples) {
        report_operation(running, name, operation, file).await;
    }
}

async fn report_operation(running: &Running, name: &str, operation: Operation, file: &[u8]) {
    let binary = binary(operation.function());
    if !binary.exists() {
        println!("{name:<28} not measured: {} is not built", binary.display());
        return;
    }
    let mut variables = stores(running);
    // Settings of the allocator, to be compared.
    variables.extend(std::env::vars().filter(|(name, _)| name.starts_with("MALLOC_")));
    let images = operation.consumed_images();
    let mut ids = uploaded(running, file, images.max(1)).await;
    let mut cold = Vec::new();
    for run in 0..STARTS {
        let mut function = start(&binary, &variables).await;
        let event = operation.event(run, &ids, file);
        succeeded(&function.invoke(event).await.unwrap());
        cold.push(settled(&function).await);
        ids = renewed(running, operation, file, ids).await;
    }
    let mut function = start(&binary, &variables).await;
    let runs = match operation {
        Operation::BulkDelete => BULK_RUNS,
        _ => WARM_RUNS,
    };
    let (mut warm, mut wall) = (Vec::new(), Vec::new());
    for run in 0..=runs {
        let event = operation.event(run, &ids, file);
        let before = settled(&function).await;
        let started = Instant::now();
        let answer = function.invoke(event).await.unwrap();
        wall.push(started.elapsed());
        succeeded(&answer);
        warm.push(settled(&function).await.saturating_sub(before));
        ids = renewed(running, operation, file, ids).await;
    }
    // The first is the cold one.
    warm.swap_remove(0);
    wall.swap_remove(0);
    let memory = function.memory().unwrap();
    let mebibytes = |kibibytes: u64| f64::from(u32::try_from(kibibytes).unwrap()) / 1024.0;
    println!(
        "{name:<28} {:>11.2} {:>11.2} {:>9.2} {:>9.1} {:>9.1}",
        median(cold),
        median(warm),
        median(wall),
        mebibytes(memory.resident_kib),
        mebibytes(memory.peak_kib)
    );
}

/// The binary of a function: beside this one, or where `FUNCTIONS_DIR` says.
fn binary(function: &str) -> PathBuf {
    let given = std::env::var_os("FUNCTIONS_DIR").map(PathBuf::from);
    let directory = given.unwrap_or_else(|| {
        let own = std::env::current_exe().unwrap();
        own.ancestors().nth(2).unwrap().to_owned()
    });
    directory.join(function)
}

async fn start(binary: &PathBuf, variables: &[(String, String)]) -> FunctionProcess {
    let command = Command::new(binary);
    FunctionProcess::start(command, variables).await.unwrap()
}

/// The processor time of the process once it waits for the next event.
async fn settled(function: &FunctionProcess) -> Duration {
    let mut before = function.processor_time().unwrap();
    loop {
        tokio::time::sleep(Duration::from_millis(2)).await;
        let now = function.processor_time().unwrap();
        if now == before {
            return now;
        }
        before = now;
    }
}

async fn renewed(
    running: &Running,
    operation: Operation,
    file: &[u8],
    ids: Vec<String>,
) -> Vec<String> {
    match operation.consumed_images() {
        0 => ids,
        count => uploaded(running, file, count).await,
    }
}
