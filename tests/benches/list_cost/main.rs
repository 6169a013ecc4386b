//! What a page of a listing costs in libraries of different sizes: it must not grow with them.
//!
//! `cargo bench -p shoebox-tests --bench list_cost --profile ci -- 1000 100000`
//!
//! A library is two images that were uploaded, one in ten with a category, whose listing rows are copied under
//! other keys into a table in a file. Pages are read by the function `list`. A proxy before the table adds up the
//! capacity that its answers say they consumed, so the times have its passing on in them.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and fails by panicking"
)]

mod library;

use std::time::{Duration, Instant};

use local::{Data, Options, Running};
use shoebox_tests::event::Incoming;
use shoebox_tests::meter::Meter;

const PAGE: usize = 20;
const RUNS: usize = 51;

/// Each with its query string, all for pages of ordinary size.
const QUERIES: [(&str, &str); 4] = [
    ("user", "user_id=ann"),
    ("user, tag", "user_id=ann&tags=sea"),
    (
        "user, category, tag",
        "user_id=ann&category=travel&tags=sea",
    ),
    ("public feed", ""),
];

#[tokio::main]
async fn main() {
    let sizes: Vec<u64> = std::env::args()
        .skip(1)
        .filter_map(|size| size.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![1_000, 10_000]
    } else {
        sizes
    };
    println!(
        "{:>9} {:<20} {:>8} {:>9} {:>9} {:>10}",
        "images", "filter", "queries", "read RCU", "median ms", "filled in s"
    );
    for size in sizes {
        let directory = tempfile::tempdir().unwrap();
        let started = Instant::now();
        library::fill(directory.path(), size).await;
        let filled_in = started.elapsed();
        let meter = Meter::start().await;
        let running = local::start(Options {
            data: Data::Directory(directory.path().to_owned()),
            variables: vec![("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), meter.url())],
            // A sweep would be counted.
            has_events: false,
            ..Options::default()
        });
        let running = running.await.unwrap();
        meter.pass_on_to(&running.dynamodb_url);
        for (name, query) in QUERIES {
            report(size, name, query, &running, &meter, filled_in).await;
        }
        running.stop().await;
    }
}

async fn report(
    size: u64,
    name: &str,
    query: &str,
    running: &Running,
    meter: &Meter,
    filled_in: Duration,
) {
    let target = format!("/images?{query}");
    let event = Incoming::new("GET", &target).header("x-user-id", "ann");
    let event = event.rest_event();
    let mut times = Vec::with_capacity(RUNS);
    running.gateway().invoke("list", &event).await.unwrap();
    let _before = meter.take();
    for _ in 0..RUNS {
        let started = Instant::now();
        let answer = running.gateway().invoke("list", &event).await.unwrap();
        times.push(started.elapsed());
        assert_eq!(images_in(&answer), PAGE, "the page of {name} is not full");
    }
    times.sort_unstable();
    let consumed = meter.take();
    let runs = f64::from(u32::try_from(RUNS).unwrap());
    let calls = u32::try_from(consumed.calls.len()).unwrap();
    println!(
        "{size:>9} {name:<20} {:>8.1} {:>9.1} {:>9.2} {:>10.0}",
        f64::from(calls) / runs,
        consumed.read_units / runs,
        times[RUNS / 2].as_secs_f64() * 1e3,
        filled_in.as_secs_f64()
    );
}

fn images_in(answer: &[u8]) -> usize {
    let answer: serde_json::Value = serde_json::from_slice(answer).unwrap();
    let body = answer["body"].as_str().unwrap();
    let page: serde_json::Value = serde_json::from_str(body).unwrap();
    let images = page["images"].as_array();
    images.unwrap_or_else(|| panic!("{page}")).len()
}
