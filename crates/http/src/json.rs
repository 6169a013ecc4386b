//! JSON request bodies, read member by member so that every member of a wrong type is named at once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use shoebox_core::Faults;

use crate::failure::Failure;
use crate::query::parse_switch;

/// The members of a JSON object as values, for a body in which `null` means something.
///
/// # Errors
/// [`Failure::Malformed`] where the body is no JSON object.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Failure> {
    serde_json::from_slice(body).map_err(not_an_object)
}

fn not_an_object(error: serde_json::Error) -> Failure {
    Failure::Malformed {
        detail: format!(
            "The body is not a JSON object (line {}, column {}).",
            error.line(),
            error.column()
        ),
        cause: Some(error.into()),
    }
}

/// The members of a JSON object, not yet parsed. They borrow from the body: a large text is not copied.
#[derive(Debug, Default)]
pub struct JsonMembers<'a>(BTreeMap<Cow<'a, str>, &'a RawValue>);

/// A text that borrows wherever JSON needs no unescaping.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> JsonMembers<'a> {
    /// Splits a body; an empty one, or `null`, is an object without members.
    ///
    /// # Errors
    /// [`Failure::Malformed`] where the body is no JSON object.
    pub fn parse(body: &'a [u8]) -> Result<Self, Failure> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        serde_json::from_slice::<Option<Members<'a>>>(body)
            .map(|members| Self(members.map(|members| members.0).unwrap_or_default()))
            .map_err(not_an_object)
    }

    /// A text.
    pub fn text(&self, name: &str, faults: &mut Faults) -> Option<Cow<'a, str>> {
        let raw = self.raw(name)?;
        let parsed = serde_json::from_str::<Text<'a>>(raw).map(|text| text.0);
        parsed
            .map_err(|_| faults.add(name, "must be a string"))
            .ok()
    }

    /// As [`JsonMembers::text`], of its own.
    pub fn string(&self, name: &str, faults: &mut Faults) -> Option<String> {
        self.text(name, faults).map(Cow::into_owned)
    }

    /// A switch: `true` or `false`, as JSON or as text.
    pub fn switch(&self, name: &str, faults: &mut Faults) -> Option<bool> {
        let raw = self.raw(name)?;
        let switch = parse_switch(raw.trim_matches('"'));
        if switch.is_none() {
            faults.add(name, "must be true or false");
        }
        switch
    }

    /// A whole number, as JSON or as text.
    pub fn number<N: FromStr>(&self, name: &str, faults: &mut Faults) -> Option<N> {
        let raw = self.raw(name)?;
        let number = raw.trim_matches('"').parse().ok();
        if number.is_none() {
            faults.add(name, "must be a whole number");
        }
        number
    }

    /// Any value.
    pub fn value(&self, name: &str, faults: &mut Faults) -> Option<Value> {
        let parsed = serde_json::from_str(self.raw(name)?);
        parsed.map_err(|_| faults.add(name, "cannot be read")).ok()
    }

    /// A member as it stands in the body; `null` is as good as none.
    fn raw(&self, name: &str) -> Option<&'a str> {
        self.0
            .get(name)
            .map(|raw| raw.get())
            .filter(|raw| *raw != "null")
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Members<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, &'a RawValue>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_wrong_types_are_all_named() {
        let body = br#"{"a": 1, "b": "x", "c": [true], "d": -1, "e": null, "f": {}}"#;
        let members = JsonMembers::parse(body).unwrap();
        let mut faults = Faults::default();
        assert_eq!(members.text("a", &mut faults), None);
        assert_eq!(members.text("b", &mut faults).unwrap(), "x");
        assert_eq!(members.switch("c", &mut faults), None);
        assert_eq!(members.number::<u32>("d", &mut faults), None);
        assert_eq!(members.text("e", &mut faults), None);
        assert_eq!(members.text("absent", &mut faults), None);
        let named: Vec<_> = faults
            .as_slice()
            .iter()
            .map(|fault| fault.field.as_str())
            .collect();
        assert_eq!(named, ["a", "c", "d"]);
    }

    #[test]
    fn a_long_text_is_borrowed_from_the_body() {
        let body = br#"{"file_data": "QUJD", "escaped": "a\/b"}"#;
        let members = JsonMembers::parse(body).unwrap();
        let mut faults = Faults::default();
        let plain = members.text("file_data", &mut faults).unwrap();
        assert!(matches!(plain, Cow::Borrowed("QUJD")));
        assert_eq!(members.text("escaped", &mut faults).unwrap(), "a/b");
    }

    #[test]
    fn only_an_object_or_nothing_is_a_body() {
        let mut faults = Faults::default();
        for empty in ["", " \n", "null", "{}"] {
            let members = JsonMembers::parse(empty.as_bytes()).unwrap();
            assert_eq!(members.value("a", &mut faults), None);
        }
        for wrong in [
            "[]",
            "1",
            "\"a\"",
            "{",
            "{\"a\":}",
            "{'a':1}",
            "\u{feff}{}x",
        ] {
            let failure = JsonMembers::parse(wrong.as_bytes()).unwrap_err();
            assert!(matches!(failure, Failure::Malformed { .. }), "{wrong}");
        }
    }

    #[test]
    fn numbers_and_switches_may_be_written_as_text() {
        let members =
            JsonMembers::parse(br#"{"width": "640", "force": "true", "x": 1.5}"#).unwrap();
        let mut faults = Faults::default();
        assert_eq!(members.number::<u32>("width", &mut faults), Some(640));
        assert_eq!(members.switch("force", &mut faults), Some(true));
        assert!(faults.is_empty());
        assert_eq!(members.number::<u32>("x", &mut faults), None);
    }
}
