//! The parameters of reading an image.

use shoebox_core::Faults;
use shoebox_http::Call;
use utoipa::IntoParams;

/// How the image's URL is signed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UrlParameters {
    /// How long the URL lives, in seconds.
    #[param(required = false, minimum = 1, maximum = 604_800)]
    pub expires_in: u32,
    /// Another name of `expires_in`.
    #[deprecated]
    #[param(required = false, minimum = 1, maximum = 604_800)]
    pub expires: u32,
    /// Whether the URL, or the bytes, are to be saved under the image's filename.
    #[param(required = false)]
    pub download: bool,
}

/// What a client wants of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Representation {
    /// Its metadata and a URL.
    Json,
    /// Its bytes.
    Bytes,
}

impl Representation {
    /// `presigned=true` asks for JSON; otherwise `format` decides, and without it `Accept`.
    pub(crate) fn of(call: &Call, faults: &mut Faults) -> Self {
        let presigned = call.query.switch("presigned", faults);
        let format = call.query.one(&["format"], faults);
        let bytes = match format.as_deref() {
            Some("raw") => true,
            Some("json") => false,
            Some(_) => {
                faults.add("format", "must be raw or json");
                false
            }
            None => call.preferences().image_over_json(),
        };
        if bytes && !presigned {
            Self::Bytes
        } else {
            Self::Json
        }
    }
}
