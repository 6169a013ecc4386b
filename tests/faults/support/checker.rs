//! The invariants, as sentences about a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::snapshot::{ImageRow, Snapshot};

/// What is wrong, and with whose image, where one user's.
pub(super) type Violations = Vec<(Option<String>, String)>;

/// What must hold whenever no call is running, whatever was left undone.
pub(super) fn at_any_time(snapshot: &Snapshot) -> Violations {
    let mut violations = Violations::new();
    let mut expected = BTreeSet::new();
    let mut keys: BTreeMap<&str, &ImageRow> = BTreeMap::new();
    for row in &snapshot.images {
        keys.insert(&row.object_key, row);
        expected.extend(row.listings.iter().cloned());
        if row.status == "active" {
            if let Some(wrong) = wrong_bytes(snapshot, row) {
                violations.push((Some(row.user.clone()), wrong));
            }
            if row.awaits_sweeper {
                let wrong = format!("{} is shown and awaits the sweeper", row.id);
                violations.push((Some(row.user.clone()), wrong));
            }
        }
    }
    let impatient = |row: &&ImageRow| row.expires && row.awaits_sweeper;
    for row in snapshot.images.iter().filter(impatient) {
        let wrong = format!("{} expires while the sweeper has yet to see it", row.id);
        violations.push((Some(row.user.clone()), wrong));
    }
    for key in snapshot.objects.keys() {
        if !keys.contains_key(key.as_str()) {
            violations.push((user_in(key), format!("no row accounts for {key}")));
        }
    }
    for listing in snapshot.listings.difference(&expected) {
        violations.push((None, format!("a stray listing row {listing:?}")));
    }
    for listing in expected.difference(&snapshot.listings) {
        violations.push((None, format!("a missing listing row {listing:?}")));
    }
    violations
}

/// What must hold besides once the sweeper ran after everything had ended.
pub(super) fn once_swept(snapshot: &Snapshot) -> Violations {
    let mut violations = at_any_time(snapshot);
    let shown: BTreeSet<&str> = snapshot
        .images
        .iter()
        .filter(|row| row.status == "active")
        .map(|row| row.object_key.as_str())
        .collect();
    for row in &snapshot.images {
        let wrong = match row.status.as_str() {
            "deleted" if row.awaits_sweeper => "a tombstone still awaits the sweeper",
            "deleted" if !row.expires => "a tombstone never expires",
            "active" | "deleted" => continue,
            other => &format!("a row is stuck as {other}"),
        };
        violations.push((Some(row.user.clone()), format!("{}: {wrong}", row.id)));
    }
    for key in snapshot.objects.keys() {
        if !shown.contains(key.as_str()) {
            violations.push((user_in(key), format!("{key} is left of no image")));
        }
    }
    violations
}

fn wrong_bytes(snapshot: &Snapshot, row: &ImageRow) -> Option<String> {
    let Some(bytes) = snapshot.objects.get(&row.object_key) else {
        return Some(format!("{} is shown without its bytes", row.id));
    };
    let digest = Sha256::digest(bytes).to_vec();
    let same = row.sha256.as_ref() == Some(&digest) && row.size_bytes == bytes.len();
    (!same).then(|| format!("{} is shown with other bytes", row.id))
}

fn user_in(object_key: &str) -> Option<String> {
    object_key.split('/').nth(1).map(str::to_owned)
}
