//! A function's program as Lambda runs it: its own environment, events through the runtime interface.

use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use shoebox_tests::Shoebox;
use shoebox_tests::lambda::{InvocationError, RuntimeApi};
use tokio::process::{Child, Command};

use crate::programs::program;

/// How long a function may take to start and answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A function that runs. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Function {
    api: RuntimeApi,
    child: Child,
}

impl Function {
    /// Starts a function's program over the stores of a service.
    pub(crate) async fn start(name: &str, shoebox: &Shoebox) -> Self {
        let api = RuntimeApi::start().await.unwrap();
        let mut command = command(name, &api.authority(), &shoebox.aws_url);
        let child = command.spawn().unwrap();
        Self { api, child }
    }

    /// Gives it an event and waits for what it says.
    pub(crate) async fn handle(&self, event: &Value) -> Result<Bytes, InvocationError> {
        let event = serde_json::to_vec(event).unwrap();
        let said = tokio::time::timeout(PATIENCE, self.api.invoke(event)).await;
        said.expect("no answer in time")
    }

    /// As [`Function::handle`], where an answer of JSON is expected.
    pub(crate) async fn answer(&self, event: &Value) -> Value {
        let answer = self.handle(event).await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    /// Ends it and gives what it wrote on standard output.
    pub(crate) async fn log(mut self) -> String {
        self.child.start_kill().unwrap();
        let output = self.child.wait_with_output().await.unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A function's program in the environment that Lambda gives it, and no other.
pub(crate) fn command(name: &str, runtime_api: &str, stores: &str) -> Command {
    let mut command = Command::new(program(name));
    command
        .env_clear()
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", runtime_api),
            ("AWS_LAMBDA_FUNCTION_NAME", name),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/f"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "s"),
            ("AWS_ACCESS_KEY_ID", local::ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", local::ACCESS_KEY),
            ("AWS_REGION", local::REGION),
            ("AWS_ENDPOINT_URL", stores),
            ("STAGE", "local"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}
