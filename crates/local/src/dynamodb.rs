//! The embedded DynamoDB: an HTTP server on a thread and a runtime of its own.
//!
//! Every call of it blocks its thread, so beside other work it would hold that up. It checks no signature and answers
//! every page in a browser, so it listens where only this process knows: on Linux, where all of 127.0.0.0/8 is this
//! machine, on a random address and port of it. Elsewhere there is but one address, and the port could be found.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How often expired items are removed: each time every item is read, and AWS takes days.
const SWEEP_INTERVAL: Duration = Duration::from_hours(1);

/// How long a stop waits for requests that run.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// Where the tables are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tables {
    /// In a `SQLite` file, made where absent. A write is on the disk before it is acknowledged.
    File(PathBuf),
    /// In memory.
    Memory,
}

/// Why the database does not start.
#[derive(Debug, thiserror::Error)]
pub enum DynamoDbError {
    /// The file cannot be opened.
    #[error("cannot open the tables in {}: {reason}", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the database says.
        reason: String,
    },
    /// No thread, runtime or port.
    #[error("cannot start the thread of the tables")]
    Start(#[from] io::Error),
    /// The thread ended before it was ready.
    #[error("the thread of the tables ended at once")]
    Ended,
}

/// A running DynamoDB.
#[derive(Debug)]
pub struct DynamoDb {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl DynamoDb {
    /// Opens the tables and serves them.
    ///
    /// # Errors
    /// See [`DynamoDbError`].
    pub async fn start(tables: Tables) -> Result<Self, DynamoDbError> {
        let (ready, started) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("dynamodb".to_owned())
            .spawn(move || run(&tables, ready, stopped))?;
        let address = started.await.map_err(|_| DynamoDbError::Ended)??;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The loopback address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL for `AWS_ENDPOINT_URL_DYNAMODB`.
    #[must_use]
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Finishes the requests that run, within a few seconds, and closes the tables.
    pub async fn stop(self) {
        if let Err(error) = tokio::task::spawn_blocking(move || drop(self)).await {
            tracing::error!(%error, "the tables did not end");
        }
    }
}

impl Drop for DynamoDb {
    /// Waits for the thread as [`DynamoDb::stop`] does: until it has ended, the tables are open.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the tables ended by a panic");
        }
    }
}

/// The thread: opens, says so, serves until `stopped` resolves or its sender is dropped.
fn run(
    tables: &Tables,
    ready: oneshot::Sender<Result<SocketAddr, DynamoDbError>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(error.into()))),
    };
    runtime.block_on(async {
        let opened = async {
            let database = open(tables)?;
            let listener = listen().await?;
            let address = listener.local_addr()?;
            Ok((database, listener, address))
        };
        match opened.await {
            Err(error) => drop(ready.send(Err(error))),
            Ok((database, listener, address)) => {
                if ready.send(Ok(address)).is_ok() {
                    serve(database, listener, stopped).await;
                }
            }
        }
    });
    // A removal of expired items that runs is cut off between two of its transactions.
    runtime.shutdown_background();
}

async fn listen() -> io::Result<TcpListener> {
    let [.., second, third, fourth] = *uuid::Uuid::new_v4().as_bytes();
    // Neither the first address nor the last: they mean the network and everyone in it.
    let hidden = Ipv4Addr::new(127, second, third, fourth.clamp(1, 254));
    match TcpListener::bind((hidden, 0)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
    }
}

fn open(tables: &Tables) -> Result<Database, DynamoDbError> {
    let (opened, path) = match tables {
        Tables::Memory => (Database::memory(), PathBuf::from(":memory:")),
        Tables::File(path) => (Database::new(&path.to_string_lossy()), path.clone()),
    };
    opened.map_err(|error| DynamoDbError::Open {
        path,
        reason: error.to_string(),
    })
}

async fn serve(database: Database, listener: TcpListener, stopped: oneshot::Receiver<()>) {
    let sweeper = tokio::spawn(sweep(database.clone()));
    let (drain, draining) = oneshot::channel();
    let shutdown = async move {
        drop(stopped.await);
        let _ = drain.send(());
    };
    let serving = dynoxide::server::serve_with_shutdown(listener, database, shutdown);
    tokio::select! {
        ended = serving => if let Err(error) = ended {
            tracing::error!(error, "the tables are served no more");
        },
        () = async { drop(draining.await); tokio::time::sleep(DRAIN_TIMEOUT).await } => {
            tracing::warn!("a request to the tables was cut off");
        }
    }
    sweeper.abort();
}

/// Removes expired items on a thread of its own: there requests go before each page of it, here they would wait for
/// the end of it.
async fn sweep(database: Database) {
    let mut interval = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        interval.tick().await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(expired)) => tracing::info!(expired, "removed expired items"),
            Ok(Err(error)) => tracing::error!(%error, "expired items were not removed"),
            Err(error) => tracing::error!(%error, "the removal of expired items ended"),
        }
    }
}
