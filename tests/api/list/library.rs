//! Libraries that are written by the service's own uploader, at times that the test chooses, and a naive
//! filter of what is in them.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use shoebox_core::config::{Environment, FromEnvironment as _};
use shoebox_core::{
    AttributeFields, Attributes, Faults, File, Upload, Uploader, UserId, Visibility,
};
use shoebox_tests::{Shoebox, picture};

pub(super) const TYPES: [&str; 3] = ["image/png", "image/gif", "image/webp"];
pub(super) const TAGS: [&str; 5] = ["common", "frequent", "some", "seldom", "never"];
pub(super) const CATEGORIES: [&str; 3] = ["a", "b", "c"];
pub(super) const USERS: [&str; 3] = ["ann", "ben", "eve"];

/// The day from which on images are written. It is to come: an upload of the past is one whose lease is over, and
/// the sweeper of the running service would take it for abandoned.
fn first_day() -> DateTime<Utc> {
    "2099-01-01T00:00:00.000Z".parse().unwrap()
}

/// Numbers that look random and are the same in every run: `SplitMix64`.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    /// A number below a bound.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }

    /// One of some, or none, each as likely.
    pub(super) fn maybe<T: Copy>(&mut self, some: &[T]) -> Option<T> {
        some.get(self.below(some.len() + 1)).copied()
    }
}

/// An image as the model remembers it.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) user: &'static str,
    pub(super) created_at: DateTime<Utc>,
    pub(super) tags: BTreeSet<&'static str>,
    pub(super) category: Option<&'static str>,
    pub(super) content_type: &'static str,
    pub(super) public: bool,
}

impl Known {
    /// Where it stands in a list.
    pub(super) fn position(&self) -> (DateTime<Utc>, &str) {
        (self.created_at, &self.id)
    }
}

/// Writes images past the gateway.
pub(super) struct Writer(Uploader);

