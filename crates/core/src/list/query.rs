use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use imaging::ImageFormat;

use crate::repo::{Facet, KeyRange};
use crate::{Category, Faults, Invalid, Tag, Tags, UserId, Visibility, timestamp, to_millis};

/// The page size where the client does not say.
const DEFAULT_LIMIT: usize = 20;
/// The largest page.
const MAX_LIMIT: usize = 100;

/// The parameters of a listing as they came, not yet checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFields {
    /// Whose images.
    pub user_id: Option<String>,
    /// Tags; each text may hold several, separated by commas.
    pub tags: Vec<String>,
    /// `all` or `any`.
    pub tag_mode: Option<String>,
    /// One category.
    pub category: Option<String>,
    /// One content type.
    pub content_type: Option<String>,
    /// `private` or `public`.
    pub visibility: Option<String>,
    /// The earliest upload time: RFC 3339, a date, or Unix seconds.
    pub date_from: Option<String>,
    /// The latest upload time.
    pub date_to: Option<String>,
    /// `desc` or `asc`.
    pub order: Option<String>,
    /// How many images, 1 to 100.
    pub limit: Option<String>,
    /// Where an earlier page ended.
    pub last_key: Option<String>,
}

/// What to list, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    pub(super) user_id: Option<UserId>,
    pub(super) tags: Tags,
    pub(super) any_tag: bool,
    pub(super) category: Option<Category>,
    pub(super) content_type: Option<ImageFormat>,
    pub(super) visibility: Option<Visibility>,
    pub(super) date_from: Option<DateTime<Utc>>,
    pub(super) date_to: Option<DateTime<Utc>>,
    pub(super) newest_first: bool,
    pub(super) limit: usize,
    pub(super) last_key: Option<String>,
}

impl ListQuery {
    /// Checks every parameter and notes all faults: use the result only where none was noted. An empty
    /// parameter counts as absent.
    pub fn parse(fields: ListFields, faults: &mut Faults) -> Self {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let one_of = |text: &str, yes: &str, no: &str| match text {
            text if text == yes => Ok(true),
            text if text == no => Ok(false),
            _ => Err(format!("must be {yes} or {no}")),
        };
        let content_type = |text: &str| {
            let unknown = || Invalid::new("must be a content type that the service takes");
            ImageFormat::from_content_type(text).ok_or_else(unknown)
        };
        let limit = |text: &str| {
            let number = text
                .parse()
                .ok()
                .filter(|limit| (1..=MAX_LIMIT).contains(limit));
            number.ok_or("must be a number from 1 to 100")
        };
        let tags: Vec<String> = fields
            .tags
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        let date_from = given(fields.date_from)
            .and_then(|text| faults.check("date_from", parse_time(&text, Edge::First)));
        let date_to = given(fields.date_to)
            .and_then(|text| faults.check("date_to", parse_time(&text, Edge::Last)));
        if let (Some(from), Some(to)) = (date_from, date_to)
            && from > to
        {
            faults.add("date_from", "must not be after date_to");
        }
        Self {
            user_id: given(fields.user_id)
                .and_then(|text| faults.check("user_id", UserId::parse(&text))),
            tags: Tags::parse("tags", &tags, faults),
            any_tag: given(fields.tag_mode)
                .and_then(|text| faults.check("tag_mode", one_of(&text, "any", "all")))
                .unwrap_or(false),
            category: given(fields.category)
                .and_then(|text| faults.check("category", Category::parse(&text))),
            content_type: given(fields.content_type)
                .and_then(|text| faults.check("content_type", content_type(&text))),
            visibility: given(fields.visibility)
                .and_then(|text| faults.check("visibility", text.parse())),
            date_from,
            date_to,
            newest_first: given(fields.order)
                .and_then(|text| faults.check("order", one_of(&text, "desc", "asc")))
                .unwrap_or(true),
            limit: given(fields.limit)
                .and_then(|text| faults.check("limit", limit(&text)))
                .unwrap_or(DEFAULT_LIMIT),
            last_key: given(fields.last_key),
        }
    }

    /// Asks for a page of half the size; `None` where this asks for one image.
    #[must_use]
    pub fn halved(&self) -> Option<Self> {
        let limit = self.limit / 2;
        (limit > 0).then(|| Self {
            limit,
            ..self.clone()
        })
    }

