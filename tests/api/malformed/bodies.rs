//! Bodies: JSON, base64 and forms that are broken in every way that comes to mind, and at random.

use shoebox_tests::shoebox::text;
use shoebox_tests::{Shoebox, picture};

use super::{assert_refused, empty};

/// JSON that no operation with a body takes.
const JSON: [&str; 44] = [
    "{",
    "}",
    "[",
    "]",
    "[]",
    "[{}]",
    "\"text\"",
    "7",
    "-",
    "1e999",
    "true",
    "nul",
    "NaN",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}",
    "{'a':1}",
    "{\"a\":1}{\"b\":2}",
    "{\"a\":1} trailing",
    "\u{feff}{}",
    "// c\n{}",
    "{\"file_data\":}",
    "{\"file_data\":[]}",
    "{\"file_data\":{}}",
    "{\"file_data\":true}",
    "{\"file_data\":1e400}",
    "{\"file_data\":\"\\ud800\"}",
    "{\"file_data\":\"\\u0000\"}",
    "{\"file_data\":\"%%\"}",
    "{\"file_data\":\"====\"}",
    "{\"file_data\":\"A\"}",
    "{\"file_data\":\"AA=A\"}",
    "{\"file_data\":\"aGk=\\u0000\"}",
    "{\"file_data\":\"data:\"}",
    "{\"file_data\":\"data:,\"}",
    "{\"file_data\":\"data:image/png;base64\"}",
    "{\"file_data\":\"data:;base64,\\u00e9\"}",
    "{\"file_data\":\"aGk=\",\"tags\":\"\\u0000\"}",
    "{\"user_id\":{\"a\":1},\"file_data\":\"aGk=\"}",
    "{\"user_id\":\"\\u0000\",\"file_data\":\"aGk=\"}",
    "{\"file_data\":\"aGk=\",\"metadata\":\"{\"}",
    "{\"file_data\":\"aGk=\",\"width\":1e99}",
    "{\"file_data\":\"aGk=\",\"height\":-0.5}",
];

#[tokio::test]
async fn broken_json_is_refused_by_every_operation_that_reads_it() {
    let shoebox = empty().await;
    let id = "0192f0c1-8b6a-7000-8000-00000000000a";
    let targets = [
        ("POST", "/images".to_owned()),
        ("POST", "/images/upload".to_owned()),
        ("POST", "/images/uploads".to_owned()),
        ("POST", "/images/batch-delete".to_owned()),
        ("DELETE", "/images".to_owned()),
        ("DELETE", format!("/images/{id}")),
        ("PATCH", format!("/images/{id}")),
    ];
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let deep_metadata = format!(
        "{{\"metadata\":{}1{}}}",
        "{\"a\":".repeat(300),
        "}".repeat(300)
    );
    for (method, target) in &targets {
        for body in JSON.into_iter().chain([deep.as_str(), &deep_metadata]) {
            let call = shoebox.call(method, target).user("ann");
            let answer = call.typed("application/json", body.to_owned()).await;
            assert_refused(&answer, &format!("{method} {target} {body:.60}"));
        }
        for body in [
            &b"\xff\xfe{}"[..],
            b"{\"a\":\"\xc3\x28\"}",
            b"\0",
            b"{\"file_data\":\"\xff\"}",
            b"{}\0",
        ] {
            let call = shoebox.call(method, target).user("ann");
            let answer = call.typed("application/json", body.to_vec()).await;
            assert_refused(&answer, &format!("{method} {target} {body:?}"));
        }
    }
    shoebox.stores.assert_empty().await;
}

