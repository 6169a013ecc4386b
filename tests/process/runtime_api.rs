//! Lambda's side of the runtime interface: gives a function one event after the other and takes its answers.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::VecDeque;
use std::convert::Infallible;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use shoebox_tests::Shoebox;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, Notify, mpsc};

use crate::programs::program;

/// How long a function may take to start and answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a function said about an event.
#[derive(Debug)]
pub(crate) enum Said {
    /// An answer.
    Response(Vec<u8>),
    /// That it failed.
    Error(String),
}

#[derive(Debug, Default)]
struct Events {
    waiting: Mutex<VecDeque<Vec<u8>>>,
    added: Notify,
}

/// A function that runs as it does on Lambda.
#[derive(Debug)]
pub(crate) struct Function {
    events: Arc<Events>,
    said: mpsc::UnboundedReceiver<Said>,
    child: Child,
}

impl Function {
    /// Starts a function's program over the stores of a service, with variables over those of Lambda.
    pub(crate) async fn start(name: &str, shoebox: &Shoebox, variables: &[(&str, &str)]) -> Self {
        let events = Arc::new(Events::default());
        let (tell, said) = mpsc::unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(serve(listener, Arc::clone(&events), tell));
        let mut command = command(name, &address, &shoebox.running.aws_url);
        command.envs(variables.iter().copied());
        let child = command.spawn().unwrap();
        Self {
            events,
            said,
            child,
        }
    }

    /// Gives it an event and waits for what it says.
    pub(crate) async fn handle(&mut self, event: &Value) -> Said {
        let json = serde_json::to_vec(event).unwrap();
        self.events.waiting.lock().await.push_back(json);
        self.events.added.notify_one();
        let said = tokio::time::timeout(PATIENCE, self.said.recv()).await;
        said.expect("no answer in time").expect("the runtime ended")
    }

    /// As [`Function::handle`], where an answer is expected.
    pub(crate) async fn answer(&mut self, event: &Value) -> Vec<u8> {
        match self.handle(event).await {
            Said::Response(answer) => answer,
            Said::Error(error) => panic!("{error}"),
        }
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

async fn serve(listener: TcpListener, events: Arc<Events>, tell: mpsc::UnboundedSender<Said>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (events, tell) = (Arc::clone(&events), tell.clone());
        let service = service_fn(move |request| {
            let (events, tell) = (Arc::clone(&events), tell.clone());
            async move { Ok::<_, Infallible>(answer(request, &events, &tell).await) }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // It ends with the function.
        tokio::spawn(async move { drop(connection.await) });
    }
}

async fn answer(
    request: Request<Incoming>,
    events: &Events,
    tell: &mpsc::UnboundedSender<Said>,
) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    let path = path
        .strip_prefix("/2018-06-01/runtime/")
        .unwrap_or_else(|| panic!("{path}"));
    if (request.method(), path) == (&Method::GET, "invocation/next") {
        return next(events).await;
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let said = if path.ends_with("/response") {
        Said::Response(body.to_vec())
    } else {
        Said::Error(format!("{path}: {}", String::from_utf8_lossy(&body)))
    };
    // The test may have ended.
    let _ = tell.send(said);
    let mut accepted = Response::new(Full::default());
    *accepted.status_mut() = http::StatusCode::ACCEPTED;
    accepted
}

/// Waits for an event, for as long as it takes.
async fn next(events: &Events) -> Response<Full<Bytes>> {
    let event = loop {
        if let Some(event) = events.waiting.lock().await.pop_front() {
            break event;
        }
        events.added.notified().await;
    };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + PATIENCE;
    Response::builder()
        .header(
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        )
        .header(
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        )
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:f",
        )
        .header(
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
        )
        .body(Full::from(event))
        .unwrap()
}