    /// What asks for the same list, whatever the form it came in: the parameters under their canonical names, but
    /// for `last_key`.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = Vec::new();
        let mut add = |name, value: Option<String>| {
            parameters.extend(value.map(|value| (name, value)));
        };
        add("user_id", self.user_id.as_ref().map(ToString::to_string));
        let tags: Vec<&str> = self.tags.as_slice().iter().map(Tag::as_str).collect();
        add("tags", (!tags.is_empty()).then(|| tags.join(",")));
        add("tag_mode", self.any_tag.then(|| "any".to_owned()));
        add("category", self.category.as_ref().map(ToString::to_string));
        let content_type = self.content_type.map(ImageFormat::content_type);
        add("content_type", content_type.map(str::to_owned));
        add("visibility", self.visibility.map(|only| only.to_string()));
        add("date_from", self.date_from.map(timestamp));
        add("date_to", self.date_to.map(timestamp));
        add("order", (!self.newest_first).then(|| "asc".to_owned()));
        add(
            "limit",
            (self.limit != DEFAULT_LIMIT).then(|| self.limit.to_string()),
        );
        parameters
    }

    /// The filters that each image must pass: of every list, at least one facet.
    pub(super) fn facets(&self) -> Vec<Vec<Facet>> {
        let tags = self.tags.as_slice().iter().cloned().map(Facet::Tag);
        let mut facets: Vec<Vec<Facet>> = if self.any_tag {
            vec![tags.collect()]
        } else {
            tags.map(|tag| vec![tag]).collect()
        };
        facets.extend(
            self.category
                .clone()
                .map(|category| vec![Facet::Category(category)]),
        );
        facets.extend(
            self.content_type
                .map(|format| vec![Facet::ContentType(format)]),
        );
        facets.retain(|any| !any.is_empty());
        if facets.is_empty() {
            facets.push(vec![Facet::Whole]);
        }
        facets
    }

    /// The stretch of the listings that the dates leave. A sort key is `{time}#{id}`, so `{time}` sorts before
    /// all of that millisecond and `{time}$` after.
    pub(super) fn range(&self) -> KeyRange {
        KeyRange {
            lower: self.date_from.map_or_else(|| "0".to_owned(), timestamp),
            upper: self
                .date_to
                .map_or_else(|| "9~".to_owned(), |time| timestamp(time) + "$"),
        }
    }
}

/// Which end of a day a date stands for.
#[derive(Clone, Copy)]
enum Edge {
    First,
    Last,
}

