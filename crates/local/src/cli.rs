//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use aws_credential_types::Credentials;
use clap::{Args, Parser, Subcommand};
use local::{Data, Options};
use shoebox_core::Repair;
use shoebox_core::config::Environment;

/// Runs the image service on this machine: API, docs and gallery, with S3 and DynamoDB built in.
#[derive(Debug, Parser)]
#[command(name = "shoebox", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Port of the API, the docs and the gallery; 0 takes any free one
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Port of the AWS endpoint (S3, DynamoDB); 0 takes any free one
    #[arg(long, default_value_t = 4566)]
    aws_port: u16,
    /// Address to listen on; whoever reaches it may read and change everything. Clients on other machines need
    /// `PUBLIC_S3_ENDPOINT_URL` too: by default presigned URLs name 127.0.0.1
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Directory that keeps the data
    #[arg(long, default_value = ".shoebox", global = true)]
    data_dir: PathBuf,
    /// Keep nothing: the data is gone when the server stops
    // Stated here, for a subcommand has `--data-dir` and not this.
    #[arg(long, conflicts_with = "data_dir")]
    ephemeral: bool,
}

/// Something else than serving.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the OpenAPI description of the API
    Openapi,
    /// Finish what uploads and deletes left behind, beside a running server or without one
    Sweep(Sweep),
}

/// How to sweep.
#[derive(Debug, Clone, Copy, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(crate) struct Sweep {
    /// Compare bucket and table both ways instead, and print what does not agree
    #[arg(long)]
    audit: bool,
    /// With --audit: remove objects and listing rows that belong to no image
    #[arg(long, requires = "audit")]
    apply: bool,
    /// Work on the deployed stores that `BUCKET_NAME` and `TABLE_NAME` name, with the credentials and the region of
    /// the AWS command line (environment, `AWS_PROFILE`, single sign-on, role)
    #[arg(long)]
    aws: bool,
    /// Print the numbers as one line of JSON
    #[arg(long)]
    json: bool,
}

impl Sweep {
    /// Whether to audit, and whether to act on what is found.
    pub(crate) fn audit(self) -> Option<Repair> {
        let repair = if self.apply {
            Repair::Apply
        } else {
            Repair::DryRun
        };
        self.audit.then_some(repair)
    }

    /// Whether to work on deployed stores.
    pub(crate) fn aws(self) -> bool {
        self.aws
    }

    /// Whether programs read the report.
    pub(crate) fn json(self) -> bool {
        self.json
    }
}

impl Arguments {
    /// What the server is started with, given the variables of the process.
    pub(crate) fn options(&self, process: &Environment) -> Options {
        let pair = process
            .get("AWS_ACCESS_KEY_ID")
            .zip(process.get("AWS_SECRET_ACCESS_KEY"));
        let accepted = pair.map(|(id, secret)| Credentials::from_keys(id, secret, None));
        Options {
            host: self.host,
            api_port: self.port,
            aws_port: self.aws_port,
            data: self.data(),
            variables: local::passed_on(process),
            accepted_credentials: accepted.into_iter().collect(),
            ..Options::default()
        }
    }

    /// Where the data is kept.
    pub(crate) fn data(&self) -> Data {
        if self.ephemeral {
            Data::Ephemeral
        } else {
            Data::Directory(self.data_dir.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_and_its_subcommands_are_sound() {
        let mut command = Arguments::command();
        command.build();
        command.debug_assert();
    }

    #[test]
    fn a_directory_and_none_at_all_cannot_both_be_asked_for() {
        let both = ["shoebox", "--ephemeral", "--data-dir", "x"];
        let error = Arguments::try_parse_from(both).unwrap_err();
        assert_eq!(error.kind(), clap::error::ErrorKind::ArgumentConflict);
        let sweep = Arguments::try_parse_from(["shoebox", "sweep", "--data-dir", "x"]).unwrap();
        assert_eq!(sweep.data(), Data::Directory("x".into()));
        let ephemeral = Arguments::try_parse_from(["shoebox", "--ephemeral"]).unwrap();
        assert_eq!(ephemeral.data(), Data::Ephemeral);
    }
}
