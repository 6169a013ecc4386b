//! What no HTTP library would send, over a plain connection.

use std::time::Duration;

use shoebox_tests::Shoebox;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::empty;

/// Sends bytes and reads what comes until the connection ends or stays silent.
async fn exchange(shoebox: &Shoebox, sent: &[u8]) -> String {
    let address = shoebox.api_url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    // The server may have refused and gone before it has all.
    let _ = connection.write_all(sent).await;
    let mut received = Vec::new();
    let reading = connection.read_to_end(&mut received);
    let _ = tokio::time::timeout(Duration::from_millis(400), reading).await;
    String::from_utf8_lossy(&received).into_owned()
}

#[tokio::test]
async fn what_is_no_http_gets_a_4xx_or_nothing_and_the_server_goes_on() {
    let shoebox = empty().await;
    let huge_header = format!(
        "GET /images HTTP/1.1\r\nhost: localhost\r\na: {}\r\n\r\n",
        "b".repeat(600_000)
    );
    let many_headers: Vec<String> = (0..300).map(|n| format!("h{n}: v")).collect();
    let many_headers = many_headers.join("\r\n");
    let many_headers = format!("GET /images HTTP/1.1\r\nhost: localhost\r\n{many_headers}\r\n\r\n");
    let post =
        "POST /images HTTP/1.1\r\nhost: localhost\r\nx-user-id: ann\r\ncontent-type: image/png\r\n";
    let cases: Vec<Vec<u8>> = vec![
        b"\r\n\r\n".to_vec(),
        b"\0\0\0\0".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET /images\r\n\r\n".to_vec(),
        b"GET /images HTTP/9.9\r\n\r\n".to_vec(),
        b"GET /ima\0ges HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
        b"GET /images\xff\xfe HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
        b"GET /images/\xc3\xa9 HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
        b"GET images HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
        b"GET http://other.example/images/42 HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
        b"GET * HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
        b"CONNECT x:80 HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
        b"GET /images/42 HTTP/1.1\r\n\r\n".to_vec(),
        b"GET /images/42 HTTP/1.0\r\n\r\n".to_vec(),
        b"GET /images HTTP/1.1\r\nhost: localhost\r\nbad header: x\r\n\r\n".to_vec(),
        b"GET /images HTTP/1.1\r\nhost: localhost\r\nx: a\0b\r\n\r\n".to_vec(),
        huge_header.into_bytes(),
        many_headers.into_bytes(),
        format!("{post}content-length: -1\r\n\r\n").into_bytes(),
        format!("{post}content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef").into_bytes(),
        format!("{post}content-length: 99999999999999999999\r\n\r\n").into_bytes(),
        format!("{post}transfer-encoding: chunked\r\n\r\nnot a size\r\n").into_bytes(),
        format!("{post}transfer-encoding: chunked\r\n\r\n5\r\nab").into_bytes(),
        format!("{post}transfer-encoding: gzip\r\n\r\nabc").into_bytes(),
        format!("{post}content-length: 100\r\n\r\nshort").into_bytes(),
        format!("{post}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")
            .into_bytes(),
        format!("{post}content-length: 3\r\n\r\nabcGET /nothing HTTP/1.1\r\n\r\n").into_bytes(),
    ];
    for (index, sent) in cases.iter().enumerate() {
        let received = exchange(&shoebox, sent).await;
        let start = String::from_utf8_lossy(&sent[..sent.len().min(60)]).into_owned();
        assert!(
            received.is_empty()
                || received.starts_with("HTTP/1.1 4")
                || received.starts_with("HTTP/1.0 4"),
            "case {index} {start:?}: {received:.300}"
        );
        assert!(
            !received.contains("panicked") && !received.contains("image-metadata"),
            "{received}"
        );
        assert_eq!(
            shoebox.get("/images").send().await.status,
            200,
            "after case {index}"
        );
    }
    shoebox.stores.assert_empty().await;
}
