use serde::Serialize;

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
    /// Finding: objects among those of images whose keys this service does not write.
    pub foreign_objects: u64,
    /// Finding: listing rows of no image that is shown, or of another revision of it.
    pub stray_listing_rows: u64,
    /// Finding: listing rows that an image should have and has not.
    pub missing_listing_rows: u64,
    /// Finding: uploads and deletes that the sweeper should have settled, or does not know of.
    pub overdue_rows: u64,
    /// Finding: tombstones that the sweeper should have released, or that nothing will ever drop.
    pub stuck_tombstones: u64,
    /// Finding: rows under keys of this service that cannot be read. Their objects and listing rows are not judged.
    pub corrupt_rows: u64,
    /// Finding: rows under keys that this service does not write.
    pub foreign_rows: u64,
    /// What was removed.
    pub repaired: u64,
}

impl AuditReport {
    /// The findings, by what was found.
    #[must_use]
    pub fn findings(&self) -> [(&'static str, u64); 9] {
        [
            ("images without their bytes", self.images_without_object),
            ("objects without a row", self.objects_without_row),
            ("foreign objects", self.foreign_objects),
            ("stray listing rows", self.stray_listing_rows),
            ("missing listing rows", self.missing_listing_rows),
            ("overdue uploads and deletes", self.overdue_rows),
            ("stuck tombstones", self.stuck_tombstones),
            ("corrupt rows", self.corrupt_rows),
            ("foreign rows", self.foreign_rows),
        ]
    }

    /// How much is not as it should be.
    #[must_use]
    pub fn finding_count(&self) -> u64 {
        self.findings().iter().map(|(_, count)| count).sum()
    }
}
