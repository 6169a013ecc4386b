//! Attempts: operations that run under a script, alone or interleaved.

use std::pin::{Pin, pin};
use std::sync::Arc;

use shoebox_core::Error;

use super::layer::SCRIPT;
use super::script::Script;

/// What a client hears.
#[derive(Debug)]
pub(crate) enum Outcome<T> {
    /// An answer.
    Answered(Result<T, Error>),
    /// Nothing: the process ended.
    Killed,
}

impl<T> Outcome<T> {
    /// The good answer, where that is what came.
    pub(crate) fn good(&self) -> Option<&T> {
        match self {
            Self::Answered(Ok(value)) => Some(value),
            Self::Answered(Err(_)) | Self::Killed => None,
        }
    }

    pub(crate) fn error(&self) -> Option<&Error> {
        match self {
            Self::Answered(Err(error)) => Some(error),
            Self::Answered(Ok(_)) | Self::Killed => None,
        }
    }
}

/// Runs an operation under a script. A kill drops it where it stands.
pub(crate) fn play<'a, T: 'a>(
    script: &'a Arc<Script>,
    operation: impl Future<Output = Result<T, Error>> + 'a,
) -> Pin<Box<dyn Future<Output = Outcome<T>> + 'a>> {
    let running = async {
        tokio::select! {
            biased;
            () = script.death() => Outcome::Killed,
            answer = operation => Outcome::Answered(answer),
        }
    };
    Box::pin(SCRIPT.scope(Arc::clone(script), running))
}

/// Runs `first` until it waits at its gate, then all of `second`, then the rest of `first`.
///
/// # Panics
/// Where `first` ends without coming to its gate: what is then tested is no race.
pub(crate) fn interleave<A, B>(
    script: &Script,
    first: impl Future<Output = A>,
    second: impl Future<Output = B>,
) -> impl Future<Output = (A, B)> {
    let met = Box::pin(meet(script, first, second));
    async move {
        let (first, second) = met.await;
        let first = first.unwrap_or_else(|_| panic!("no gate was reached: {:?}", script.calls()));
        (first, second)
    }
}

/// Like [`interleave`]; what came of `first` is an error where it ended without coming to its gate, and `second` began
/// after it.
pub(crate) async fn meet<A, B>(
    script: &Script,
    first: impl Future<Output = A>,
    second: impl Future<Output = B>,
) -> (Result<A, A>, B) {
    let mut first = pin!(first);
    let early = tokio::select! {
        biased;
        outcome = &mut first => Some(outcome),
        () = script.gate_reached() => None,
    };
    let second = second.await;
    script.open();
    let first = match early {
        Some(outcome) => Err(outcome),
        None => Ok(first.await),
    };
    (first, second)
}
