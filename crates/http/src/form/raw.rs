//! The form where the body is the image itself; attributes come in the query string.

use http::header::CONTENT_DISPOSITION;
use shoebox_core::{AttributeFields, Faults};

use super::{UploadForm, UploadedFile, fields};
use crate::call::Call;
use crate::disposition::filename_of;

pub(super) fn read(
    call: &mut Call,
    declared_type: Option<String>,
    faults: &mut Faults,
) -> UploadForm {
    let mut attributes = AttributeFields::default();
    for (name, value) in call.query.pairs() {
        fields::set(&mut attributes, name, value.to_owned(), faults);
    }
    let filename = call
        .headers
        .get(CONTENT_DISPOSITION)
        .and_then(|value| filename_of(value.as_bytes()));
    UploadForm {
        fields: attributes,
        files: vec![UploadedFile {
            bytes: std::mem::take(&mut call.body),
            filename,
            declared_type,
        }],
    }
}
