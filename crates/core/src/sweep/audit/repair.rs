//! Removing what belongs to no image, beside running writers.
//!
//! An object: its id is claimed by a DELETING row, so that no upload can begin under it; then the object goes; then the
//! row becomes a tombstone. A crash leaves a DELETING row that is due. A listing row: removed if its image has none
//! there, and only as it was read. A crash leaves the next one.

use chrono::{DateTime, Utc};

use super::table::Listing;
use crate::Error;
use crate::repo::{Claim, Position, Row, State, Transition, listings};
use crate::sweep::Sweeper;

/// How many objects are claimed, then removed, at a time.
const CLAIMS: usize = 100;

impl Sweeper {
    /// Removes what still belongs to no image, and says how much that was.
    pub(super) async fn repair(
        &self,
        orphans: &[String],
        stray: &[Listing],
        now: DateTime<Utc>,
    ) -> Result<u64, Error> {
        let mut repaired = 0;
        for orphans in orphans.chunks(CLAIMS) {
            repaired += self.remove_orphans(orphans, now).await?;
        }
        for listing in stray {
            repaired += u64::from(self.remove_stray(listing).await?);
        }
        Ok(repaired)
    }

    async fn remove_orphans(&self, orphans: &[String], now: DateTime<Utc>) -> Result<u64, Error> {
        let mut doomed = Vec::new();
        let mut claimed: Vec<Option<Box<Row>>> = Vec::new();
        for key in orphans {
            let row = match readable(self.images.claim(key, now).await)? {
                Some(Claim::Taken(row)) => Some(row),
                Some(Claim::Needless) => None,
                Some(Claim::Refused) | None => continue,
            };
            doomed.push(key.clone());
            claimed.push(row);
        }
        let removed = self.objects.delete(&doomed).await;
        let mut count = 0;
        for (row, removed) in claimed.into_iter().zip(removed) {
            if let Err(error) = removed {
                tracing::warn!(error = crate::error_chain(&error), "left to the sweeper");
                continue;
            }
            count += 1;
            if let Some(row) = row {
                self.images.bury(row.id, &row.guard, now).await?;
            }
        }
        Ok(count)
    }

    async fn remove_stray(&self, listing: &Listing) -> Result<bool, Error> {
        let Some(row) = readable(self.images.find(listing.position.id).await)? else {
            return Ok(false);
        };
        let belongs = match row.map(|row| row.state) {
            // Its commit may be about to write this row.
            Some(State::Uploading(_) | State::Direct(_)) => true,
            // One of another revision is better than none: the next change of the image writes it anew.
            Some(State::Active(image)) => {
                Position::of(&image) == listing.position
                    && listings(&image).contains(&listing.partition)
            }
            Some(State::Deleting | State::Deleted) | None => false,
        };
        if belongs {
            return Ok(false);
        }
        let (partition, position) = (&listing.partition, listing.position);
        let removal = self
            .images
            .delete_listing(partition, position, listing.revision);
        Ok(removal.await? == Transition::Made)
    }
}

/// What was read; none where the row has become one that cannot be read: then nothing is done.
pub(super) fn readable<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error @ Error::CorruptRow(_)) => {
            tracing::warn!(error = crate::error_chain(&error), "left as it is");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
