//! What the table says, gathered in one pass.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::AuditReport;
use crate::ImageId;
use crate::repo::{AnyRow, Position, Row, State, listings};

/// How long a row may be due before it is a finding: the sweeper comes every five minutes, and puts off what it fails
/// to verify.
const OVERDUE_AFTER: TimeDelta = TimeDelta::hours(2);
/// How long after its time a tombstone may still be there: DynamoDB drops most within days.
const TTL_LATENESS: TimeDelta = TimeDelta::days(7);

#[derive(Debug, Default)]
pub(super) struct Table {
    /// Images that are shown.
    pub(super) active: HashMap<ImageId, Shown>,
    /// Objects that a row which is not shown accounts for.
    accounted: HashSet<String>,
    /// Images of which a row cannot be read: nothing of theirs is judged.
    unreadable: HashSet<ImageId>,
    pub(super) listings: Vec<Listing>,
    pub(super) report: AuditReport,
}

/// An image that is shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) object_key: String,
    pub(super) position: Position,
    pub(super) revision: u64,
    /// The listings that it should be in.
    pub(super) listings: HashSet<String>,
}

/// A listing row.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) partition: String,
    pub(super) position: Position,
    pub(super) revision: u64,
}

impl Table {
    pub(super) fn add(&mut self, row: AnyRow, now: DateTime<Utc>) {
        match row {
            AnyRow::Image(row) => self.add_image(*row, now),
            AnyRow::Listing {
                partition,
                position,
                revision,
            } => self.listings.push(Listing {
                partition,
                position,
                revision,
            }),
            AnyRow::Corrupt {
                sort_key,
                image,
                cause,
            } => {
                tracing::warn!(
                    image_id = image.map(tracing::field::display),
                    sort_key,
                    error = crate::error_chain(&cause),
                    "a row that cannot be read"
                );
                self.unreadable.extend(image);
                self.report.corrupt_rows += 1;
            }
            AnyRow::Foreign {
                partition,
                sort_key,
            } => {
                tracing::warn!(partition, sort_key, "a row that is not of this service");
                self.report.foreign_rows += 1;
            }
        }
    }

    fn add_image(&mut self, row: Row, now: DateTime<Utc>) {
        let overdue = row.turn.map(|turn| turn.due_at + OVERDUE_AFTER < now);
        match row.state {
            State::Active(image) => {
                let shown = Shown {
                    object_key: row.object_key,
                    position: Position::of(&image),
                    revision: image.revision,
                    listings: listings(&image).into_iter().collect(),
                };
                self.active.insert(row.id, shown);
            }
            State::Uploading(_) | State::Direct(_) | State::Deleting => {
                self.report.unsettled_rows += 1;
                // One that is in no index is never settled.
                self.report.overdue_rows += u64::from(overdue.unwrap_or(true));
                self.accounted.insert(row.object_key);
            }
            State::Deleted => {
                let outlives = |end| end + TTL_LATENESS < now;
                let stuck = overdue.unwrap_or(row.expires_at.is_none_or(outlives));
                self.report.stuck_tombstones += u64::from(stuck);
                // It accounts for an object only while the sweeper is still to remove it once more.
                if row.turn.is_some() {
                    self.accounted.insert(row.object_key);
                }
            }
        }
    }

    /// Whether a row accounts for the object, or may: one that cannot be read.
    pub(super) fn accounts_for(&self, object_key: &str, id: ImageId) -> bool {
        let shown = self.active.get(&id);
        shown.is_some_and(|shown| shown.object_key == object_key)
            || self.accounted.contains(object_key)
            || self.unreadable.contains(&id)
    }

    /// Strikes off the listing rows that are as they should be; gives those that are not.
    pub(super) fn take_stray_listings(&mut self) -> Vec<Listing> {
        let mut stray = Vec::new();
        for listing in std::mem::take(&mut self.listings) {
            let shown = self.active.get_mut(&listing.position.id);
            let expected = shown.filter(|shown| {
                (shown.position, shown.revision) == (listing.position, listing.revision)
            });
            let struck_off =
                expected.is_some_and(|shown| shown.listings.remove(&listing.partition));
            if !struck_off && !self.unreadable.contains(&listing.position.id) {
                stray.push(listing);
            }
        }
        stray
    }

    /// The images that are shown and whose rows can all be read.
    pub(super) fn judged(&self) -> impl Iterator<Item = (ImageId, &Shown)> {
        let judged = self.active.iter().map(|(id, shown)| (*id, shown));
        judged.filter(|(id, _)| !self.unreadable.contains(id))
    }

    /// How many listing rows shown images lack.
    pub(super) fn missing_listings(&self) -> u64 {
        let missing = self.judged().map(|(_, shown)| shown.listings.len() as u64);
        missing.sum()
    }
}