/// RFC 3339, a date (a whole day in UTC), or Unix seconds; between the years 0 and 9999.
fn parse_time(text: &str, edge: Edge) -> Result<DateTime<Utc>, Invalid> {
    let whole_day = |date: NaiveDate| {
        let start = date.and_time(NaiveTime::MIN).and_utc();
        match edge {
            Edge::First => Some(start),
            Edge::Last => start.checked_add_signed(TimeDelta::days(1) - TimeDelta::milliseconds(1)),
        }
    };
    // A `+` that a client did not escape arrives as a space.
    let rfc3339 = || {
        let time = DateTime::parse_from_rfc3339(text);
        time.or_else(|_| DateTime::parse_from_rfc3339(&text.replace(' ', "+")))
    };
    let time = if let Ok(seconds) = text.parse::<i64>() {
        DateTime::from_timestamp(seconds, 0)
    } else if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        whole_day(date)
    } else {
        rfc3339().ok().map(|time| to_millis(time.to_utc()))
    };
    let sortable =
        DateTime::UNIX_EPOCH..DateTime::from_timestamp(253_402_300_800, 0).unwrap_or_default();
    time.map(|time| time.max(DateTime::UNIX_EPOCH))
        .filter(|time| sortable.contains(time))
        .ok_or_else(|| {
            Invalid::new(
                "must be RFC 3339 (2026-01-31T12:00:00Z), a date (2026-01-31) or Unix seconds",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageId;
    use crate::repo::Position;
    use proptest::prelude::*;

    fn parse(fields: ListFields) -> Result<ListQuery, Faults> {
        let mut faults = Faults::default();
        let query = ListQuery::parse(fields, &mut faults);
        faults.or(query)
    }

    #[test]
    fn every_bad_parameter_is_named_at_once() {
        let bad = || Some("?".to_owned());
        let faults = parse(ListFields {
            user_id: bad(),
            tags: vec!["x".repeat(65)],
            tag_mode: bad(),
            category: Some("c".repeat(65)),
            content_type: bad(),
            visibility: bad(),
            date_from: bad(),
            date_to: bad(),
            order: bad(),
            limit: Some("101".into()),
            last_key: None,
        });
        assert_eq!(faults.unwrap_err().as_slice().len(), 10);
    }

    #[test]
    fn times_come_in_three_forms_and_a_date_is_its_whole_day() {
        let millis = |text, edge| parse_time(text, edge).map(|time| time.timestamp_millis());
        assert_eq!(millis("1970-01-02", Edge::First), Ok(86_400_000));
        assert_eq!(millis("1970-01-01", Edge::Last), Ok(86_399_999));
        assert_eq!(millis("1970-01-01T01:00:00.0015+01:00", Edge::First), Ok(1));
        assert_eq!(millis("1970-01-01T01:00:00 01:00", Edge::First), Ok(0));
        assert_eq!(millis("12", Edge::Last), Ok(12_000));
        for wrong in [
            "",
            "soon",
            "2026-13-01",
            "2026-01-31T12:00:00",
            "99999999999999999999",
        ] {
            assert!(millis(wrong, Edge::First).is_err(), "{wrong}");
        }
    }

    #[test]
    fn from_after_to_is_refused_and_equal_is_not() {
        let between = |from: &str, to: &str| {
            parse(ListFields {
                date_from: Some(from.into()),
                date_to: Some(to.into()),
                ..ListFields::default()
            })
        };
        assert!(between("2026-01-31", "2026-01-31").is_ok());
        let faults = between("2026-02-01", "2026-01-31").unwrap_err();
        let fields: Vec<_> = faults.as_slice().iter().map(|fault| &fault.field).collect();
        assert_eq!(fields, ["date_from"]);
    }

    #[test]
    fn the_parameters_of_a_query_ask_for_the_same() {
        let given = |text: &str| Some(text.to_owned());
        let query = parse(ListFields {
            user_id: given("ann"),
            tags: vec!["B, a".to_owned(), "c&d".to_owned(), "a".to_owned()],
            tag_mode: given("any"),
            category: given("Sea"),
            content_type: given("image/png"),
            visibility: given("private"),
            date_from: given("2026-01-31"),
            date_to: given("1769900000"),
            order: given("asc"),
            limit: given("7"),
            last_key: None,
        });
        let query = query.unwrap();
        let parameters = query.parameters();
        let of = |name: &str| {
            let found = parameters.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.clone())
        };
        assert_eq!(of("tags").unwrap(), "b,a,c&d");
        assert_eq!(of("date_from").unwrap(), "2026-01-31T00:00:00.000Z");
        let again = parse(ListFields {
            user_id: of("user_id"),
            tags: of("tags").into_iter().collect(),
            tag_mode: of("tag_mode"),
            category: of("category"),
            content_type: of("content_type"),
            visibility: of("visibility"),
            date_from: of("date_from"),
            date_to: of("date_to"),
            order: of("order"),
            limit: of("limit"),
            last_key: None,
        });
        assert_eq!(again.unwrap(), query);
        assert_eq!(
            parse(ListFields::default()).unwrap().parameters(),
            Vec::new()
        );
    }

    proptest! {
        #[test]
        fn a_range_holds_just_the_positions_between_its_dates(
            from in 0..5_i64, to in 0..5_i64, at in 0..5_i64, tail in any::<[u8; 10]>(),
        ) {
            prop_assume!(from <= to);
            let time = |millis| DateTime::from_timestamp_millis(millis).unwrap();
            let query = parse(ListFields {
                date_from: Some(time(from).to_rfc3339()),
                date_to: Some(time(to).to_rfc3339()),
                ..ListFields::default()
            }).unwrap();
            let key = Position { created_at: time(at), id: ImageId::new(time(at), tail) }.to_string();
            let range = query.range();
            prop_assert_eq!(range.lower <= key && key <= range.upper, from <= at && at <= to);
        }
    }
}
