//! The process of a function, and what it costs: read from `/proc`, so on Linux only.

use std::fs;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use local::Running;
use tokio::process::{Child, Command};

use super::{InvocationError, RuntimeApi};

/// The variables by which a function's process reaches the stores of a running service.
#[must_use]
pub fn stores(running: &Running) -> Vec<(String, String)> {
    let pairs = [
        ("AWS_ACCESS_KEY_ID", local::ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", local::ACCESS_KEY),
        ("AWS_REGION", local::REGION),
        ("AWS_ENDPOINT_URL_S3", &running.aws_url),
        ("AWS_ENDPOINT_URL_DYNAMODB", &running.dynamodb_url),
        ("BUCKET_NAME", &running.bucket),
        ("TABLE_NAME", &running.table),
        ("AUTH_MODE", "none"),
        ("STAGE", "local"),
    ];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    pairs.into_iter().map(owned).collect()
}

/// A function in a process of its own. Dropping it ends the process.
#[derive(Debug)]
pub struct FunctionProcess {
    child: Child,
    api: RuntimeApi,
    process_id: u32,
}

/// Memory of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// What it holds now, in KiB.
    pub resident_kib: u64,
    /// The most that it ever held, in KiB.
    pub peak_kib: u64,
}

impl FunctionProcess {
    /// Starts a command as Lambda starts a function: with these variables, those of Lambda's own, and no others.
    ///
    /// # Errors
    /// No port, or no such program.
    pub async fn start(mut command: Command, variables: &[(String, String)]) -> io::Result<Self> {
        let api = RuntimeApi::start().await?;
        let child = command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.authority())
            .env("AWS_LAMBDA_FUNCTION_NAME", "measured")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "measured")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "measured")
            .envs(variables.iter().cloned())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let process_id = child
            .id()
            .ok_or_else(|| io::Error::other("the process ended at once"))?;
        Ok(Self {
            child,
            api,
            process_id,
        })
    }

    /// Hands an event to the function and waits for its answer.
    ///
    /// # Errors
    /// What the function reports, or that its process ended.
    pub async fn invoke(&mut self, event: Vec<u8>) -> Result<Bytes, InvocationError> {
        tokio::select! {
            answer = self.api.invoke(event) => answer,
            _ = self.child.wait() => Err(InvocationError::Gone),
        }
    }

    /// The processor time of the process so far, of all its threads, in kernel and out of it.
    ///
    /// # Errors
    /// The process is gone.
    pub fn processor_time(&self) -> io::Result<Duration> {
        let mut nanoseconds = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.process_id))? {
            let statistics = fs::read_to_string(thread?.path().join("schedstat"))?;
            nanoseconds += number(statistics.split(' ').next())?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// The memory of the process.
    ///
    /// # Errors
    /// The process is gone.
    pub fn memory(&self) -> io::Result<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process_id))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            number(line.and_then(|rest| rest.split_ascii_whitespace().next()))
        };
        Ok(Memory {
            resident_kib: field("VmRSS:")?,
            peak_kib: field("VmHWM:")?,
        })
    }
}

fn number(text: Option<&str>) -> io::Result<u64> {
    let parsed = text.and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| io::Error::other("the kernel says it in another form"))
}
