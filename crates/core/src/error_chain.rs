//! What an error says with all its causes: for the log, never for a client.

/// An error's message and those of its causes, joined by `: `. A cause that the message before it already ends
/// with is not repeated.
#[must_use]
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut chain = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let message = cause.to_string();
        if !chain.ends_with(&message) {
            chain.push_str(": ");
            chain.push_str(&message);
        }
        next = cause.source();
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Link {
        text: &'static str,
        source: Option<Box<Link>>,
    }

    #[test]
    fn every_cause_is_told_once() {
        let link = |text, source: Option<Link>| Link {
            text,
            source: source.map(Box::new),
        };
        let chain = link(
            "outer",
            Some(link(
                "middle: inner",
                Some(link("inner", Some(link("deepest", None)))),
            )),
        );
        assert_eq!(error_chain(&chain), "outer: middle: inner: deepest");
    }
}
