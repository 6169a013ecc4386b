//! Requests that no client should send: each is refused cleanly, and none leaves a trace.

mod bodies;
mod events;
mod hostile;
mod requests;
mod wire;

use shoebox_tests::{Answer, Shoebox};

/// Checks that an answer is a refusal of the client's making, complete and discreet. A method that has none but
/// harmless effects may be answered, too.
fn assert_refused(answer: &Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {answer:?}");
    let _ = answer.any_problem();
}

/// A service that nothing may be stored in.
async fn empty() -> Shoebox {
    Shoebox::with(&[]).await
}
