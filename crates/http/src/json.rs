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

/// The largest JSON, in bytes, that is parsed into values. In memory those take up to a hundred times as much, so
/// the few megabytes that a gateway passes on would not fit a function. What an image can be told fits several times.
pub(crate) const MAX_VALUE_BYTES: usize = 256 * 1024;

/// Why JSON is not taken: a phrase for the client.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ValueError {
    #[error("must be at most {MAX_VALUE_BYTES} bytes of JSON")]
    TooLarge,
    #[error("holds a whole number that 64 bits do not: send it as a text")]
    LargeNumber,
    #[error("cannot be read as JSON")]
    Malformed(#[source] serde_json::Error),
}

/// JSON as a value that gives the same JSON again: whole numbers exactly, others as the nearest double.
pub(crate) fn value(json: &str) -> Result<Value, ValueError> {
    if json.len() > MAX_VALUE_BYTES {
        return Err(ValueError::TooLarge);
    }
    let value = serde_json::from_str(json).map_err(ValueError::Malformed)?;
    if numbers(json).any(|number| !is_kept(number)) {
        return Err(ValueError::LargeNumber);
    }
    Ok(value)
}

/// The numbers in valid JSON, as they are written.
fn numbers(json: &str) -> impl Iterator<Item = &str> {
    let (mut in_text, mut escaped) = (false, false);
    let parts = json.split(move |character: char| {
        let was_in_text = in_text;
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = in_text,
            '"' => in_text = !in_text,
            _ => {}
        }
        was_in_text || in_text || !matches!(character, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')
    });
    // Of `true` and `false` the `e` remains.
    parts.filter(|part| part.starts_with(|first: char| first == '-' || first.is_ascii_digit()))
}

/// Whether a number is not rounded when it is read: a whole one of at most 64 bits, or no whole one.
fn is_kept(number: &str) -> bool {
    number.contains(['.', 'e', 'E'])
        || number.parse::<i64>().is_ok()
        || number.parse::<u64>().is_ok()
}

/// The members of a JSON object as values, for a body in which `null` means something.
///
/// # Errors
/// [`Failure::Malformed`] where the body is no JSON object, [`Failure::TooLarge`] where it is a large one.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Failure> {
    let text = std::str::from_utf8(body).map_err(|error| Failure::Malformed {
        detail: "The body is not UTF-8.".to_owned(),
        cause: Some(error.into()),
    })?;
    match value(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Failure::Malformed {
            detail: "The body is not a JSON object.".to_owned(),
            cause: None,
        }),
        Err(ValueError::Malformed(error)) => Err(not_an_object(error)),
        Err(ValueError::TooLarge) => Err(Failure::TooLarge {
            limit_bytes: MAX_VALUE_BYTES,
        }),
        Err(error @ ValueError::LargeNumber) => Err(Failure::Malformed {
            detail: format!("The body {error}."),
            cause: None,
        }),
    }
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
        faults.check(name, value(self.raw(name)?))
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
    use proptest::prelude::*;
    use serde_json::json;

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
    fn a_number_is_kept_or_refused_but_never_changed() {
        for kept in [
            r#"{"a":-9223372036854775808,"b":[18446744073709551615,0,-0]}"#,
            r#"{"99999999999999999999999":"\"88888888888888888888888","c":true}"#,
            "[1e300,-1.5E-7,123456789012345678901234567890.5,false,null]",
        ] {
            assert!(value(kept).is_ok(), "{kept}");
        }
        for changed in [
            "[18446744073709551616]",
            r#"{"a":{"b":-9223372036854775809}}"#,
            r#"["\\",123456789012345678901234567890]"#,
        ] {
            let refused = value(changed);
            assert!(
                matches!(refused, Err(ValueError::LargeNumber)),
                "{changed}: {refused:?}"
            );
        }
        assert!(matches!(value("1e999"), Err(ValueError::Malformed(_))));
    }

    #[test]
    fn values_are_read_up_to_their_limit_and_not_one_byte_further() {
        let sized = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
        assert!(value(&sized(MAX_VALUE_BYTES)).is_ok());
        let larger = sized(MAX_VALUE_BYTES + 1);
        assert!(matches!(value(&larger), Err(ValueError::TooLarge)));
        let body = format!("{{\"description\":{larger}}}");
        let failure = object(body.as_bytes()).unwrap_err();
        assert!(matches!(failure, Failure::TooLarge { .. }), "{failure:?}");
        let members = JsonMembers::parse(body.as_bytes()).unwrap();
        let mut faults = Faults::default();
        assert_eq!(members.value("description", &mut faults), None);
        assert_eq!(faults.as_slice()[0].field, "description");
    }

    proptest! {
        #[test]
        fn what_is_taken_comes_back_the_same(
            double in any::<f64>().prop_filter("finite", |double| double.is_finite()),
            (signed, unsigned) in any::<(i64, u64)>(),
            (name, text) in (".{0,8}", ".{0,8}"),
        ) {
            let sent = json!({ "d": double, "i": signed, "u": unsigned, "n": { name: [text] } });
            let once = value(&sent.to_string()).unwrap();
            prop_assert_eq!(&once, &sent);
            prop_assert_eq!(once.to_string(), sent.to_string());
        }
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
