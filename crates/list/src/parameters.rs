//! The parameters of the list.

use shoebox_core::{Faults, ListFields, ListQuery, PresignOptions};
use shoebox_http::{Call, Query};
use utoipa::IntoParams;

/// The names that the position in a list goes by.
const CURSOR_NAMES: [&str; 3] = ["last_key", "cursor", "last_evaluated_key"];

/// What narrows, orders and pages the list. Unknown parameters are passed over.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListParameters {
    /// Whose images; without it, the public images of all users.
    #[param(required = false, example = "ann")]
    pub user_id: String,
    /// Comma-separated or repeated.
    #[param(required = false)]
    pub tags: Vec<String>,
    /// `all` (the default): every tag must match; `any`: one does.
    #[param(required = false, example = "all", pattern = "^(all|any)$")]
    pub tag_mode: String,
    /// Exact.
    #[param(required = false, example = "travel")]
    pub category: String,
    /// Exact.
    #[param(required = false, example = "image/jpeg")]
    pub content_type: String,
    /// `private` or `public`.
    #[param(required = false, pattern = "^(private|public)$")]
    pub visibility: String,
    /// Inclusive: RFC 3339, a date, or Unix seconds.
    #[param(required = false, example = "2026-01-01")]
    pub date_from: String,
    /// Inclusive: RFC 3339, a date, or Unix seconds.
    #[param(required = false, example = "2026-12-31T23:59:59Z")]
    pub date_to: String,
    /// `desc` (the default) or `asc`.
    #[param(required = false, example = "desc", pattern = "^(desc|asc)$")]
    pub order: String,
    /// Whether each image carries its `presigned_url`.
    #[param(required = false)]
    pub presigned: bool,
    /// How long those URLs live, in seconds.
    #[param(required = false, minimum = 1, maximum = 604_800)]
    pub expires_in: u32,
    /// Another name of `expires_in`.
    #[deprecated]
    #[param(required = false, minimum = 1, maximum = 604_800)]
    pub expires: u32,
    /// The size of the page.
    #[param(required = false, minimum = 1, maximum = 100, default = 20)]
    pub limit: u32,
    /// A `last_key` from an earlier answer to the same filters.
    #[param(required = false)]
    pub last_key: String,
    /// Another name of `last_key`.
    #[deprecated]
    #[param(required = false)]
    pub cursor: String,
    /// Another name of `last_key`.
    #[deprecated]
    #[param(required = false)]
    pub last_evaluated_key: String,
}

/// Reads the filters and checks them.
pub(crate) fn list_query(query: &Query, faults: &mut Faults) -> ListQuery {
    let mut one = |name| query.one(&[name], faults);
    let fields = ListFields {
        user_id: one("user_id"),
        tags: query.all("tags").map(ToOwned::to_owned).collect(),
        tag_mode: one("tag_mode"),
        category: one("category"),
        content_type: one("content_type"),
        visibility: one("visibility"),
        date_from: one("date_from"),
        date_to: one("date_to"),
        order: one("order"),
        limit: one("limit"),
        last_key: query.one(&CURSOR_NAMES, faults),
    };
    ListQuery::parse(fields, faults)
}

/// How the images' URLs are to be signed, where they are asked for.
pub(crate) fn presign_options(call: &Call, faults: &mut Faults) -> Option<PresignOptions> {
    let options = call.presign_options(faults);
    call.query.switch("presigned", faults).then_some(options)
}

/// The parameters that ask for the next page of the same list.
pub(crate) fn of_next_page(
    query: &ListQuery,
    presign: Option<PresignOptions>,
    last_key: String,
) -> Vec<(&'static str, String)> {
    let mut parameters = query.parameters();
    if let Some(options) = presign {
        parameters.push(("presigned", "true".to_owned()));
        let expires_in = options.expires_in_secs.map(|secs| secs.to_string());
        parameters.extend(expires_in.map(|secs| ("expires_in", secs)));
        if options.attachment {
            parameters.push(("download", "true".to_owned()));
        }
    }
    parameters.push((CURSOR_NAMES[0], last_key));
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(query: &str) -> Vec<String> {
        let mut faults = Faults::default();
        list_query(&Query::parse(query), &mut faults);
        faults
            .as_slice()
            .iter()
            .map(|fault| fault.field.clone())
            .collect()
    }

    #[test]
    fn every_wrong_parameter_is_named_at_once() {
        assert_eq!(
            faults("user_id=a%20b&tag_mode=some&order=up&limit=0&visibility=x&date_from=soon"),
            [
                "date_from",
                "user_id",
                "tag_mode",
                "visibility",
                "order",
                "limit"
            ]
        );
    }

    #[test]
    fn the_cursor_s_names_may_not_contradict_each_other() {
        assert_eq!(
            faults("cursor=a&last_key=a&last_evaluated_key=a"),
            Vec::<String>::new()
        );
        assert_eq!(faults("cursor=a&last_key=b"), ["last_key"]);
    }

    #[test]
    fn unknown_parameters_are_passed_over() {
        assert_eq!(
            faults("page=2&utm_source=x&tags=a&tags=b"),
            Vec::<String>::new()
        );
    }
}
