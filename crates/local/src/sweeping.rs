//! `cargo run -- sweep`: the sweeper and the audit by hand, whether or not a server runs on the data.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use serde::Serialize;
use shoebox_core::config::{ConfigError, Environment, FromEnvironment as _};
use shoebox_core::{AuditReport, Repair, SweepReport, Sweeper};

use crate::account::{Account, AccountError};
use crate::data_dir::{self, DataDirError};
use crate::environment;
use crate::options::Options;
use crate::running::{StartError, start};

/// How long a sweep by hand may take.
const BUDGET: Duration = Duration::from_hours(1);

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The stores could not be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A server holds the data and has not said where it answers.
    #[error(
        "the data directory {} is in use by another shoebox, which does not say where it answers; try again once it runs",
        .0.display()
    )]
    Unannounced(PathBuf),
    /// A variable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Nobody to be in AWS.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// A store failed.
    #[error("the stores could not be read")]
    Stores(#[from] shoebox_core::Error),
}

/// What was done. Displays as a table; serializes as the report alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Swept {
    /// What was due was settled.
    Swept(SweepReport),
    /// Bucket and table were compared.
    Audited(AuditReport),
}

impl Swept {
    /// How much an audit found.
    #[must_use]
    pub fn finding_count(&self) -> u64 {
        match self {
            Self::Swept(_) => 0,
            Self::Audited(report) => report.finding_count(),
        }
    }
}

impl fmt::Display for Swept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = |title: &str, rows: &[(&str, u64)]| {
            writeln!(formatter, "{title}")?;
            rows.iter()
                .try_for_each(|(name, count)| writeln!(formatter, "  {name:<30}{count:>12}"))
        };
        match self {
            Self::Swept(report) => {
                let rows = [
                    ("rows that were due", report.examined),
                    ("uploads aborted", report.aborted),
                    ("direct uploads published", report.published),
                    ("direct uploads refused", report.rejected),
                    ("deletes finished", report.deleted),
                    ("tombstones released", report.released),
                    ("settled by others", report.settled),
                    ("failed, left for the next", report.failed),
                ];
                table("Swept", &rows)?;
                if report.unfinished {
                    writeln!(formatter, "Time ran out: sweep again for the rest.")?;
                }
                Ok(())
            }
            Self::Audited(report) => {
                let found = [
                    ("images", report.active_images),
                    ("objects", report.objects),
                    ("listing rows", report.listing_rows),
                    ("uploads and deletes under way", report.unsettled_rows),
                ];
                table("Stored", &found)?;
                table("Findings", &report.findings())?;
                table("Done", &[("removed", report.repaired)])
            }
        }
    }
}

/// Sweeps, or, with `audit`, compares the stores, and does nothing else to them. Where a server holds the data, its AWS
/// endpoint is used, at the address that it wrote into the directory.
///
/// # Errors
/// See [`SweepError`].
pub async fn sweep(options: Options, audit: Option<Repair>) -> Result<Swept, SweepError> {
    let variables = options.variables.clone();
    let own = Options {
        api_port: 0,
        aws_port: 0,
        has_events: false,
        ..options
    };
    match start(own).await {
        Ok(running) => {
            let environment =
                environment::of_functions(&running.aws_url, &running.dynamodb_url, &variables);
            let swept = work(&Sweeper::from_environment(&environment)?, audit).await;
            running.stop().await;
            swept
        }
        Err(StartError::DataDir(DataDirError::InUse(directory))) => {
            let aws_url = data_dir::answers_at(&directory);
            let aws_url = aws_url.ok_or(SweepError::Unannounced(directory))?;
            let environment = environment::of_functions(&aws_url, &aws_url, &variables);
            work(&Sweeper::from_environment(&environment)?, audit).await
        }
        Err(error) => Err(error.into()),
    }
}

/// As [`sweep()`], on deployed stores: those that the variables name, as the user's own AWS account.
///
/// # Errors
/// See [`SweepError`].
pub async fn sweep_deployed(
    process: Environment,
    audit: Option<Repair>,
) -> Result<Swept, SweepError> {
    // The defaults are those of a server on this machine: nobody means them in an account.
    for (name, aliases) in [
        ("BUCKET_NAME", ["S3_BUCKET_NAME", "IMAGES_BUCKET"]),
        ("TABLE_NAME", ["DYNAMODB_TABLE_NAME", "IMAGES_TABLE"]),
    ] {
        let reason = "it says which store to work on";
        let given = process.aliased(name, &aliases)?;
        given.ok_or(ConfigError::Missing { name, reason })?;
    }
    let account = Account::load().await?;
    let environment = process.with(account.variables());
    work(&Sweeper::from_environment(&environment)?, audit).await
}

async fn work(sweeper: &Sweeper, audit: Option<Repair>) -> Result<Swept, SweepError> {
    let now = Utc::now();
    Ok(match audit {
        None => Swept::Swept(sweeper.sweep(now, BUDGET).await?),
        Some(repair) => Swept::Audited(sweeper.audit(repair, now).await?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_as_a_table_and_serializes_on_one_line() {
        let swept = Swept::Audited(AuditReport {
            active_images: 12,
            stray_listing_rows: 3,
            ..AuditReport::default()
        });
        let table = swept.to_string();
        let line = |start: &str| table.lines().find(|line| line.trim().starts_with(start));
        assert!(line("images ").unwrap().ends_with(" 12"), "{table}");
        assert!(line("stray").unwrap().ends_with(" 3"), "{table}");
        assert_eq!(swept.finding_count(), 3);
        let json = serde_json::to_string(&swept).unwrap();
        assert!(json.starts_with(r#"{"active_images":12,"#), "{json}");
        assert!(!json.contains('\n'));
    }
}
