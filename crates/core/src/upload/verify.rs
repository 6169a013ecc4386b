//! Checks of an image before anything of it is stored or shown.

use imaging::{ImageFormat, InspectError, Inspection, Limits, Sniffed};
use tokio::task::JoinError;

use super::File;
use crate::config::ImageRules;
use crate::{Attributes, Error, Faults, Filename};

pub(super) fn part_filename(
    attributes: &Attributes,
    file: &File,
) -> Result<Option<Filename>, Error> {
    if let Some(name) = &attributes.filename {
        return Ok(Some(name.clone()));
    }
    let mut faults = Faults::default();
    let name = file.filename.as_deref().filter(|name| !name.is_empty());
    let name = name.and_then(|name| faults.check("filename", Filename::parse(name)));
    Ok(faults.or(name)?)
}

/// Runs work on an image on a thread of its own. It keeps a core busy for seconds, and on the runtime's only thread
/// nothing could cut it off in time to answer, or do anything else meanwhile. Where nobody waits for it any more it
/// still runs to its end, and what it has found is dropped.
pub(super) async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    match tokio::task::spawn_blocking(work)
        .await
        .map_err(JoinError::try_into_panic)
    {
        Ok(done) => done,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // The runtime is shutting down, and this task with it.
        Err(Err(_)) => std::future::pending().await,
    }
}

/// Everything that can be wrong with the bytes, the cheapest question first.
pub(super) fn verify(
    rules: &ImageRules,
    attributes: &Attributes,
    file: &File,
) -> Result<Inspection, Error> {
    let size_bytes = file.bytes.len() as u64;
    if size_bytes > rules.max_size_bytes {
        return Err(Error::TooManyBytes {
            size_bytes,
            limit_bytes: rules.max_size_bytes,
        });
    }
    if file.bytes.is_empty() {
        return Err(refused(InspectError::Empty));
    }
    let unaccepted = |found| Error::UnacceptedType {
        found,
        accepted: rules.allowed_formats.clone(),
    };
    let found = match imaging::sniff(&file.bytes) {
        Sniffed::Supported(format) if rules.allowed_formats.contains(&format) => format,
        Sniffed::Supported(format) => return Err(unaccepted(format.content_type())),
        Sniffed::Unsupported(content_type) => return Err(unaccepted(content_type)),
        // Bytes of no type contradict none that was declared: they are an image that cannot be decoded.
        Sniffed::Unknown => {
            return Err(Error::BadImage {
                detail: "The bytes are no known image.".to_owned(),
                cause: None,
            });
        }
    };
    check_declared(file.declared_type.as_deref(), found)?;
    let limits = Limits {
        max_pixels: rules.max_pixels,
        ..Limits::default()
    };
    let inspection = imaging::inspect(&file.bytes, &limits).map_err(refused)?;
    check_claims(attributes, &inspection)?;
    Ok(inspection)
}

/// A declared image type must be that of the bytes. Any other declaration says nothing of them.
fn check_declared(declared: Option<&str>, found: ImageFormat) -> Result<(), Error> {
    match declared {
        Some(declared)
            if declared.to_ascii_lowercase().starts_with("image/")
                && ImageFormat::from_content_type(declared) != Some(found) =>
        {
            Err(Error::ContradictoryType {
                declared: declared.to_owned(),
                found,
            })
        }
        Some(_) | None => Ok(()),
    }
}

fn check_claims(attributes: &Attributes, inspection: &Inspection) -> Result<(), Error> {
    let claims = [
        ("width", attributes.width_px, inspection.width_px),
        ("height", attributes.height_px, inspection.height_px),
    ];
    let wrong: Vec<String> = claims
        .into_iter()
        .filter_map(|(name, claimed, found)| {
            let claimed = claimed.filter(|claimed| *claimed != found)?;
            Some(format!(
                "The {name} is {found} pixels, but {claimed} was claimed."
            ))
        })
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Error::BadImage {
        detail: wrong.join(" "),
        cause: None,
    })
}

fn refused(error: InspectError) -> Error {
    let detail = sentence(&error.to_string());
    match error {
        InspectError::TooManyPixels { .. }
        | InspectError::TooMuchMemory { .. }
        | InspectError::TooManyFrames { .. } => Error::TooManyPixels { detail },
        other => Error::BadImage {
            detail,
            cause: Some(Box::new(other)),
        },
    }
}

fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), chars.as_str())
}
