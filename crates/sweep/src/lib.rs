//! The Lambda function of the schedule: finishes what was begun and left.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shoebox_core::{Error, SweepReport, Sweeper};
use shoebox_http::Occasion;

/// The schedule's event. What it says is of no interest; that it came is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Tick {}

/// What a run did, and what it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// What was done.
    #[serde(flatten)]
    pub report: SweepReport,
    /// Rows that are due and still there. The index lags, so some of them may have been settled a moment ago.
    pub backlog: u64,
}

/// Sweeps once, for as long as the function may run.
///
/// # Errors
/// The index of what is due could not be read.
pub async fn handle(
    sweeper: Arc<Sweeper>,
    _tick: Tick,
    occasion: Occasion,
) -> Result<Swept, Error> {
    Ok(Swept {
        report: sweeper.sweep(occasion.now, occasion.budget).await?,
        backlog: sweeper.backlog(occasion.now).await?,
    })
}