#[tokio::test]
async fn broken_forms_are_refused() {
    let shoebox = empty().await;
    let png = picture::png(2, 2);
    let part = |headers: &str, boundary: &str| -> Vec<u8> {
        let mut body = format!("--{boundary}\r\n{headers}\r\n\r\n").into_bytes();
        body.extend_from_slice(&png);
        body
    };
    let disposition = "Content-Disposition: form-data; name=\"image\"; filename=\"a.png\"";
    let closed = |mut body: Vec<u8>| {
        body.extend_from_slice(b"\r\n--b--\r\n");
        body
    };
    let form = "multipart/form-data; boundary=b";
    let many_parts: String = (0..101)
        .map(|n| format!("--b\r\nContent-Disposition: form-data; name=\"f{n}\"\r\n\r\nx\r\n"))
        .chain(["--b--\r\n".to_owned()])
        .collect();
    let long_text = format!(
        "--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n{}\r\n--b--\r\n",
        "d".repeat(20_000)
    );
    let not_text =
        b"--b\r\nContent-Disposition: form-data; name=\"tags\"\r\n\r\n\xff\xfe\r\n--b--\r\n"
            .to_vec();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("multipart/form-data", closed(part(disposition, "b"))),
        (
            "multipart/form-data; boundary=",
            closed(part(disposition, "b")),
        ),
        (
            "multipart/form-data; boundary=\"",
            closed(part(disposition, "b")),
        ),
        (
            "multipart/form-data; boundary=other",
            closed(part(disposition, "b")),
        ),
        (
            "multipart/form-data; boundary=\u{e9}",
            closed(part(disposition, "b")),
        ),
        (form, part(disposition, "b")),
        (form, Vec::new()),
        (form, b"--b--\r\n".to_vec()),
        (form, b"--b".to_vec()),
        (form, b"--b\r\n\r\n\r\n--b--".to_vec()),
        (form, b"no form at all".to_vec()),
        (form, vec![0; 4_096]),
        (form, vec![0xff; 4_096]),
        (form, closed(part("", "b"))),
        (form, closed(part("Content-Disposition: form-data", "b"))),
        (
            form,
            closed(part("Content-Disposition: form-data; name=\"image\"", "b")),
        ),
        (
            form,
            closed(part(
                "Content-Disposition: attachment; filename=\"a.png\"",
                "b",
            )),
        ),
        (
            form,
            closed(part(
                "Content-Disposition: form-data; name=\"image\"; filename*=utf-8''%00",
                "b",
            )),
        ),
        (form, closed(part("Nonsense", "b"))),
        (form, many_parts.into_bytes()),
        (form, long_text.into_bytes()),
        (form, not_text),
        (
            "multipart/mixed; boundary=b",
            closed(part(disposition, "b")),
        ),
    ];
    for (index, (content_type, body)) in cases.into_iter().enumerate() {
        let call = shoebox.post("/images").user("ann");
        let answer = call.typed(content_type, body).await;
        assert_refused(&answer, &format!("form {index} {content_type}"));
    }
    shoebox.stores.assert_empty().await;
}

#[tokio::test]
async fn a_good_form_that_is_cut_or_damaged_anywhere_is_refused_or_read_as_it_is() {
    let shoebox = empty().await;
    let form = shoebox_tests::Form::new().text("tags", "a").file(
        "image",
        "a.png",
        "image/png",
        &picture::png(2, 2),
    );
    let content_type = form.content_type();
    let whole = form.into_body();
    for end in (0..whole.len() - 4).step_by(7) {
        let call = shoebox.post("/images").user("ann");
        let answer = call.typed(&content_type, whole[..end].to_vec()).await;
        assert_refused(&answer, &format!("cut at {end}"));
    }
    shoebox.stores.assert_empty().await;
    for index in (0..whole.len()).step_by(5) {
        let mut damaged = whole.clone();
        damaged[index] ^= 0x55;
        let call = shoebox.post("/images").user("ann");
        let answer = call.typed(&content_type, damaged).await;
        // Damage may hit the name of a file or of a field, which then is only another one.
        if answer.status == 201 {
            let image = answer.json();
            shoebox
                .stores
                .assert_stored(&image, &picture::png(2, 2))
                .await;
            let target = format!("/images/{}", text(&image, "image_id"));
            assert_eq!(shoebox.delete(&target).send().await.status, 200);
        } else {
            assert_refused(&answer, &format!("damaged at {index}"));
        }
    }
    let left: Vec<String> = shoebox.stores.keys("").await;
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn bytes_at_random_are_no_image_in_any_form() {
    let shoebox: Shoebox = empty().await;
    let heads: [&[u8]; 6] = [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"RIFF\0\0\0\0WEBP",
        b"\0\0\0\x20ftypavif",
        b"",
    ];
    let noise = picture::noise(20, 20);
    for (index, head) in heads.iter().enumerate() {
        for length in [0, 1, 7, 100, 700] {
            let mut file = head.to_vec();
            file.extend_from_slice(&noise[noise.len() - length - 50..noise.len() - 50]);
            for content_type in ["application/octet-stream", "image/png"] {
                let call = shoebox.post("/images").user("ann");
                let answer = call.typed(content_type, file.clone()).await;
                assert_refused(&answer, &format!("head {index}, {length} bytes"));
                assert!([415, 422].contains(&answer.status), "{answer:?}");
            }
        }
    }
    shoebox.stores.assert_empty().await;
}
