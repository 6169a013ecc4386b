//! `cargo run -- sweep`: the sweeper and the audit by hand, whether or not a server runs on the data.

use std::time::Duration;

use chrono::Utc;
use shoebox_core::config::{ConfigError, Environment, FromEnvironment as _};
use shoebox_core::{AuditReport, Repair, SweepReport, Sweeper};

use crate::account::{Account, AccountError};
use crate::data_dir::DataDirError;
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

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    /// What was due was settled.
    Swept(SweepReport),
    /// Bucket and table were compared.
    Audited(AuditReport),
}

/// Sweeps, or, with `audit`, compares the stores. Where a server holds the data, its AWS endpoint is used.
///
/// # Errors
/// See [`SweepError`].
pub async fn sweep(options: Options, audit: Option<Repair>) -> Result<Swept, SweepError> {
    let running_server = format!("http://{}:{}", options.host, options.aws_port);
    let variables = options.variables.clone();
    let own = Options {
        api_port: 0,
        aws_port: 0,
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
        Err(StartError::DataDir(DataDirError::InUse(_))) => {
            let environment =
                environment::of_functions(&running_server, &running_server, &variables);
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
