//! Why a request was not answered as it asked, whatever layer found out.

pub use shoebox_core::error_chain;
use shoebox_core::{Error, Faults};

/// A cause that is only ever logged.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failure on its way to a problem document. The cause is in `source()` and goes to the log alone.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A use case failed, or the input is wrong.
    #[error(transparent)]
    Service(#[from] Error),
    /// No operation has this path.
    #[error("no operation has this path")]
    UnknownPath,
    /// The path is known, the method is not.
    #[error("the path does not take this method")]
    MethodNotAllowed {
        /// What the path takes, as `Allow` lists it.
        allow: String,
    },
    /// An upload whose `Content-Type` is none of the three forms, or absent.
    #[error("the body's content type is none that is taken")]
    UnsupportedForm {
        /// As declared.
        content_type: Option<String>,
    },
    /// The body is not of the form that its `Content-Type` says.
    #[error("the body is malformed")]
    Malformed {
        /// For the client.
        detail: String,
        /// What the parser said.
        #[source]
        cause: Option<Cause>,
    },
    /// The body is larger than what the operation reads.
    #[error("the body is larger than {limit_bytes} bytes")]
    TooLarge {
        /// What it reads.
        limit_bytes: usize,
    },
    /// Several files came and none could be stored.
    #[error("none of {} files could be stored", .0.len())]
    Files(Vec<FailedFile>),
    /// An answer could not be built.
    #[error("the answer could not be built")]
    Answer(#[source] Cause),
    /// The function's time was over before the answer was there.
    #[error("the time for an answer was over")]
    OutOfTime,
    /// The handler panicked.
    #[error("the handler panicked: {0}")]
    Panicked(String),
}

/// One file of several that could not be stored.
#[derive(Debug)]
pub struct FailedFile {
    /// Its position among the files of the request, from 0.
    pub index: usize,
    /// Its name, where it has one.
    pub filename: Option<String>,
    /// Why.
    pub error: Error,
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::Service(Error::Invalid(faults))
    }
}

impl Failure {
    /// The failure and its causes for the log, from the outermost inwards, each once.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut chain = error_chain(self);
        if let Self::Files(files) = self {
            for file in files {
                chain.push_str("; ");
                chain.push_str(&error_chain(&file.error));
            }
        }
        chain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_once_through_their_wrappers() {
        let mut faults = Faults::default();
        faults.add("limit", "must be a number");
        assert_eq!(
            Failure::from(faults).chain(),
            "the request is not valid: limit: must be a number"
        );
    }
}
