//! What must be there, and what may.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use shoebox_core::{Error, IdempotencyKey, Image, ImageId, UserId};

use super::seed::Random;
use crate::support::{Batch, Fault, Script, caller};

pub(super) const USERS: [&str; 2] = ["ann", "bob"];

/// An image that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) user: UserId,
    pub(super) key: IdempotencyKey,
    pub(super) id: ImageId,
    pub(super) bytes: Bytes,
    /// Of a direct upload: until when its URL works.
    pub(super) url_until: Option<DateTime<Utc>>,
}

pub(super) struct Run {
    pub(super) batch: Batch,
    pub(super) random: Random,
    pub(super) now: DateTime<Utc>,
    pub(super) asked: Vec<Asked>,
    /// What is shown, as it was answered or found.
    pub(super) shown: BTreeMap<ImageId, Image>,
    /// What was shown and must not be again.
    pub(super) gone: BTreeSet<ImageId>,
    /// What was asked to be deleted, and failed: it may vanish.
    pub(super) doomed: BTreeSet<ImageId>,
    /// What changes that failed would make of an image.
    pub(super) changes: Vec<Image>,
    pub(super) in_flight: Vec<Arc<Script>>,
    pub(super) log: Vec<String>,
}

impl Run {
    pub(super) async fn new(seed: u64) -> Self {
        let batch = Batch::new().await;
        Self {
            now: batch.world.start,
            batch,
            random: Random(seed),
            asked: Vec::new(),
            shown: BTreeMap::new(),
            gone: BTreeSet::new(),
            doomed: BTreeSet::new(),
            changes: Vec::new(),
            in_flight: Vec::new(),
            log: vec![format!("seed {seed}")],
        }
    }

    pub(super) fn fail(&self, what: &str) -> ! {
        let last = self.log.len().saturating_sub(25);
        panic!(
            "{}: {what}, after\n{}",
            self.log[0],
            self.log[last..].join("\n")
        );
    }

    pub(super) fn note(&mut self, what: String) {
        self.log.push(what);
    }

    /// A script with one random fault, or mostly none.
    pub(super) fn script(&mut self) -> (Arc<Script>, bool) {
        let mut faults = Vec::new();
        if self.random.percent(35) {
            let fault = *self.random.pick(&Fault::ALL).unwrap();
            faults.push((self.random.below(5), fault));
            self.note(format!("  {faults:?}"));
        }
        (Arc::new(Script::of(&faults)), faults.is_empty())
    }

    /// What is in flight lands, or some of it is lost.
    pub(super) async fn land(&mut self) {
        for script in std::mem::take(&mut self.in_flight) {
            if self.random.percent(80) {
                script.land().await;
            }
        }
        self.refresh_all().await;
        self.doomed.clear();
        self.changes.clear();
    }

    pub(super) async fn refresh_all(&mut self) {
        for asked in self.asked.clone() {
            self.refresh(&asked).await;
        }
    }

    /// Looks what became of an image, and whether that may be.
    pub(super) async fn refresh(&mut self, asked: &Asked) {
        let reader = &self.batch.world.reader;
        let found = match reader.find(&caller(&asked.user), asked.id).await {
            Ok(image) => Some(image),
            Err(Error::NotFound) => None,
            Err(error) => self.fail(&format!("a read failed: {error:?}")),
        };
        let id = asked.id;
        match (self.shown.get(&id), found) {
            (None, None) => {}
            (Some(_), None) if self.doomed.contains(&id) => self.forget(id),
            (Some(known), None) => self.fail(&format!("{known:?} is lost")),
            (None, Some(found)) => {
                let digest: [u8; 32] = Sha256::digest(&asked.bytes).into();
                if self.gone.contains(&id) || found.sha256.0 != digest {
                    self.fail(&format!("{found:?} should not be there"));
                }
                self.shown.insert(id, found);
            }
            (Some(known), Some(found)) => {
                if *known != found && !self.changes.contains(&found) {
                    self.fail(&format!("{known:?} became {found:?}"));
                }
                self.shown.insert(id, found);
            }
        }
    }

    pub(super) fn forget(&mut self, id: ImageId) {
        self.shown.remove(&id);
        self.gone.insert(id);
    }

    /// Time passes. What is in flight lands within the minutes that the protocol grants it.
    pub(super) async fn pass(&mut self, time: TimeDelta) {
        if time > TimeDelta::minutes(1) {
            self.land().await;
        }
        self.now += time;
    }

    pub(super) async fn finish(mut self) {
        self.land().await;
        self.compare().await;
        // The clock of the run is ahead.
        self.batch.world.start = self.now;
        self.batch.finish().await;
    }
}
