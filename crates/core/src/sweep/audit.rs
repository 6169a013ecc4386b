//! The audit: compares bucket and table both ways, whole. It reads everything, so it is for doubt, not for a schedule;
//! it repairs only when told to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::Sweeper;
use crate::repo::{AnyRow, Position, Resume, State, id_in_key, listings};
use crate::{Error, ImageId};

/// Objects and rows younger than this can be part of a request that is under way, so they are no finding.
const SETTLING: TimeDelta = TimeDelta::hours(2);

/// Whether the audit may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Only count.
    DryRun,
    /// Remove objects and listing rows that belong to no image.
    Apply,
}

/// What an audit found, in numbers; all findings are zero where the stores agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Images that are shown.
    pub active_images: u64,
    /// Uploads and deletes under way.
    pub unsettled_rows: u64,
    /// Objects of images.
    pub objects: u64,
    /// Listing rows.
    pub listing_rows: u64,
    /// Finding: images that are shown without their bytes.
    pub images_without_object: u64,
    /// Finding: objects that no row accounts for.
    pub objects_without_row: u64,
    /// Finding: listing rows of no image that is shown, or of another revision of it.
    pub stray_listing_rows: u64,
    /// Finding: listing rows that an image should have and has not.
    pub missing_listing_rows: u64,
    /// Finding: uploads and deletes that the sweeper should have settled.
    pub overdue_rows: u64,
    /// Finding: rows that this service does not write.
    pub foreign_rows: u64,
    /// What was removed.
    pub repaired: u64,
}

impl AuditReport {
    /// How much is not as it should be.
    #[must_use]
    pub fn findings(&self) -> u64 {
        self.images_without_object
            + self.objects_without_row
            + self.stray_listing_rows
            + self.missing_listing_rows
            + self.overdue_rows
            + self.foreign_rows
    }
}

/// What the table says, gathered in one pass.
#[derive(Default)]
struct Table {
    /// Of each image that is shown: its object, revision and listings still to be met.
    active: HashMap<ImageId, Shown>,
    /// Objects that a row which is not shown accounts for.
    accounted: HashSet<String>,
    listings: Vec<(String, Position, u64)>,
    report: AuditReport,
}

struct Shown {
    object_key: String,
    revision: u64,
    listings: HashSet<String>,
}

impl Sweeper {
    /// Compares the stores. Run it while nobody writes, or expect findings of what was under way.
    ///
    /// # Errors
    /// A store could not be read.
    pub async fn audit(&self, repair: Repair, now: DateTime<Utc>) -> Result<AuditReport, Error> {
        // Objects first: an image that is deleted meanwhile has no row then, and no object either.
        let objects = self.objects_of_images().await?;
        let mut table = self.read_table(now).await?;
        let mut report = table.report;
        report.objects = objects.len() as u64;
        report.listing_rows = table.listings.len() as u64;
        report.active_images = table.active.len() as u64;

        let mut stray = Vec::new();
        for (partition, position, revision) in table.listings {
            let shown = table.active.get_mut(&position.id);
            let expected = shown.filter(|shown| shown.revision == revision);
            if !expected.is_some_and(|shown| shown.listings.remove(&partition)) {
                stray.push((partition, position));
            }
        }
        report.stray_listing_rows = stray.len() as u64;
        for shown in table.active.values() {
            report.missing_listing_rows += shown.listings.len() as u64;
            report.images_without_object += u64::from(!objects.contains_key(&shown.object_key));
        }
        let shown: HashSet<&str> = table
            .active
            .values()
            .map(|shown| shown.object_key.as_str())
            .collect();
        let settled = SystemTime::from(now - SETTLING);
        let orphans = objects.iter().filter(|(key, written)| {
            !shown.contains(key.as_str()) && !table.accounted.contains(*key) && **written < settled
        });
        let orphans: Vec<String> = orphans.map(|(key, _)| key.clone()).collect();
        report.objects_without_row = orphans.len() as u64;

        match repair {
            Repair::DryRun => {}
            Repair::Apply => report.repaired = self.repair(&orphans, &stray).await?,
        }
        Ok(report)
    }

    async fn objects_of_images(&self) -> Result<BTreeMap<String, SystemTime>, Error> {
        let mut objects = BTreeMap::new();
        let mut from = None;
        loop {
            let page = self.objects.list(from).await?;
            objects.extend(page.objects);
            from = page.next;
            if from.is_none() {
                return Ok(objects);
            }
        }
    }

    async fn read_table(&self, now: DateTime<Utc>) -> Result<Table, Error> {
        let mut table = Table::default();
        let mut resume = Some(Resume::default());
        while let Some(from) = resume.take() {
            let (rows, next) = self.images.scan(from).await?;
            for row in rows {
                table.add(row, now);
            }
            resume = next;
        }
        Ok(table)
    }

    async fn repair(&self, orphans: &[String], stray: &[(String, Position)]) -> Result<u64, Error> {
        let mut repaired = 0;
        // An object whose row appeared since must stay.
        let mut doomed = Vec::new();
        for key in orphans {
            let row = match id_in_key(key) {
                Some(id) => self.images.find(id).await?,
                None => None,
            };
            if row.is_none_or(|row| row.object_key != *key) {
                doomed.push(key.clone());
            }
        }
        for outcome in self.objects.delete(&doomed).await {
            outcome?;
            repaired += 1;
        }
        for (partition, position) in stray {
            let row = self.images.find(position.id).await?;
            let shown = row.as_ref().and_then(|row| row.active_image());
            if shown.is_none_or(|image| !listings(image).contains(partition)) {
                self.images.delete_listing(partition, *position).await?;
                repaired += 1;
            }
        }
        Ok(repaired)
    }
}

impl Table {
    fn add(&mut self, row: AnyRow, now: DateTime<Utc>) {
        match row {
            AnyRow::Image(row) => match &row.state {
                State::Active(image) => {
                    let shown = Shown {
                        object_key: row.object_key.clone(),
                        revision: image.revision,
                        listings: listings(image).into_iter().collect(),
                    };
                    self.active.insert(row.id, shown);
                }
                State::Uploading(_) | State::Direct(_) | State::Deleting => {
                    self.report.unsettled_rows += 1;
                    self.report.overdue_rows += u64::from(row.guard.hold_until + SETTLING < now);
                    self.accounted.insert(row.object_key);
                }
                // A tombstone accounts for an object only while a late write of it is awaited.
                State::Deleted => {
                    if row.guard.hold_until >= now {
                        self.accounted.insert(row.object_key);
                    }
                }
            },
            AnyRow::Listing {
                partition,
                position,
                revision,
            } => self.listings.push((partition, position, revision)),
            AnyRow::Foreign { partition } => {
                tracing::warn!(partition, "a row that is not of this service");
                self.report.foreign_rows += 1;
            }
        }
    }
}
