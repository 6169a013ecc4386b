//! One Query on one listing.

use super::keys::Position;
use super::rows::{self, Item, text};
use super::{Images, StoreError};
use crate::{Error, Image};

/// A stretch of a listing: sort keys from `lower` to `upper`, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRange {
    pub(crate) lower: String,
    pub(crate) upper: String,
}

/// What to read of one listing.
#[derive(Debug)]
pub(crate) struct ListingQuery<'a> {
    pub(crate) partition: &'a str,
    pub(crate) range: &'a KeyRange,
    /// Begins after this position, whether or not it still has a row.
    pub(crate) after: Option<Position>,
    pub(crate) newest_first: bool,
    /// The most rows.
    pub(crate) limit: usize,
}

/// One row of a listing.
#[derive(Debug, Clone)]
pub(crate) struct ListingRow {
    pub(crate) position: Position,
    /// None where the row cannot be read: it must not take the page from all others, but counts as one that was
    /// examined, so that any number of them makes no endless read.
    pub(crate) listed: Option<Listed>,
}

/// What a listing says of an image.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) image: Image,
    /// Description, metadata and EXIF are in the image row alone.
    pub(crate) lacks_details: bool,
}

impl Images {
    /// Reads rows of one listing, strongly consistent, and whether more may follow. A row that cannot be read is
    /// logged.
    pub(crate) async fn query(
        &self,
        query: ListingQuery<'_>,
    ) -> Result<(Vec<ListingRow>, bool), Error> {
        let mut rows = Vec::with_capacity(query.limit);
        let mut start = query.after.map(|position| {
            Item::from([
                ("pk".to_owned(), text(query.partition)),
                ("sk".to_owned(), text(position.to_string())),
            ])
        });
        // Cards of ordinary size come in one answer; DynamoDB ends one at 1 MB.
        loop {
            let left = i32::try_from(query.limit - rows.len()).unwrap_or(i32::MAX);
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :lower AND :upper")
                .expression_attribute_values(":pk", text(query.partition))
                .expression_attribute_values(":lower", text(&query.range.lower))
                .expression_attribute_values(":upper", text(&query.range.upper))
                .scan_index_forward(!query.newest_first)
                .consistent_read(true)
                .limit(left)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::new("Query", error))?;
            let items = answer.items.unwrap_or_default();
            rows.extend(items.into_iter().filter_map(read));
            start = answer.last_evaluated_key;
            if start.is_none() || rows.len() >= query.limit {
                return Ok((rows, start.is_some()));
            }
        }
    }
}

/// A row under a sort key that is none of ours has no place in a list.
fn read(item: Item) -> Option<ListingRow> {
    // Not the partition: it names a user, and what they tag.
    let sort_key = rows::string(&item, "sk").unwrap_or_default().to_owned();
    let position = Position::parse(&sort_key);
    let listed = match rows::read_listing_item(item) {
        Ok((image, lacks_details)) => Some(Listed {
            image,
            lacks_details,
        }),
        Err(error) => {
            tracing::error!(
                sort_key,
                error = crate::error_chain(&error),
                "a listing row that cannot be read"
            );
            None
        }
    };
    position.map(|position| ListingRow { position, listed })
}
