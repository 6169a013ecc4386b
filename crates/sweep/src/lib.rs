//! The Lambda function of the schedule: finishes what was begun and left.

use std::sync::Arc;

use serde::Deserialize;
use shoebox_core::{Error, SweepReport, Sweeper};
use shoebox_http::Occasion;

/// The schedule's event. What it says is of no interest; that it came is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Tick {}

/// Sweeps once, for as long as the function may run.
///
/// # Errors
/// The index of what is due could not be read.
pub async fn handle(
    sweeper: Arc<Sweeper>,
    _tick: Tick,
    occasion: Occasion,
) -> Result<SweepReport, Error> {
    sweeper.sweep(occasion.now, occasion.budget).await
}
