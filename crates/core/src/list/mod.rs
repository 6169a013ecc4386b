//! Listing at flat cost: every filter is a listing of its own in the table, so a page is read from its start and
//! costs the same however large the library is. Only several filters at once are found by looking at images, and
//! then at no more than [`MAX_EXAMINED`] of them.

mod cursor;
mod merge;
mod query;

use std::collections::HashMap;

use self::cursor::{CursorKey, Filters};
use self::merge::Merge;
pub use self::query::{ListFields, ListQuery};
use crate::authorize::{Caller, listable};
use crate::clients::{Aws, HttpLayer, WithHttp};
use crate::config::{ConfigError, Environment, bucket_name, table_name};
use crate::presign::Links;
use crate::repo::{FEED_SHARDS, Facet, Images, Listed, Objects, Scope};
use crate::{Error, Faults, Image, Visibility};

/// The most images that one request examines to find those that match several filters. Where any of some tags is
/// asked for, an image is examined once, in however many of their listings it stands: 20 at most.
const MAX_EXAMINED: usize = 1_000;

/// One page of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The images, in the order asked for.
    pub images: Vec<Image>,
    /// Where the next page begins, if more may follow. Opaque.
    pub last_key: Option<String>,
}

/// The use case of `GET /images`.
#[derive(Debug, Clone)]
pub struct Lister {
    images: Images,
    links: Links,
    cursor_key: CursorKey,
}

impl WithHttp for Lister {
    fn with_http(environment: &Environment, layer: &HttpLayer) -> Result<Self, ConfigError> {
        let aws = Aws::new(environment, layer)?;
        let objects = Objects::new(&aws, bucket_name(environment)?);
        let table = table_name(environment)?;
        Ok(Self {
            cursor_key: CursorKey::new(environment.get("LAST_KEY_SECRET"), &table),
            images: Images::new(aws.dynamodb(), table),
            links: Links::new(aws, objects, environment)?,
        })
    }
}

impl Lister {
    /// Reads one page, strongly consistent.
    ///
    /// # Errors
    /// A `last_key` that is not ours or belongs to other filters; images that are not the caller's to list; or
    /// the store that failed.
    pub async fn list(&self, caller: &Caller, query: &ListQuery) -> Result<Page, Error> {
        let scopes = scopes(caller, query)?;
        let filters = Filters::of(query, &scopes);
        let range = query.range();
        let after = match &query.last_key {
            None => None,
            Some(text) => {
                let opened = self.cursor_key.open(text, filters, &range);
                Some(opened.map_err(|error| {
                    let mut faults = Faults::default();
                    faults.add("last_key", error);
                    faults
                })?)
            }
        };
        let facets = query.facets();
        let merges = facets
            .iter()
            .map(|facets| Merge::new(&scopes, facets, &range, after, query));
        let mut merges: Vec<Merge> = merges.collect();
        let driver = self.pick_driver(&mut merges).await?;
        let mut driving = merges.swap_remove(driver);
        let mut residual: Vec<&Vec<Facet>> = facets.iter().collect();
        residual.swap_remove(driver);
        let compared: usize = merges.iter().map(Merge::waiting).sum();
        let mut left = MAX_EXAMINED.saturating_sub(compared);

        let mut found: Vec<Listed> = Vec::with_capacity(query.limit);
        let mut last_seen = after;
        let more = loop {
            if left == 0 {
                break last_seen;
            }
            let Some(row) = driving.next(&self.images, left).await? else {
                break None;
            };
            left -= 1;
            let matches = |image: &Image| {
                let matches =
                    |facets: &&Vec<Facet>| facets.iter().any(|facet| facet.matches(image));
                residual.iter().all(matches)
            };
            if let Some(listed) = row.listed.filter(|listed| matches(&listed.image)) {
                if found.len() == query.limit {
                    break last_seen;
                }
                found.push(listed);
            }
            last_seen = Some(row.position);
        };
        Ok(Page {
            images: self.complete(found).await?,
            last_key: more.map(|position| self.cursor_key.seal(position, filters)),
        })
    }

    /// Reads the beginning of each filter's listing and picks the sparsest to find candidates by.
    async fn pick_driver(&self, merges: &mut [Merge]) -> Result<usize, Error> {
        if merges.len() > 1 {
            Merge::probe(merges, &self.images).await?;
        }
        let sparsest = merges
            .iter()
            .enumerate()
            .min_by_key(|(_, merge)| merge.density());
        Ok(sparsest.map_or(0, |(index, _)| index))
    }

    /// Adds the details that large cards leave to their image rows. An image deleted since is dropped.
    async fn complete(&self, found: Vec<Listed>) -> Result<Vec<Image>, Error> {
        let lacking = found.iter().filter(|listed| listed.lacks_details);
        let ids: Vec<_> = lacking.map(|listed| listed.image.id).collect();
        if ids.is_empty() {
            return Ok(found.into_iter().map(|listed| listed.image).collect());
        }
        let whole = self.images.active(&ids).await?;
        let mut whole: HashMap<_, _> = whole.into_iter().map(|image| (image.id, image)).collect();
        let images = found.into_iter().filter_map(|listed| {
            if listed.lacks_details {
                // One that changed hands since may not be for whoever lists here.
                let now = whole.remove(&listed.image.id);
                now.filter(|now| now.visibility == listed.image.visibility)
            } else {
                Some(listed.image)
            }
        });
        Ok(images.collect())
    }

    /// Where the images are.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.links
    }
}

/// The listings that hold what the caller asked for and may see.
fn scopes(caller: &Caller, query: &ListQuery) -> Result<Vec<Scope>, Error> {
    match (&query.user_id, query.visibility) {
        (Some(user), asked) => {
            let visibilities = listable(caller, user, asked)?.into_iter();
            Ok(visibilities
                .map(|visibility| Scope::User(user.clone(), visibility))
                .collect())
        }
        (None, Some(Visibility::Private)) => {
            let mut faults = Faults::default();
            faults.add(
                "visibility",
                "private images are listed by user: user_id is missing",
            );
            Err(faults.into())
        }
        (None, Some(Visibility::Public) | None) => Ok((0..FEED_SHARDS).map(Scope::Feed).collect()),
    }
}
