//! An image's bytes: inline where they fit, behind a redirect where they do not.

use shoebox_core::{Image, PresignOptions, Reader};
use shoebox_http::{Call, Content, Failure, Reply};

/// The bytes, or why they need not be sent.
pub(crate) async fn content(
    reader: &Reader,
    call: &Call,
    image: &Image,
    options: PresignOptions,
) -> Result<Reply, Failure> {
    let content = Content::of(image).as_attachment(options.attachment);
    if let Some(not_modified) = content.not_modified(&call.headers) {
        return Ok(not_modified);
    }
    match (content.fits_inline(call), call.head) {
        (false, head) => {
            let options = PresignOptions { head, ..options };
            let url = reader.links().presign(image, options, call.now).await?;
            Ok(if head {
                // A cache could answer a `GET` by it, for which its URL does not work.
                Reply::redirect(&url.url)
            } else {
                content.redirect(&url)
            })
        }
        (true, true) => Ok(content.head()),
        (true, false) => Ok(content.reply(reader.content(image).await?)),
    }
}
