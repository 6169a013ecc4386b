use futures_util::FutureExt;
use proptest::prelude::*;

use super::*;

const BOUNDARY: &str = "XbX";

/// A part: its header parameters after `form-data`, its content type if any, and its bytes.
type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

fn body(parts: &[Part<'_>]) -> Bytes {
    let mut body = Vec::new();
    for (parameters, content_type, bytes) in parts {
        body.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
        let disposition = format!("Content-Disposition: form-data; {parameters}\r\n");
        body.extend_from_slice(disposition.as_bytes());
        if let Some(content_type) = content_type {
            body.extend_from_slice(format!("Content-Type: {content_type}\r\n").as_bytes());
        }
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body.into()
}

/// Reads at once: the whole body is at hand, so nothing ever waits.
fn read_now(body: Bytes, content_type: &str) -> Result<(UploadForm, Faults), Failure> {
    let mut faults = Faults::default();
    let mime: Mime = content_type.parse().unwrap();
    let form = read(body, &mime, &mut faults).now_or_never().unwrap()?;
    Ok((form, faults))
}

fn form(parts: &[Part<'_>]) -> (UploadForm, Faults) {
    read_now(body(parts), "multipart/form-data; boundary=XbX").unwrap()
}

#[test]
fn files_and_fields_are_told_apart() {
    let (form, faults) = form(&[
        ("name=\"tags\"", None, b"a,b"),
        (
            "name=\"image\"; filename=\"a.png\"",
            Some("image/png"),
            b"one",
        ),
        ("name=\"tags\"", None, b"c"),
        (
            "name=\"files[]\"; filename=\"b.jpg\"",
            Some("application/octet-stream"),
            b"two",
        ),
        (
            "name=\"files\"; filename*=UTF-8''%e2%82%ac.gif",
            None,
            b"three",
        ),
        ("name=\"user_id\"", Some("text/plain"), b"ann"),
        ("name=\"metadata\"", Some("application/json"), b"{\"k\":1}"),
        (
            "name=\"avatar\"; filename=\"c.png\"",
            Some("image/png"),
            b"four",
        ),
    ]);
    assert!(faults.is_empty(), "{faults}");
    let files: Vec<_> = form
        .files
        .iter()
        .map(|file| {
            (
                &file.bytes[..],
                file.filename.as_deref(),
                file.declared_type.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        files,
        [
            (&b"one"[..], Some("a.png"), Some("image/png")),
            (b"two", Some("b.jpg"), None),
            (b"three", Some("€.gif"), None),
            (b"four", Some("c.png"), Some("image/png")),
        ]
    );
    assert_eq!(form.fields.tags, ["a,b", "c"]);
    assert_eq!(form.fields.user_id.as_deref(), Some("ann"));
    assert_eq!(form.fields.metadata, Some(serde_json::json!({"k": 1})));
}

#[test]
fn a_form_without_a_chosen_file_says_what_is_missing() {
    let unchosen: Part<'_> = (
        "name=\"image\"; filename=\"\"",
        Some("application/octet-stream"),
        b"",
    );
    let (form, faults) = form(&[unchosen]);
    assert!(form.files.is_empty());
    assert_eq!(faults.as_slice()[0].field, "image");
}

#[test]
fn an_empty_file_with_a_name_is_a_file() {
    let (form, faults) = form(&[("name=\"image\"; filename=\"a.png\"", Some("image/png"), b"")]);
    assert!(faults.is_empty());
    assert_eq!(form.files[0].bytes, "");
}

#[test]
fn limits_hold_at_their_bounds_and_one_past_them() {
    let file: Part<'_> = ("name=\"files\"; filename=\"a\"", None, b"x");
    assert!(form(&[file; MAX_FILES]).1.is_empty());
    assert_eq!(form(&[file; MAX_FILES + 1]).1.as_slice()[0].field, "files");

    let tag: Part<'_> = ("name=\"tags\"", None, b"x");
    let with_tags = |count: usize| {
        let mut parts = vec![file];
        parts.resize(count, tag);
        form(&parts).1
    };
    assert!(with_tags(MAX_FIELDS).is_empty());
    assert_eq!(with_tags(MAX_FIELDS + 1).as_slice()[0].field, "body");

    let texts =
        |length: usize| form(&[file, ("name=\"description\"", None, &vec![b'd'; length])]).1;
    assert!(texts(MAX_TEXT_BYTES).is_empty());
    assert_eq!(texts(MAX_TEXT_BYTES + 1).as_slice()[0].field, "description");
}

#[test]
fn a_broken_form_is_malformed() {
    let whole = body(&[("name=\"image\"; filename=\"a\"", None, b"x")]);
    let cut = whole.slice(..whole.len() - 8);
    for (body, content_type) in [
        (cut, "multipart/form-data; boundary=XbX"),
        (whole.clone(), "multipart/form-data; boundary=other"),
        (whole, "multipart/form-data"),
        (Bytes::new(), "multipart/form-data; boundary=XbX"),
    ] {
        let failure = read_now(body, content_type).unwrap_err();
        assert!(matches!(failure, Failure::Malformed { .. }));
    }
}

proptest! {
    #[test]
    fn any_bytes_come_out_as_they_went_in(
        files in proptest::collection::vec(
            proptest::collection::vec(
                prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), Just(b'X'), Just(b'b'), any::<u8>()],
                0..60,
            ),
            1..5,
        )
    ) {
        let delimiter = format!("\r\n--{BOUNDARY}");
        for file in &files {
            let framed = [b"\r\n", &file[..]].concat();
            prop_assume!(!framed.windows(delimiter.len()).any(|window| window == delimiter.as_bytes()));
        }
        let parts: Vec<Part<'_>> =
            files.iter().map(|file| ("name=\"files\"; filename=\"f\"", None, &file[..])).collect();
        let (form, _) = form(&parts);
        let read: Vec<_> = form.files.iter().map(|file| file.bytes.to_vec()).collect();
        prop_assert_eq!(read, files);
    }

    #[test]
    fn no_body_panics_or_waits(bytes in proptest::collection::vec(any::<u8>(), 0..120), cut in 0usize..200) {
        let whole = body(&[("name=\"image\"; filename=\"a\"", None, &bytes)]);
        let _ = read_now(whole.slice(..cut.min(whole.len())), "multipart/form-data; boundary=XbX");
        let _ = read_now(bytes.into(), "multipart/form-data; boundary=XbX");
    }
}
