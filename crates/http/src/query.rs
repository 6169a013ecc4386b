//! The query string: decoded pairs in their order, and readers that note what is wrong with them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use shoebox_core::Faults;

/// All but the unreserved characters of RFC 3986 is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The parameters of a request, repeated ones included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Parses a query string, with or without percent-encoding; `+` is a space.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(
            text.split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decoded(name), decoded(value))
                })
                .collect(),
        )
    }

    /// All pairs of name and value, in order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter();
        pairs.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every value of one parameter, in order. `tags[]` counts as `tags`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key.strip_suffix("[]").unwrap_or(key) == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that is given once, under any of its names. Two different values are a fault.
    pub fn one(&self, names: &[&str], faults: &mut Faults) -> Option<String> {
        let mut values = names.iter().flat_map(|name| self.all(name));
        let first = values.next()?;
        if values.any(|value| value != first) {
            faults.add(
                names.first().copied().unwrap_or_default(),
                contradiction(names),
            );
        }
        Some(first.to_owned())
    }

    /// A switch: `true` or `1`, `false` or `0`; absent is false and anything else a fault.
    pub fn switch(&self, name: &str, faults: &mut Faults) -> bool {
        self.maybe_switch(name, faults).unwrap_or(false)
    }

    /// A switch that may be left open.
    pub fn maybe_switch(&self, name: &str, faults: &mut Faults) -> Option<bool> {
        let text = self.one(&[name], faults)?;
        let switch = parse_switch(&text);
        if switch.is_none() {
            faults.add(name, "must be true or false");
        }
        switch
    }
}

/// A query string of these parameters.
pub(crate) fn encoded_query(parameters: &[(&str, String)]) -> String {
    let pairs = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// `true`, `1`, `false` or `0`; Python's `True` and `False` too.
pub(crate) fn parse_switch(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "1" => Some(true),
        "false" | "False" | "0" => Some(false),
        _ => None,
    }
}

/// What is wrong with a field that comes twice and means one thing.
pub(crate) const CONTRADICTION: &str = "is given two different values";

fn contradiction(names: &[&str]) -> String {
    match names {
        [_, _, ..] => format!("{CONTRADICTION} ({})", names.join(", ")),
        [] | [_] => CONTRADICTION.to_owned(),
    }
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn repeated_parameters_are_kept_in_order() {
        let query = Query::parse("tags=a&x=1&tags[]=b%2Cc&tags=d+e&&flag");
        assert_eq!(query.all("tags").collect::<Vec<_>>(), ["a", "b,c", "d e"]);
        assert_eq!(query.all("flag").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn aliases_may_agree_but_not_contradict() {
        let names = ["expires_in", "expires"];
        let mut faults = Faults::default();
        let agreeing = Query::parse("expires=60&expires_in=60");
        assert_eq!(agreeing.one(&names, &mut faults).unwrap(), "60");
        assert!(faults.is_empty());
        Query::parse("expires=60&expires_in=61").one(&names, &mut faults);
        assert_eq!(faults.as_slice()[0].field, "expires_in");
    }

    #[test]
    fn a_switch_takes_four_words_and_faults_on_the_rest() {
        let mut faults = Faults::default();
        for (text, expected) in [("true", true), ("1", true), ("false", false), ("0", false)] {
            let query = Query::parse(&format!("force={text}"));
            assert_eq!(query.switch("force", &mut faults), expected);
        }
        assert!(!Query::parse("").switch("force", &mut faults));
        assert!(faults.is_empty());
        for wrong in ["force=yes", "force=", "force", "force=2"] {
            let mut faults = Faults::default();
            Query::parse(wrong).switch("force", &mut faults);
            assert_eq!(faults.as_slice().len(), 1, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_built_query_parses_to_the_same_pairs(
            pairs in proptest::collection::vec((".{1,8}", ".{0,8}"), 0..5),
        ) {
            let borrowed: Vec<_> = pairs
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            prop_assert_eq!(Query::parse(&encoded_query(&borrowed)).0, pairs);
        }
    }
}
