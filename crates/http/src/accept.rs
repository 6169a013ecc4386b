//! What a client would rather have: a picture, a page or JSON (RFC 9110, section 12.5.1).

use http::HeaderMap;
use http::header::ACCEPT;

/// A quality of 0.000 to 1.000, in thousandths.
type Quality = u16;

/// The most media ranges that are looked at in one request.
const MAX_RANGES: usize = 64;

/// What one `Accept` header says of the three things that the service can answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences {
    image: Quality,
    html: Quality,
    json: Quality,
}

impl Preferences {
    /// Reads `Accept`; without one everything is equally welcome.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let ranges: Vec<Range> = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(','))
            .filter_map(Range::parse)
            .take(MAX_RANGES)
            .collect();
        if ranges.is_empty() {
            return Self {
                image: 1000,
                html: 1000,
                json: 1000,
            };
        }
        let any = best(&ranges, |range| range.kind == "*").unwrap_or(0);
        let family = |kind: &str| best(&ranges, |range| range.kind == kind);
        let exact = |kind: &str, subtype: &str| {
            best(&ranges, |range| {
                range.kind == kind && range.subtype == subtype
            })
            .or_else(|| best(&ranges, |range| range.kind == kind && range.subtype == "*"))
            .unwrap_or(any)
        };
        Self {
            image: family("image").unwrap_or(any),
            html: exact("text", "html"),
            json: exact("application", "json"),
        }
    }

    /// Whether the bytes are the answer: `image/*`, or any one image type, outranks `application/json`. A
    /// browser's address bar that names `text/html` but no image type wants to see something, too.
    #[must_use]
    pub fn image_over_json(self) -> bool {
        let browser = self.html > self.json && self.image > 0 && self.image >= self.json;
        self.image > self.json || browser
    }

    /// Whether a redirect serves better than JSON: the client prefers an image or a page.
    #[must_use]
    pub fn redirect_over_json(self) -> bool {
        self.image > self.json || self.html > self.json
    }
}

/// One media range and its quality.
#[derive(Debug)]
struct Range {
    kind: String,
    subtype: String,
    quality: Quality,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let quality = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(Some(1000), |(_, value)| parse_quality(value.trim()))?;
        Some(Self {
            kind: kind.trim().to_ascii_lowercase(),
            subtype: subtype.trim().to_ascii_lowercase(),
            quality,
        })
    }
}

/// `0`, `1`, or up to three decimals; a range whose quality is none of these is passed over.
fn parse_quality(text: &str) -> Option<Quality> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: Quality = format!("{decimals:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

fn best(ranges: &[Range], wanted: impl Fn(&Range) -> bool) -> Option<Quality> {
    ranges
        .iter()
        .filter(|range| wanted(range))
        .map(|range| range.quality)
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(accept: &str) -> Preferences {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        Preferences::of(&headers)
    }

    #[test]
    fn programs_that_take_anything_get_json() {
        assert!(!Preferences::of(&HeaderMap::new()).image_over_json());
        for accept in [
            "*/*",
            "application/json",
            "application/json, text/plain, */*",
            "application/json, text/javascript, */*; q=0.01",
            "application/json, image/*",
            "application/json, image/*;q=0.9",
            "image/*;q=0",
            "image/*;q=0, */*",
            "text/html",
            "application/*, image/png;q=0.5",
            "nonsense",
            "",
        ] {
            assert!(!of(accept).image_over_json(), "{accept}");
        }
    }

    #[test]
    fn image_elements_and_address_bars_get_the_picture() {
        for accept in [
            "image/*",
            "image/webp",
            "IMAGE/PNG;Q=0.4",
            "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
            "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5",
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/json;q=0.5, image/*;q=0.6",
            "application/json;q=0, */*",
        ] {
            assert!(of(accept).image_over_json(), "{accept}");
        }
    }

    #[test]
    fn a_page_or_a_picture_is_redirected_and_a_program_is_not() {
        assert!(of("text/html").redirect_over_json());
        assert!(of("image/*").redirect_over_json());
        assert!(of("text/*;q=0.2, application/json;q=0.1").redirect_over_json());
        assert!(!of("*/*").redirect_over_json());
        assert!(!of("text/html;q=0.5, application/json").redirect_over_json());
    }

    #[test]
    fn the_most_specific_range_of_json_decides() {
        assert!(of("application/json;q=0.1, application/*, image/*;q=0.5").image_over_json());
        assert!(!of("application/json, */*;q=0.1, image/*;q=0.5").image_over_json());
    }

    proptest! {
        #[test]
        fn the_higher_quality_wins(json in 0u16..=1000, image in 0u16..=1000) {
            let quality = |thousandths: u16| {
                format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
            };
            let accept = format!("application/json;q={}, image/*;q={}", quality(json), quality(image));
            prop_assert_eq!(of(&accept).image_over_json(), image > json);
        }

        #[test]
        fn no_header_panics(accept in "[ -~]{0,80}") {
            let _ = of(&accept).image_over_json();
        }
    }
}
