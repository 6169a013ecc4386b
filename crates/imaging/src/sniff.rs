//! What a file is, from its first bytes. A client's word for it is never taken.

use crate::ImageFormat;

/// What the first bytes of a file say it is. Nothing past them has been looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// A format that can be stored.
    Supported(ImageFormat),
    /// A known type that is never stored; its media type.
    Unsupported(&'static str),
    /// Nothing this crate knows, or too few bytes to tell.
    Unknown,
}

/// How far to look for the root element of an SVG: an XML declaration, comments and a document type
/// may precede it.
const SVG_SEARCH_BYTES: usize = 1024;

/// How far to look for the brands of a file type box: real ones have a dozen.
const FILE_TYPE_BYTES: usize = 1024;

/// Signatures at the very start of a file, longest first where one is the beginning of another.
const SIGNATURES: [(&[u8], Sniffed); 15] = [
    (b"\xFF\xD8\xFF", Sniffed::Supported(ImageFormat::Jpeg)),
    (b"\x89PNG\r\n\x1A\n", Sniffed::Supported(ImageFormat::Png)),
    (b"GIF87a", Sniffed::Supported(ImageFormat::Gif)),
    (b"GIF89a", Sniffed::Supported(ImageFormat::Gif)),
    (
        b"\x00\x00\x00\x0CJXL \r\n\x87\n",
        Sniffed::Unsupported("image/jxl"),
    ),
    (b"\xFF\x0A", Sniffed::Unsupported("image/jxl")),
    (
        b"\x00\x00\x00\x0CjP  \r\n\x87\n",
        Sniffed::Unsupported("image/jp2"),
    ),
    (b"II*\x00", Sniffed::Unsupported("image/tiff")),
    (b"MM\x00*", Sniffed::Unsupported("image/tiff")),
    (b"II+\x00", Sniffed::Unsupported("image/tiff")),
    (b"MM\x00+", Sniffed::Unsupported("image/tiff")),
    (b"\x00\x00\x01\x00", Sniffed::Unsupported("image/x-icon")),
    (b"%PDF-", Sniffed::Unsupported("application/pdf")),
    (b"8BPS", Sniffed::Unsupported("image/vnd.adobe.photoshop")),
    (b"BM", Sniffed::Unsupported("image/bmp")),
];

/// Tells the type of a file from its first bytes.
#[must_use]
pub fn sniff(bytes: &[u8]) -> Sniffed {
    if let Some((_, sniffed)) = SIGNATURES
        .iter()
        .find(|(signature, _)| bytes.starts_with(signature))
    {
        return *sniffed;
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Sniffed::Supported(ImageFormat::Webp);
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return sniff_brands(bytes);
    }
    if looks_like_svg(bytes) {
        return Sniffed::Unsupported("image/svg+xml");
    }
    Sniffed::Unknown
}

/// Tells AVIF from its relatives by the brands of the file type box (ISO/IEC 14496-12 4.3).
fn sniff_brands(bytes: &[u8]) -> Sniffed {
    let declared_size = match bytes {
        [a, b, c, d, ..] => u32::from_be_bytes([*a, *b, *c, *d]) as usize,
        _ => 0,
    };
    let length = declared_size.min(bytes.len()).min(FILE_TYPE_BYTES);
    let file_type = &bytes[..length];
    // Major brand, minor version (no brand), compatible brands.
    let major = file_type.get(8..12);
    let compatible = file_type.get(16..).unwrap_or_default().chunks_exact(4);
    let brands = || major.into_iter().chain(compatible.clone());
    let any = |wanted: &[&[u8; 4]]| brands().any(|brand| wanted.iter().any(|w| brand == *w));

    if any(&[b"avif", b"avis"]) {
        Sniffed::Supported(ImageFormat::Avif)
    } else if any(&[
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs",
    ]) {
        Sniffed::Unsupported("image/heic")
    } else if any(&[b"mif1", b"mif2", b"mif3", b"msf1"]) {
        Sniffed::Unsupported("image/heif")
    } else if any(&[b"isom", b"iso2", b"mp41", b"mp42", b"qt  ", b"M4V "]) {
        Sniffed::Unsupported("video/mp4")
    } else {
        Sniffed::Unknown
    }
}

fn looks_like_svg(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(SVG_SEARCH_BYTES)];
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    head.trim_ascii_start().starts_with(b"<")
        && head
            .windows(4)
            .any(|window| window.eq_ignore_ascii_case(b"<svg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_unknown() {
        assert_eq!(sniff(b""), Sniffed::Unknown);
    }

    #[test]
    fn the_brands_decide_between_avif_and_heic_wherever_they_stand() {
        let avif = b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf";
        assert_eq!(sniff(avif), Sniffed::Supported(ImageFormat::Avif));
        let heic = b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic";
        assert_eq!(sniff(heic), Sniffed::Unsupported("image/heic"));
    }

    #[test]
    fn the_minor_version_is_not_taken_for_a_brand() {
        let heif = b"\0\0\0\x14ftypmif1avifmif1";
        assert_eq!(sniff(heif), Sniffed::Unsupported("image/heif"));
    }

    #[test]
    fn brands_are_looked_for_at_the_start_of_a_file_alone() {
        let file = |brands_before| {
            let mut file = b"\x7F\0\0\0ftypxxxx\0\0\0\0".to_vec();
            file.extend(b"xxxx".repeat(brands_before));
            file.extend(b"avif");
            file
        };
        assert_eq!(sniff(&file(251)), Sniffed::Supported(ImageFormat::Avif));
        assert_eq!(sniff(&file(252)), Sniffed::Unknown);
        assert_eq!(sniff(&file(10_000_000)), Sniffed::Unknown);
    }

    #[test]
    fn an_svg_is_known_behind_its_declaration_and_comments() {
        let svg = b"\xEF\xBB\xBF <?xml version=\"1.0\"?><!-- a --><SVG xmlns=\"\"/>";
        assert_eq!(sniff(svg), Sniffed::Unsupported("image/svg+xml"));
        assert_eq!(sniff(b"<html></html>"), Sniffed::Unknown);
    }
}
