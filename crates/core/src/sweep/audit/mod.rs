//! The audit: compares bucket and table both ways, whole. It reads everything, so it is for doubt, not for a schedule;
//! it repairs only when told to.

mod repair;
mod report;
mod table;

use std::collections::BTreeMap;
use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use self::repair::readable;
pub use self::report::AuditReport;
use self::table::{Shown, Table};
use super::{CONCURRENCY, Sweeper};
use crate::repo::{Fetched, Resume, State, id_in_key, owner_in_key};
use crate::{Error, ImageId};

/// Objects younger than this can be part of a request that is under way, so they are no finding.
const SETTLING: TimeDelta = TimeDelta::hours(2);

/// Whether the audit may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Only count.
    DryRun,
    /// Remove objects and listing rows that belong to no image.
    Apply,
}

impl Sweeper {
    /// Compares the stores. What is written meanwhile can be a finding, but for an image without its bytes, which is
    /// looked at again; it is not repaired, as every repair is conditional on the finding.
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

        let stray = table.take_stray_listings();
        report.stray_listing_rows = stray.len() as u64;
        report.missing_listing_rows = table.missing_listings();
        let lost = |(_, shown): &(ImageId, &Shown)| !objects.contains_key(&shown.object_key);
        let suspects = table.judged().filter(lost);
        let suspects = suspects.map(|(id, shown)| (id, shown.object_key.clone()));
        let suspects: Vec<_> = suspects.collect();
        report.images_without_object = self.count_lacking(suspects).await?;
        let settled = SystemTime::from(now - SETTLING);
        let mut orphans = Vec::new();
        for (key, written) in objects {
            if let (Some(id), Some(_)) = (id_in_key(&key), owner_in_key(&key)) {
                if written < settled && !table.accounts_for(&key, id) {
                    orphans.push(key);
                }
            } else {
                tracing::warn!(key, "an object that is not of this service");
                report.foreign_objects += 1;
            }
        }
        report.objects_without_row = orphans.len() as u64;

        match repair {
            Repair::DryRun => {}
            Repair::Apply => report.repaired = self.repair(&orphans, &stray, now).await?,
        }
        Ok(report)
    }

    /// How many of these images are shown without their bytes, now. Each was shown when the table was read, so its
    /// object had been there by then: one that is not there after that, of a row that still is as it was, is missing.
    async fn count_lacking(&self, suspects: Vec<(ImageId, String)>) -> Result<u64, Error> {
        let lacking = stream::iter(suspects).map(|(id, object_key)| async move {
            let found = self.objects.fetch(&object_key, 0).await?;
            if !matches!(found, Fetched::Missing) {
                return Ok(false);
            }
            let row = readable(self.images.find(id).await)?.flatten();
            Ok(row.is_some_and(|row| {
                matches!(row.state, State::Active(_)) && row.object_key == object_key
            }))
        });
        let lacking = lacking.buffer_unordered(CONCURRENCY);
        lacking
            .try_fold(0, async |count, lacks| Ok(count + u64::from(lacks)))
            .await
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
}
