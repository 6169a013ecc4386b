//! HTTP events, read so that a large body is in memory no more often than it must be.
//!
//! `lambda_http` copies the whole event, then the body's text out of it, then that as body: five times the size of
//! an upload at once. Here the body is decoded where it stands in the event. The rest, which is small, and the
//! answer are `lambda_http`'s as ever.

mod json_text;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_http::request::LambdaRequest;
use lambda_http::{
    Adapter, Body, Context, LambdaEvent, Request, Response, Service as _, service_fn,
};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// An event of any gateway: REST API, HTTP API, function URL or load balancer. It is read from JSON in memory.
#[derive(Debug)]
pub struct HttpEvent {
    /// All but the body.
    head: LambdaRequest,
    body: Body,
}

impl HttpEvent {
    /// Hands the request to a handler; gives its answer in the form of the gateway that sent the event.
    pub async fn answer<H, F>(self, context: Context, handle: H) -> impl Serialize
    where
        H: Fn(Request) -> F,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let Self { head, mut body } = self;
        let mut adapter = Adapter::from(service_fn(|mut request: Request| {
            *request.body_mut() = std::mem::take(&mut body);
            // Without its type, which would be part of that of every future around it.
            let answer: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(handle(request));
            async move { Ok::<_, Infallible>(answer.await) }
        }));
        let Ok(answer) = adapter.call(LambdaEvent::new(head, context)).await;
        answer
    }
}

impl<'de> Deserialize<'de> for HttpEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = BTreeMap::<String, &'de RawValue>::deserialize(deserializer)?;
        let is_base64_encoded = members
            .get("isBase64Encoded")
            .is_some_and(|raw| raw.get() == "true");
        let body = members.remove("body").map(RawValue::get);
        let head = serde_json::to_string(&members).map_err(D::Error::custom)?;
        Ok(Self {
            head: serde_json::from_str(&head).map_err(D::Error::custom)?,
            body: match body {
                None | Some("null") => Body::Empty,
                Some(json) => decoded(json, is_base64_encoded).map_err(D::Error::custom)?,
            },
        })
    }
}

/// A body from its JSON.
fn decoded(json: &str, is_base64_encoded: bool) -> Result<Body, String> {
    let text = json_text::unescaped(json).ok_or("the body is no text")?;
    if !is_base64_encoded {
        return Ok(Body::Text(text.into_owned()));
    }
    let bytes = STANDARD.decode(text.as_bytes());
    bytes
        .map(Body::Binary)
        .map_err(|error| format!("the body is not base64: {error}"))
}

#[cfg(test)]
mod tests;
