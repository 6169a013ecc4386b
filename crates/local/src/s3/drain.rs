//! Reads on where an answer was ready before the request had all arrived.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::runtime::Handle;

/// How much of an unwanted body is read, in bytes.  Past it the connection is closed.
const MAX_DRAINED_BYTES: usize = 256 * 1024 * 1024;
/// For how long an unwanted body is read.
const MAX_DRAIN: Duration = Duration::from_secs(30);

/// A request body that is read to its end even when it is dropped before.
///
/// Many clients, browsers among them, read the answer only once they have sent everything.  Were
/// the connection closed meanwhile, they would report a broken connection in place of a wrong
/// signature.
#[derive(Debug)]
pub(super) struct Drained<B: Body<Data = Bytes, Error: Send> + Send + 'static> {
    /// `None` once it has come to its end.
    body: Option<Pin<Box<B>>>,
}

impl<B: Body<Data = Bytes, Error: Send> + Send + 'static> Drained<B> {
    pub(super) fn new(body: B) -> Self {
        Self {
            body: (!body.is_end_stream()).then(|| Box::pin(body)),
        }
    }
}

impl<B: Body<Data = Bytes, Error: Send> + Send + 'static> Body for Drained<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = body.as_mut().poll_frame(context);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        (self.body.as_ref()).is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        (self.body.as_ref()).map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B: Body<Data = Bytes, Error: Send> + Send + 'static> Drop for Drained<B> {
    fn drop(&mut self) {
        let unread = self.body.take().filter(|body| !body.is_end_stream());
        if let (Some(body), Ok(runtime)) = (unread, Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(MAX_DRAIN, drain(body)));
        }
    }
}

async fn drain<B: Body>(mut body: Pin<Box<B>>) {
    let mut left = MAX_DRAINED_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Buf::remaining);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
