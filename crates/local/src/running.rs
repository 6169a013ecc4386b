//! Starting the whole service, and stopping it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use shoebox_core::config::{self, ConfigError};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinError;

use crate::clients::{dynamodb_client, s3_client};
use crate::data_dir::{DataDir, DataDirError};
use crate::dynamodb::{DynamoDb, DynamoDbError};
use crate::events::{EventFunctions, EventTasks};
use crate::gateway::Gateway;
use crate::guard::Guard;
use crate::options::{Options, store_credentials};
use crate::resources::ResourceError;
use crate::s3::{Credentials, OpenError, S3};
use crate::server::{ListenError, Server};
use crate::{api, aws, environment, functions, resources};

/// How long the end of a runtime waits for its threads.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a server does not start. With its sources it makes one line for the user.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// A port.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A variable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The embedded DynamoDB.
    #[error(transparent)]
    DynamoDb(#[from] DynamoDbError),
    /// The embedded S3.
    #[error("cannot open the objects")]
    S3(#[from] OpenError),
    /// Bucket or table.
    #[error(transparent)]
    Resources(#[from] ResourceError),
    /// No runtime.
    #[error("cannot start threads")]
    Runtime(#[from] io::Error),
    /// The start itself panicked.
    #[error("the start did not finish")]
    Unfinished(#[from] JoinError),
}

/// A running service. Dropping it stops it at once, and blocks until its threads have ended; [`Running::stop`] lets
/// requests finish.
#[derive(Debug)]
pub struct Running {
    /// Where API and pages are, such as `http://127.0.0.1:8000`.
    pub api_url: String,
    /// Where S3 and DynamoDB are for AWS clients, such as `http://127.0.0.1:4566`.
    pub aws_url: String,
    /// Where DynamoDB is without the AWS endpoint before it.
    pub dynamodb_url: String,
    /// The bucket of the images.
    pub bucket: String,
    /// The table of everything else.
    pub table: String,
    gateway: Gateway,
    api: Server,
    events: Option<EventTasks>,
    aws: Server,
    dynamodb: DynamoDb,
    // After everything that uses them: the threads end, then the lock on the data.
    runtime: OwnedRuntime,
    data: DataDir,
}

/// Starts the service on threads of its own, so that it outlives the runtime of the caller.
///
/// # Errors
/// See [`StartError`]; what was started before the failure is stopped.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let runtime = Builder::new_multi_thread()
        .thread_name("shoebox")
        .enable_all()
        .build()?;
    let handle = runtime.handle().clone();
    let runtime = OwnedRuntime(Some(runtime));
    let assembled = handle.spawn(assemble(options, handle.clone())).await?;
    Ok(assembled?(runtime))
}

/// Starts all parts on the runtime, which is no part yet: it could not be dropped here.
async fn assemble(
    options: Options,
    handle: Handle,
) -> Result<impl FnOnce(OwnedRuntime) -> Running, StartError> {
    let opening = options.data.clone();
    let data = tokio::task::spawn_blocking(move || DataDir::open(&opening)).await??;
    let (api_listener, api_address) =
        crate::server::listen(options.host, options.api_port, "--port").await?;
    let (aws_listener, aws_address) =
        crate::server::listen(options.host, options.aws_port, "--aws-port").await?;
    let (api_url, aws_url) = (url(api_address), url(aws_address));

    let dynamodb = DynamoDb::start(data.tables()).await?;
    let dynamodb_url = dynamodb.endpoint_url();
    let environment = environment::of_functions(&aws_url, &dynamodb_url, &options.variables);
    let public_s3_url = environment
        .get("PUBLIC_S3_ENDPOINT_URL")
        .unwrap_or(&aws_url);
    let bucket = config::bucket_name(&environment)?;
    let table = config::table_name(&environment)?;
    let functions = functions::mount(&environment)?;
    let event_functions = EventFunctions::new(&environment)?;

    let s3 = S3::open(&data.objects(), accepted(&options)).await?;
    let created = s3.object_created();
    let gateway = Gateway::new(functions, handle, options.integration_timeout);
    let guard = Guard::new(options.host, public_s3_url);
    let endpoint = aws::Endpoint {
        gateway: gateway.clone(),
        guard: guard.clone(),
        s3,
        dynamodb: dynamodb.address(),
    };
    let aws = Server::start(aws_listener, aws::router(endpoint));
    let s3_client = s3_client(&aws_url, store_credentials());
    let dynamodb_client = dynamodb_client(&dynamodb_url, store_credentials());
    resources::create(&s3_client, &dynamodb_client, &bucket, &table).await?;
    let events = options.has_events.then(|| event_functions.start(created));
    let api = Server::start(
        api_listener,
        api::router(gateway.clone(), guard, public_s3_url),
    );
    data.announce(&aws_url)?;
    Ok(move |runtime| Running {
        api_url,
        aws_url,
        dynamodb_url,
        bucket,
        table,
        gateway,
        api,
        events,
        aws,
        dynamodb,
        runtime,
        data,
    })
}

impl Running {
    /// The gateway before the functions, to be called without a connection.
    #[must_use]
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// Takes no more requests, lets those that run finish for a few seconds, closes the stores and lets
    /// go of the data directory.
    pub async fn stop(self) {
        let Self {
            api,
            events,
            aws,
            dynamodb,
            runtime,
            data,
            ..
        } = self;
        api.stop().await;
        if let Some(events) = events {
            events.stop().await;
        }
        aws.stop().await;
        dynamodb.stop().await;
        if let Err(error) = tokio::task::spawn_blocking(move || drop(runtime)).await {
            tracing::error!(%error, "the threads did not end");
        }
        drop(data);
    }
}

/// The pairs that S3 accepts. Its own comes last and so stands where another has its id: the functions use it.
fn accepted(options: &Options) -> Vec<Credentials> {
    let given = options.accepted_credentials.iter().cloned();
    let all = given.chain([store_credentials()]);
    all.map(|pair| Credentials {
        access_key_id: pair.access_key_id().to_owned(),
        secret_access_key: pair.secret_access_key().to_owned(),
    })
    .collect()
}

/// The URL by which this machine reaches an address.
fn url(address: SocketAddr) -> String {
    let ip = address.ip();
    let reachable = if ip.is_unspecified() {
        IpAddr::V4(Ipv4Addr::LOCALHOST)
    } else {
        ip
    };
    format!("http://{}", SocketAddr::new(reachable, address.port()))
}

/// A runtime that may be dropped anywhere but on a thread of its own, and has ended then.
#[derive(Debug)]
struct OwnedRuntime(Option<Runtime>);

impl Drop for OwnedRuntime {
    fn drop(&mut self) {
        let Some(runtime) = self.0.take() else { return };
        // Where tasks run, nothing may wait for a runtime, so another thread does.
        let ending = std::thread::spawn(move || runtime.shutdown_timeout(SHUTDOWN_TIMEOUT));
        if ending.join().is_err() {
            tracing::error!("the threads did not end");
        }
    }
}
