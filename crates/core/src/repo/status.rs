use aws_sdk_dynamodb::types::AttributeValue;

/// The state of an image row, as the row says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowStatus {
    Pending,
    Active,
    Deleting,
    /// A tombstone.
    Deleted,
}

impl RowStatus {
    const ALL: [Self; 4] = [Self::Pending, Self::Active, Self::Deleting, Self::Deleted];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// As a write or a condition has it.
    pub(super) fn value(self) -> AttributeValue {
        AttributeValue::S(self.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_back_and_nothing_else_is() {
        for status in RowStatus::ALL {
            assert_eq!(RowStatus::parse(status.as_str()), Some(status));
        }
        for foreign in ["", "Active", "gone"] {
            assert_eq!(RowStatus::parse(foreign), None, "{foreign}");
        }
    }
}
