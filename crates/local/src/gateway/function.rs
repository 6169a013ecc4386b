//! A mounted function: its routes, and its handler behind the event parsing of a deployed function.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use lambda_http::{Body, LambdaEvent, Request, Response};
use shoebox_http::{HttpEvent, Route};

use super::invoke::InvokeError;

type Answer = Pin<Box<dyn Future<Output = Result<Vec<u8>, InvokeError>> + Send>>;
type Handler = dyn Fn(LambdaEvent<HttpEvent>) -> Answer + Send + Sync;

/// One Lambda function as the gateway sees it. Cheap to clone.
#[derive(Clone)]
pub struct Function {
    name: &'static str,
    routes: &'static [Route],
    handler: Arc<Handler>,
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Function")
            .field("name", &self.name)
            .field("routes", &self.routes)
            .finish_non_exhaustive()
    }
}

impl Function {
    /// Mounts a handler of `lambda_http` requests. It answers always: like a deployed function, it turns
    /// its failures into responses itself.
    pub fn new<H, F>(name: &'static str, routes: &'static [Route], handle: H) -> Self
    where
        H: Fn(Request) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let handler = move |event: LambdaEvent<HttpEvent>| -> Answer {
            let handle = handle.clone();
            Box::pin(async move {
                let response = event.payload.answer(event.context, handle).await;
                serde_json::to_vec(&response).map_err(InvokeError::NotAResponse)
            })
        };
        Self {
            name,
            routes,
            handler: Arc::new(handler),
        }
    }

    /// The function's name, as [`Gateway::invoke`](super::Gateway::invoke) takes it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it answers.
    #[must_use]
    pub fn routes(&self) -> &'static [Route] {
        self.routes
    }

    pub(super) fn call(&self, event: LambdaEvent<HttpEvent>) -> Answer {
        (self.handler)(event)
    }
}
