//! The layer beneath the SDK's clients: hands each call to the script of the attempt that makes it.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use shoebox_core::clients::HttpLayer;

use super::script::Script;

tokio::task_local! {
    /// The script of the attempt that runs.
    pub(super) static SCRIPT: Arc<Script>;
}

/// Calls outside an attempt go straight through.
pub(super) fn layer() -> HttpLayer {
    HttpLayer::new(|client| {
        http_client_fn(move |settings, components| {
            SharedHttpConnector::new(Scripted {
                connector: client.http_connector(settings, components),
            })
        })
    })
}

#[derive(Debug)]
struct Scripted {
    connector: SharedHttpConnector,
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Ok(script) = SCRIPT.try_with(Arc::clone) else {
            return self.connector.call(request);
        };
        let connector = self.connector.clone();
        HttpConnectorFuture::new(async move { script.perform(connector, request).await })
    }
}