impl Writer {
    pub(super) fn of(shoebox: &Shoebox) -> Self {
        let environment = Environment::from_iter([
            ("AWS_ACCESS_KEY_ID", local::ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", local::ACCESS_KEY),
            ("AWS_REGION", local::REGION),
            ("AWS_ENDPOINT_URL_S3", &shoebox.aws_url),
            ("AWS_ENDPOINT_URL_DYNAMODB", &shoebox.running().dynamodb_url),
        ]);
        Self(Uploader::from_environment(&environment).unwrap())
    }

    /// Writes one image of random attributes at a random time: some of one millisecond, over a month.
    pub(super) async fn write(&self, numbers: &mut Numbers) -> Known {
        let start = first_day();
        let minute = i64::try_from(numbers.below(30 * 24 * 6)).unwrap() * 10;
        let created_at = start + TimeDelta::minutes(minute);
        // The n-th tag is on one image of 2, 3, 5 and 17; the last on none.
        let odds = [2, 3, 5, 17];
        let tags: BTreeSet<_> = TAGS
            .into_iter()
            .zip(odds)
            .filter(|(_, odds)| numbers.below(*odds) == 0)
            .map(|(tag, _)| tag)
            .collect();
        let kind = numbers.below(TYPES.len());
        let known = Known {
            id: String::new(),
            user: USERS[numbers.below(USERS.len())],
            created_at,
            tags,
            category: numbers.maybe(&CATEGORIES),
            content_type: TYPES[kind],
            public: numbers.below(3) > 0,
        };
        self.write_known(known).await
    }

    async fn write_known(&self, known: Known) -> Known {
        let mut faults = Faults::default();
        let fields = AttributeFields {
            tags: known.tags.iter().map(ToString::to_string).collect(),
            category: known.category.map(ToOwned::to_owned),
            ..AttributeFields::default()
        };
        let attributes = Attributes::parse(fields, &mut faults);
        let bytes = match known.content_type {
            "image/png" => picture::png(1, 1),
            "image/gif" => picture::gif(1, 1),
            _ => picture::webp(1, 1),
        };
        let files = vec![File::new(bytes.into(), None, None)];
        let upload = Upload {
            user: &UserId::parse(known.user).unwrap(),
            attributes: &attributes,
            default_visibility: if known.public {
                Visibility::Public
            } else {
                Visibility::Private
            },
            idempotency: None,
        };
        let outcomes = self.0.upload(upload, files, known.created_at).await;
        let image = outcomes.unwrap().pop().unwrap().unwrap();
        assert!(faults.is_empty());
        Known {
            id: image.id.to_string(),
            ..known
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    pub(super) user: Option<&'static str>,
    pub(super) tags: BTreeSet<&'static str>,
    pub(super) any_tag: bool,
    pub(super) category: Option<&'static str>,
    pub(super) content_type: Option<&'static str>,
    pub(super) public: Option<bool>,
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) to: Option<DateTime<Utc>>,
    pub(super) ascending: bool,
}

impl Filter {
    pub(super) fn random(numbers: &mut Numbers) -> Self {
        let user = numbers.maybe(&USERS);
        let mut day = || {
            let start = first_day();
            let day = numbers.below(60);
            (day < 30).then(|| start + TimeDelta::days(i64::try_from(day).unwrap()))
        };
        let (mut from, mut to) = (day(), day());
        if from > to && to.is_some() {
            (from, to) = (to, from);
        }
        let tags = (0..numbers.below(4)).map(|_| TAGS[numbers.below(TAGS.len())]);
        Self {
            user,
            tags: tags.collect(),
            any_tag: numbers.below(2) == 0,
            category: numbers.maybe(&CATEGORIES),
            content_type: numbers.maybe(&TYPES),
            // The feed has no private images to ask for.
            public: numbers
                .maybe(&[true, false])
                .filter(|public| *public || user.is_some()),
            from,
            to,
            ascending: numbers.below(2) == 0,
        }
    }

    /// The one list that shows everything.
    pub(super) fn query(&self) -> String {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let tags: Vec<_> = self.tags.iter().copied().collect();
        let pairs = [
            ("user_id", self.user.map(ToOwned::to_owned)),
            ("tags", (!tags.is_empty()).then(|| tags.join(","))),
            ("tag_mode", self.any_tag.then(|| "any".to_owned())),
            ("category", self.category.map(ToOwned::to_owned)),
            ("content_type", self.content_type.map(ToOwned::to_owned)),
            (
                "visibility",
                self.public
                    .map(|public| if public { "public" } else { "private" }.to_owned()),
            ),
            ("date_from", self.from.map(time)),
            ("date_to", self.to.map(time)),
            ("order", self.ascending.then(|| "asc".to_owned())),
        ];
        let pairs = pairs
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        pairs.collect::<Vec<_>>().join("&")
    }

    pub(super) fn matches(&self, known: &Known) -> bool {
        let tags = if self.any_tag {
            self.tags.is_empty() || !self.tags.is_disjoint(&known.tags)
        } else {
            self.tags.is_subset(&known.tags)
        };
        tags && self.user.map_or(known.public, |user| known.user == user)
            && self
                .category
                .is_none_or(|category| known.category == Some(category))
            && self
                .content_type
                .is_none_or(|kind| known.content_type == kind)
            && self.public.is_none_or(|public| known.public == public)
            && self.from.is_none_or(|from| known.created_at >= from)
            && self.to.is_none_or(|to| known.created_at <= to)
    }

    /// The images that match, in order.
    pub(super) fn of<'a>(&self, library: &'a [Known]) -> Vec<&'a Known> {
        let mut found: Vec<_> = library.iter().filter(|known| self.matches(known)).collect();
        found.sort_by_key(|known| known.position());
        if !self.ascending {
            found.reverse();
        }
        found
    }

    /// Whether one listing of the table answers it, so that a page is full unless the list ends.
    pub(super) fn is_one_listing(&self) -> bool {
        let tag_groups = if self.any_tag {
            usize::from(!self.tags.is_empty())
        } else {
            self.tags.len()
        };
        let groups = tag_groups
            + usize::from(self.category.is_some())
            + usize::from(self.content_type.is_some());
        groups <= 1
    }
}
