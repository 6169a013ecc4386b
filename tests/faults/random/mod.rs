//! Many operations in random order under random faults, against a model in memory. What was acknowledged must be; of
//! what failed, either is right, but what is there must be one of the two.

mod compare;
mod model;
mod operations;
mod seed;

use self::model::Run;

/// Operations of one run.
const OPERATIONS: usize = 150;

async fn run(seed: u64) {
    let mut run = Run::new(seed).await;
    for number in 0..OPERATIONS {
        run.step().await;
        if number % 30 == 29 {
            run.compare().await;
        }
    }
    run.finish().await;
}

#[tokio::test]
async fn what_is_shown_is_what_was_acknowledged_in_random_run_1() {
    run(1).await;
}

#[tokio::test]
async fn what_is_shown_is_what_was_acknowledged_in_random_run_2() {
    run(2).await;
}

/// A seed that no run had before: a failure names it.
#[tokio::test]
async fn what_is_shown_is_what_was_acknowledged_in_a_run_of_a_fresh_seed() {
    let now = chrono::Utc::now().timestamp_micros();
    run(now.unsigned_abs()).await;
}
