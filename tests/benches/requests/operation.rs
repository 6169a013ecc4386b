//! The operations that are measured, as events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shoebox_tests::event::Incoming;

use crate::jpeg;

/// How many images a bulk delete removes.
pub(crate) const BULK_IDS: usize = 100;

/// Images of two sizes.
pub(crate) struct Samples {
    /// 0.1 MB.
    pub(crate) small: Vec<u8>,
    /// 3 MB.
    pub(crate) large: Vec<u8>,
}

impl Samples {
    pub(crate) fn new() -> Self {
        Self {
            small: jpeg::photograph(560, 420, 30),
            large: jpeg::photograph(3072, 2304, 30),
        }
    }

    /// What is measured: its name, the operation, and the image that it is about.
    pub(crate) fn cases(&self) -> [(&'static str, Operation, &Vec<u8>); 13] {
        [
            ("upload 0.1 MB, raw", Operation::UploadRaw, &self.small),
            (
                "upload 0.1 MB, multipart",
                Operation::UploadMultipart,
                &self.small,
            ),
            ("upload 0.1 MB, JSON", Operation::UploadJson, &self.small),
            ("upload 3 MB, raw", Operation::UploadRaw, &self.large),
            (
                "upload 3 MB, multipart",
                Operation::UploadMultipart,
                &self.large,
            ),
            ("upload 3 MB, JSON", Operation::UploadJson, &self.large),
            ("list, page of 20", Operation::List, &self.small),
            ("get, JSON", Operation::GetJson, &self.small),
            ("get, bytes of 0.1 MB", Operation::GetBytes, &self.small),
            ("get, bytes of 3 MB", Operation::GetBytes, &self.large),
            ("patch tags", Operation::Patch, &self.small),
            ("delete", Operation::Delete, &self.small),
            ("delete 100 at once", Operation::BulkDelete, &self.small),
        ]
    }
}

/// One operation. What it needs is made before it is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    UploadRaw,
    UploadMultipart,
    UploadJson,
    List,
    GetJson,
    GetBytes,
    Patch,
    Delete,
    BulkDelete,
}

impl Operation {
    pub(crate) fn function(self) -> &'static str {
        match self {
            Self::UploadRaw | Self::UploadMultipart | Self::UploadJson => "upload",
            Self::List => "list",
            Self::GetJson | Self::GetBytes => "get",
            Self::Patch => "update",
            Self::Delete | Self::BulkDelete => "delete",
        }
    }

    /// How many images one run uses up.
    pub(crate) fn consumed_images(self) -> usize {
        match self {
            Self::Delete => 1,
            Self::BulkDelete => BULK_IDS,
            Self::UploadRaw
            | Self::UploadMultipart
            | Self::UploadJson
            | Self::List
            | Self::GetJson
            | Self::GetBytes
            | Self::Patch => 0,
        }
    }

    /// The event of run `run`, on these images or with this file.
    pub(crate) fn event(self, run: usize, ids: &[String], file: &[u8]) -> Vec<u8> {
        let image = format!("/images/{}", ids[0]);
        let event = match self {
            Self::UploadRaw => by_ann("POST", "/images?tags=sea,sun").body("image/jpeg", file),
            Self::UploadMultipart => by_ann("POST", "/images")
                .body("multipart/form-data; boundary=limit", multipart(file)),
            Self::UploadJson => {
                let body = json!({ "file_data": STANDARD.encode(file), "tags": ["sea", "sun"] });
                by_ann("POST", "/images").json(&body)
            }
            Self::List => by_ann("GET", "/images?user_id=ann"),
            Self::GetJson => by_ann("GET", &image),
            Self::GetBytes => by_ann("GET", &image).header("accept", "image/*"),
            Self::Patch => {
                by_ann("PATCH", &image).json(&json!({ "tags": ["sea", format!("run-{run}")] }))
            }
            Self::Delete => by_ann("DELETE", &image),
            Self::BulkDelete => {
                by_ann("DELETE", "/images").json(&json!({ "user_id": "ann", "image_ids": ids }))
            }
        };
        event.rest_event()
    }
}

fn by_ann(method: &str, target: &str) -> Incoming {
    Incoming::new(method, target).header("x-user-id", "ann")
}

fn multipart(file: &[u8]) -> Vec<u8> {
    let mut body = b"--limit\r\nContent-Disposition: form-data; name=\"tags\"\r\n\r\nsea,sun\r\n\
        --limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\n"
        .to_vec();
    body.extend(file);
    body.extend(b"\r\n--limit--\r\n");
    body
}

/// An answer that is one of success, and its body where that is JSON.
pub(crate) fn succeeded(answer: &[u8]) -> Value {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    let status = answer["statusCode"].as_u64().unwrap();
    assert!((200..300).contains(&status), "{answer}");
    let body = answer["body"].as_str().unwrap_or_default();
    serde_json::from_str(body).unwrap_or(Value::Null)
}
