//! The body and the answer of a bulk delete.

use std::collections::HashSet;

use serde_json::Value;
use shoebox_core::{Error, Faults, ImageId, MAX_BULK_IDS, abridged};
use shoebox_http::bodies::{BulkDeleted, BulkFailure};
use shoebox_http::{Call, Failure, JsonMembers, Reply, StatusCode, partly_failed};
use utoipa::ToSchema;

/// Which images to delete.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "user_id": "ann",
    "image_ids": ["0192f0c1-8b6a-7000-8000-00000000000a"],
}))]
pub struct BulkDelete {
    /// 1 to 100 ids.
    #[schema(min_items = 1, max_items = 100)]
    pub image_ids: Vec<String>,
    /// Who is calling; the header `X-User-Id` goes before it.
    #[schema(required = false)]
    pub user_id: String,
    /// Whether storage failures are left to be cleaned up later.
    #[schema(required = false)]
    pub force: bool,
}

/// The most characters of an id of another shape than ours that the answer repeats.
const MAX_ECHOED_CHARS: usize = 64;

/// The ids of a request, each once, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ids {
    /// Those that an image of this service can have.
    pub(crate) known: Vec<ImageId>,
    /// Those that none can, abridged.
    pub(crate) impossible: Vec<String>,
}

impl Ids {
    /// Reads `image_ids`.
    pub(crate) fn read(members: &JsonMembers<'_>, faults: &mut Faults) -> Self {
        let mut ids = Self::default();
        let Some(Value::Array(items)) = members.value("image_ids", faults) else {
            faults.add_missing("image_ids", "is required: an array of 1 to 100 ids");
            return ids;
        };
        if items.is_empty() || items.len() > MAX_BULK_IDS {
            faults.add("image_ids", format_args!("must be 1 to {MAX_BULK_IDS} ids"));
            return ids;
        }
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            match item.as_str() {
                Some(text) if !seen.insert(text) => {}
                Some(text) => ids.add(text),
                None => faults.add(format!("image_ids[{index}]"), "must be a string"),
            }
        }
        ids
    }

    fn add(&mut self, text: &str) {
        match text.parse() {
            Ok(id) if self.known.contains(&id) => {}
            Ok(id) => self.known.push(id),
            Err(_) => {
                let echo = abridged(text, MAX_ECHOED_CHARS).into_owned();
                self.impossible.push(echo);
            }
        }
    }
}

/// `force` in the query or the body; one may not contradict the other.
pub(crate) fn force(call: &Call, members: &JsonMembers<'_>, faults: &mut Faults) -> bool {
    let query = call.query.maybe_switch("force", faults);
    let body = members.switch("force", faults);
    if let (Some(query), Some(body)) = (query, body)
        && query != body
    {
        faults.add("force", "is given two different values (query, body)");
    }
    query.or(body).unwrap_or(false)
}

/// 200 where every image is gone, otherwise 207.
pub(crate) fn reply(
    outcomes: Vec<(ImageId, Result<(), Error>)>,
    impossible: Vec<String>,
) -> Result<Reply, Failure> {
    let mut body = BulkDeleted {
        deleted: Vec::new(),
        failed: Vec::new(),
    };
    for (id, outcome) in outcomes {
        match outcome {
            Ok(()) => body.deleted.push(id.to_string()),
            Err(error) => {
                partly_failed(&format!("image {id}"), &error);
                body.failed.push(BulkFailure::new(id.to_string(), &error));
            }
        }
    }
    let impossible = impossible.into_iter();
    body.failed
        .extend(impossible.map(|text| BulkFailure::new(text, &Error::NotFound)));
    let status = match body.failed.as_slice() {
        [] => StatusCode::OK,
        [_, ..] => StatusCode::MULTI_STATUS,
    };
    Reply::json(status, &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const A: &str = "0192f0c1-8b6a-7000-8000-00000000000a";
    const B: &str = "0192f0c1-8b6a-7000-8000-00000000000b";

    fn read(body: &Value) -> Result<Ids, Vec<String>> {
        let text = body.to_string();
        let members = JsonMembers::parse(text.as_bytes()).unwrap();
        let mut faults = Faults::default();
        let ids = Ids::read(&members, &mut faults);
        let named = |faults: &Faults| {
            let fields = faults.as_slice().iter().map(|fault| fault.field.clone());
            fields.collect::<Vec<_>>()
        };
        if faults.is_empty() {
            Ok(ids)
        } else {
            Err(named(&faults))
        }
    }

    #[test]
    fn ids_count_once_and_impossible_ones_are_kept_apart() {
        let ids = read(&json!({ "image_ids": [A, "42", B, A, "42", A.to_uppercase()] })).unwrap();
        assert_eq!(ids.known, [A.parse().unwrap(), B.parse().unwrap()]);
        assert_eq!(ids.impossible, ["42"]);
    }

    #[test]
    fn ids_that_differ_far_in_have_a_result_each_and_are_not_repeated_whole() {
        let long = |end: &str| "x".repeat(MAX_ECHOED_CHARS) + end;
        let ids = [long("a"), long("b"), long("a"), long("")];
        let ids = read(&json!({ "image_ids": ids })).unwrap();
        let echo = "x".repeat(MAX_ECHOED_CHARS - 1) + "…";
        assert_eq!(ids.impossible, [echo.clone(), echo, long("")]);
    }

    #[test]
    fn bounds_hold_at_the_limit_and_one_past_it() {
        assert!(read(&json!({ "image_ids": vec![A; 100] })).is_ok());
        for wrong in [json!(vec![A; 101]), json!([]), json!(A), json!(null)] {
            let faults = read(&json!({ "image_ids": wrong })).unwrap_err();
            assert_eq!(faults, ["image_ids"]);
        }
    }

    #[test]
    fn every_element_that_is_no_text_is_named() {
        let faults = read(&json!({ "image_ids": [A, 1, B, null] })).unwrap_err();
        assert_eq!(faults, ["image_ids[1]", "image_ids[3]"]);
    }

    #[test]
    fn one_failure_makes_it_207() {
        let (a, b): (ImageId, ImageId) = (A.parse().unwrap(), B.parse().unwrap());
        let reply = reply(
            vec![(a, Ok(())), (b, Err(Error::Forbidden))],
            vec!["42".to_owned()],
        );
        let reply = reply.unwrap();
        assert_eq!(reply.status(), StatusCode::MULTI_STATUS);
        let body: Value = serde_json::from_slice(reply.body()).unwrap();
        assert_eq!(body["deleted"], json!([A]));
        assert_eq!(body["failed"][0]["status"], 403);
        assert_eq!(body["failed"][1]["image_id"], "42");
        assert_eq!(body["failed"][1]["code"], "image_not_found");
        let all = super::reply(vec![(a, Ok(()))], Vec::new()).unwrap();
        assert_eq!(all.status(), StatusCode::OK);
    }
}
