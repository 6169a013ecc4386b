//! Uploads in their three forms, read into one: attributes as they came, and the files.

mod base64;
mod fields;
mod json;
mod multipart;
mod raw;

use bytes::Bytes;
use shoebox_core::{AttributeFields, DirectFields, Faults};

use crate::call::Call;
use crate::failure::Failure;

pub use multipart::{MAX_FIELDS, MAX_FILES, MAX_TEXT_BYTES};

/// An upload as it came. Nothing is checked yet but that it could be read.
#[derive(Debug, Default)]
pub struct UploadForm {
    /// What the client says of its images.
    pub fields: AttributeFields,
    /// The images, in the order they came.
    pub files: Vec<UploadedFile>,
}

/// One file of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    /// The bytes; where the form allows, a slice of the body.
    pub bytes: Bytes,
    /// The name that came with this very file.
    pub filename: Option<String>,
    /// The image type that the client declared for it.
    pub declared_type: Option<String>,
}

impl UploadForm {
    /// Takes the body out of the call and reads it in the form that its `Content-Type` names. Faults of single
    /// fields are noted, so that the caller can add its own before it gives up.
    ///
    /// # Errors
    /// [`Failure::UnsupportedForm`], or [`Failure::Malformed`] where nothing can be read at all.
    pub async fn read(call: &mut Call, faults: &mut Faults) -> Result<Self, Failure> {
        let content_type = call.content_type();
        let essence = content_type
            .as_ref()
            .map(|mime| (mime.type_().as_str(), mime));
        match essence {
            Some(("application", mime)) if is_json(mime) => {
                let body = std::mem::take(&mut call.body);
                json::read(&body, faults)
            }
            Some(("multipart", mime)) if mime.subtype() == mime::FORM_DATA => {
                multipart::read(std::mem::take(&mut call.body), mime, faults).await
            }
            Some(("application", mime)) if mime.subtype() == mime::OCTET_STREAM => {
                Ok(raw::read(call, None, faults))
            }
            Some(("image", mime)) => {
                let named = mime.subtype() != mime::STAR;
                let declared = named.then(|| mime.essence_str().to_owned());
                Ok(raw::read(call, declared, faults))
            }
            Some(_) | None => Err(Failure::UnsupportedForm {
                content_type: call.header("content-type").map(ToOwned::to_owned),
            }),
        }
    }
}

/// Reads the JSON declaration of a direct upload.
///
/// # Errors
/// [`Failure::Malformed`] where the body is no JSON object.
pub fn read_declaration(
    call: &Call,
    faults: &mut Faults,
) -> Result<(AttributeFields, DirectFields), Failure> {
    json::read_declaration(&call.body, faults)
}

fn is_json(mime: &mime::Mime) -> bool {
    mime.subtype() == mime::JSON || mime.suffix() == Some(mime::JSON)
}
