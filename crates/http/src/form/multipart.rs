//! The form `multipart/form-data` (RFC 7578): files in some fields, attributes in others.

use std::convert::Infallible;

use bytes::{Bytes, BytesMut};
use futures_util::{future, stream};
use mime::Mime;
use multer::{Field, Multipart};
use shoebox_core::Faults;

use super::{UploadForm, UploadedFile, fields};
use crate::disposition::filename_of;
use crate::failure::Failure;

/// The most images of one request.
pub const MAX_FILES: usize = 20;

/// The most parts of one request, files included.
pub const MAX_FIELDS: usize = 100;

/// The longest text of one part, in bytes: a description of 2,000 characters of four bytes fits.
pub const MAX_TEXT_BYTES: usize = 16_384;

/// Reads the body. Its parts are slices of one copy of it.
pub(super) async fn read(
    body: Bytes,
    content_type: &Mime,
    faults: &mut Faults,
) -> Result<UploadForm, Failure> {
    let boundary = content_type
        .get_param(mime::BOUNDARY)
        .ok_or_else(|| malformed("The Content-Type of the form has no boundary.", None))?;
    let whole = stream::once(future::ready(Ok::<_, Infallible>(body)));
    let mut parts = Multipart::new(whole, boundary.as_str());
    let mut form = UploadForm::default();
    let mut count = 0;
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        count += 1;
        if count > MAX_FIELDS || form.files.len() > MAX_FILES {
            break;
        }
        read_part(part, &mut form, faults).await?;
    }
    if count > MAX_FIELDS {
        faults.add("body", format_args!("must be at most {MAX_FIELDS} parts"));
    }
    if form.files.len() > MAX_FILES {
        faults.add("files", format_args!("must be at most {MAX_FILES} images"));
    }
    if form.files.is_empty() {
        faults.add(
            "image",
            "is required: a part with a filename, in field image as a rule",
        );
    }
    Ok(form)
}

/// A part with a filename is a file, whatever its field is called: one that is passed over is an image that the client
/// believes to be stored.
async fn read_part(
    part: Field<'_>,
    form: &mut UploadForm,
    faults: &mut Faults,
) -> Result<(), Failure> {
    let Some(name) = part.name().map(ToOwned::to_owned) else {
        return Ok(());
    };
    let filename = part_filename(&part);
    let declared_type = part
        .content_type()
        .filter(|mime| mime.type_() == mime::IMAGE)
        .map(|mime| mime.essence_str().to_owned());
    let is_file = filename.is_some() || declared_type.is_some();
    let bytes = collect(part).await?;
    if is_file {
        let filename = filename.filter(|name| !name.is_empty());
        // A browser sends an empty part without a name where no file was chosen.
        if filename.is_some() || !bytes.is_empty() {
            form.files.push(UploadedFile {
                bytes,
                filename,
                declared_type,
            });
        }
    } else {
        match text_of(&bytes) {
            Ok(text) => fields::set(&mut form.fields, &name, text, faults),
            Err(detail) => faults.add(name, detail),
        }
    }
    Ok(())
}

/// The file name of a part; an empty one still makes the part a file.
fn part_filename(part: &Field<'_>) -> Option<String> {
    let header = part.headers().get(http::header::CONTENT_DISPOSITION)?;
    let plain = part.file_name();
    filename_of(header.as_bytes()).or_else(|| plain.map(ToOwned::to_owned))
}

fn text_of(bytes: &[u8]) -> Result<String, &'static str> {
    if bytes.len() > MAX_TEXT_BYTES {
        return Err("is too long");
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err("must be UTF-8"),
    }
}

/// The bytes of a part: as the whole body is at hand, always one slice, which is not copied.
async fn collect(mut part: Field<'_>) -> Result<Bytes, Failure> {
    let first = part.chunk().await.map_err(broken)?.unwrap_or_default();
    let Some(second) = part.chunk().await.map_err(broken)? else {
        return Ok(first);
    };
    let mut joined = BytesMut::from(&first[..]);
    joined.extend_from_slice(&second);
    while let Some(next) = part.chunk().await.map_err(broken)? {
        joined.extend_from_slice(&next);
    }
    Ok(joined.freeze())
}

fn broken(error: multer::Error) -> Failure {
    malformed("The body is no complete multipart/form-data.", Some(error))
}

fn malformed(detail: &str, cause: Option<multer::Error>) -> Failure {
    Failure::Malformed {
        detail: detail.to_owned(),
        cause: cause.map(Into::into),
    }
}

#[cfg(test)]
mod tests;
