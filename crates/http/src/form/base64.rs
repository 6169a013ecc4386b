//! `file_data`: base64 in every form that clients write it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Why a text is no base64: for the client.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotBase64(pub(super) String);

/// Decoded bytes, and the type that a `data:` URL declared for them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    pub(super) declared_type: Option<String>,
}

const fn engine(alphabet: &Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

const STANDARD_ENGINE: GeneralPurpose = engine(&STANDARD);
const URL_SAFE_ENGINE: GeneralPurpose = engine(&URL_SAFE);

/// Decodes the standard or the URL-safe alphabet (RFC 4648), padded or not, with or without line breaks, alone
/// or in a `data:` URL (RFC 2397). The text is copied only where white space must go.
pub(super) fn decode(text: &str) -> Result<Decoded, NotBase64> {
    let text = text.trim();
    let (declared_type, encoded) = match strip_scheme(text) {
        Some(data_url) => split_data_url(data_url)?,
        None => (None, text),
    };
    let encoded = if encoded.bytes().any(|byte| byte.is_ascii_whitespace()) {
        let mut kept = encoded.to_owned();
        kept.retain(|c| !c.is_ascii_whitespace());
        Cow::Owned(kept)
    } else {
        Cow::Borrowed(encoded)
    };
    let url_safe = encoded.bytes().any(|byte| byte == b'-' || byte == b'_');
    let engine = if url_safe {
        URL_SAFE_ENGINE
    } else {
        STANDARD_ENGINE
    };
    let bytes = engine
        .decode(encoded.as_bytes())
        .map_err(|error| NotBase64(format!("is not base64: {error}")))?;
    Ok(Decoded {
        bytes,
        declared_type,
    })
}

fn strip_scheme(text: &str) -> Option<&str> {
    let scheme = text.get(..5)?;
    scheme.eq_ignore_ascii_case("data:").then(|| &text[5..])
}

/// `image/png;base64,....` in two.
fn split_data_url(rest: &str) -> Result<(Option<String>, &str), NotBase64> {
    let (header, encoded) = rest
        .split_once(',')
        .ok_or_else(|| NotBase64("is a data: URL without a comma".to_owned()))?;
    let mut parts = header.split(';').map(str::trim);
    let media_type = parts.next().filter(|media_type| !media_type.is_empty());
    if !parts.any(|part| part.eq_ignore_ascii_case("base64")) {
        return Err(NotBase64("is a data: URL that is not base64".to_owned()));
    }
    Ok((media_type.map(ToOwned::to_owned), encoded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose;
    use proptest::prelude::*;

    fn bytes(text: &str) -> Vec<u8> {
        decode(text).unwrap().bytes
    }

    #[test]
    fn data_urls_declare_their_type() {
        let decoded = decode("data:image/png;base64,QUJD").unwrap();
        assert_eq!(decoded.bytes, b"ABC");
        assert_eq!(decoded.declared_type.as_deref(), Some("image/png"));
        let parameters = decode(" DATA:image/jpeg;name=a.jpg;BASE64,QUJD").unwrap();
        assert_eq!(parameters.declared_type.as_deref(), Some("image/jpeg"));
        assert_eq!(decode("data:;base64,QUJD").unwrap().declared_type, None);
    }

    #[test]
    fn what_is_no_base64_is_said_so() {
        for wrong in [
            "*",
            "QUJD!",
            "data:image/png,abc",
            "data:image/png;base64",
            "é",
            "A",
        ] {
            assert!(decode(wrong).is_err(), "{wrong}");
        }
        assert_eq!(bytes(""), b"");
    }

    proptest! {
        #[test]
        fn every_way_to_write_it_gives_the_same_bytes(
            original in proptest::collection::vec(any::<u8>(), 0..200),
            width in 1usize..80,
        ) {
            for engine in [
                general_purpose::STANDARD,
                general_purpose::STANDARD_NO_PAD,
                general_purpose::URL_SAFE,
                general_purpose::URL_SAFE_NO_PAD,
            ] {
                let encoded = engine.encode(&original);
                prop_assert_eq!(&bytes(&encoded), &original);
                let lines: Vec<_> = encoded.as_bytes().chunks(width)
                    .map(|line| std::str::from_utf8(line).unwrap()).collect();
                prop_assert_eq!(&bytes(&lines.join("\r\n")), &original);
                prop_assert_eq!(&bytes(&format!("data:image/gif;base64,{encoded}")), &original);
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,60}") {
            let _ = decode(&text);
        }
    }
}
