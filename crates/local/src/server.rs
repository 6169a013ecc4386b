//! A listener and its connections, stopped with grace.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long a stop waits for requests that run.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// A port that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program listens on it.
    #[error("port {port} is in use; choose another with {flag}")]
    InUse {
        /// The port.
        port: u16,
        /// The option that sets it.
        flag: &'static str,
    },
    /// It cannot be bound for another reason.
    #[error("cannot listen on port {port} (set by {flag})")]
    Unusable {
        /// The port.
        port: u16,
        /// The option that sets it.
        flag: &'static str,
        /// What failed.
        #[source]
        source: io::Error,
    },
}

/// Binds a port; 0 is any that is free.
pub(crate) async fn listen(
    host: IpAddr,
    port: u16,
    flag: &'static str,
) -> Result<(TcpListener, SocketAddr), ListenError> {
    let bound = async {
        let listener = TcpListener::bind((host, port)).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bound.await.map_err(|source: io::Error| {
        if source.kind() == io::ErrorKind::AddrInUse {
            ListenError::InUse { port, flag }
        } else {
            ListenError::Unusable { port, flag, source }
        }
    })
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves a router on a listener.
    pub(crate) fn start(listener: TcpListener, router: Router) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps its delay");
            }
        });
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move {
            let serving = axum::serve(listener, service);
            let serving = serving.with_graceful_shutdown(async { drop(stopped.await) });
            if let Err(error) = serving.await {
                tracing::error!(%error, "a listener ended");
            }
        });
        Self { stop, task }
    }

    /// Takes no more connections and waits, for a few seconds, for the requests that run.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        if tokio::time::timeout(DRAIN_TIMEOUT, self.task)
            .await
            .is_err()
        {
            tracing::warn!("a request was cut off");
        }
    }
}
