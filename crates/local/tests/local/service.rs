//! The whole service in this process: its ports, its stop, its data.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use local::gateway::MAX_GATEWAY_BODY_BYTES;
use local::{
    ACCESS_KEY, Data, Options, Running, dynamodb_client, s3_client, start, store_credentials,
};

use crate::support::{get, json_of, send};

fn kept_in(directory: &std::path::Path) -> Options {
    Options {
        data: Data::Directory(directory.to_owned()),
        ..Options::default()
    }
}

async fn put_item(running: &Running, key: &str) {
    let client = dynamodb_client(&running.dynamodb_url, store_credentials());
    let attribute = |value: &str| AttributeValue::S(value.to_owned());
    let put = client.put_item().table_name(&running.table);
    put.item("pk", attribute(key))
        .item("sk", attribute("x"))
        .send()
        .await
        .unwrap();
}

async fn has_item(running: &Running, key: &str) -> bool {
    let client = dynamodb_client(&running.dynamodb_url, store_credentials());
    let attribute = |value: &str| AttributeValue::S(value.to_owned());
    let get = client.get_item().table_name(&running.table);
    let got = get
        .key("pk", attribute(key))
        .key("sk", attribute("x"))
        .send()
        .await
        .unwrap();
    got.item.is_some()
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_stop_and_a_start() {
    let directory = tempfile::tempdir().unwrap();
    let running = start(kept_in(directory.path())).await.unwrap();
    put_item(&running, "kept").await;
    let s3 = s3_client(&running.aws_url, store_credentials());
    let put = s3.put_object().bucket(&running.bucket).key("kept");
    put.body(ByteStream::from_static(b"bytes"))
        .send()
        .await
        .unwrap();
    running.stop().await;

    let running = start(kept_in(directory.path())).await.unwrap();
    assert!(has_item(&running, "kept").await);
    let s3 = s3_client(&running.aws_url, store_credentials());
    let got = s3
        .get_object()
        .bucket(&running.bucket)
        .key("kept")
        .send()
        .await
        .unwrap();
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), "bytes");
    running.stop().await;
}

#[tokio::test]
async fn ephemeral_servers_run_side_by_side_and_share_nothing() {
    let (one, other) = (
        start(Options::default()).await.unwrap(),
        start(Options::default()).await.unwrap(),
    );
    assert_ne!(one.api_url, other.api_url);
    put_item(&one, "only here").await;
    assert!(has_item(&one, "only here").await);
    assert!(!has_item(&other, "only here").await);
    one.stop().await;
    assert_eq!(
        get(&format!("{}/health", other.api_url)).await.status(),
        200
    );
    other.stop().await;
}

#[tokio::test]
async fn a_stopped_server_frees_its_ports_and_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    let running = start(kept_in(directory.path())).await.unwrap();
    let port = running.api_url.rsplit(':').next().unwrap().parse().unwrap();
    let second = start(kept_in(directory.path()))
        .await
        .unwrap_err()
        .to_string();
    assert!(second.contains("in use by another shoebox"), "{second}");
    let taken = Options {
        api_port: port,
        ..Options::default()
    };
    let second = start(taken.clone()).await.unwrap_err().to_string();
    assert_eq!(
        second,
        format!("port {port} is in use; choose another with --port")
    );
    running.stop().await;

    start(taken).await.unwrap().stop().await;
    start(kept_in(directory.path())).await.unwrap().stop().await;
}

#[tokio::test]
async fn a_server_that_is_dropped_has_let_go_of_its_data() {
    let directory = tempfile::tempdir().unwrap();
    for start_count in 0..5_u8 {
        let running = start(kept_in(directory.path())).await.unwrap();
        assert_eq!(has_item(&running, "kept").await, start_count > 0);
        put_item(&running, "kept").await;
        drop(running);
    }
    directory.close().unwrap();
}

#[test]
fn a_server_outlives_the_runtime_that_started_it() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let running = runtime().block_on(start(Options::default())).unwrap();
    runtime().block_on(async move {
        assert_eq!(
            get(&format!("{}/health", running.api_url)).await.status(),
            200
        );
        assert!(!has_item(&running, "absent").await);
        running.stop().await;
    });
}

#[tokio::test]
async fn a_variable_that_a_function_refuses_is_one_clear_line() {
    let options = Options {
        variables: vec![("PRESIGNED_URL_EXPIRATION".to_owned(), "soon".to_owned())],
        ..Options::default()
    };
    let error = start(options).await.unwrap_err().to_string();
    assert!(
        error.starts_with("PRESIGNED_URL_EXPIRATION is \"soon\""),
        "{error}"
    );
}

#[tokio::test]
async fn a_pair_of_the_functions_id_does_not_take_its_place() {
    let options = Options {
        accepted_credentials: vec![Credentials::from_keys(ACCESS_KEY, "another", None)],
        ..Options::default()
    };
    // The start makes the bucket.
    let running = start(options).await.unwrap();
    let s3 = s3_client(&running.aws_url, store_credentials());
    assert!(s3.list_buckets().send().await.is_ok());
    running.stop().await;
}

#[tokio::test]
async fn presigned_urls_name_the_address_that_the_user_says() {
    let public_url = "http://pictures.example:4566";
    let options = Options {
        variables: vec![("PUBLIC_S3_ENDPOINT_URL".to_owned(), public_url.to_owned())],
        ..Options::default()
    };
    let running = start(options).await.unwrap();
    let asked = http::Request::post(format!("{}/images/uploads", running.api_url))
        .header("content-type", "application/json");
    let asked = asked.body(r#"{"user_id":"ann","content_type":"image/png","size":9}"#.into());
    let started = json_of(&send(asked.unwrap()).await);
    let url = started["upload"]["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("{public_url}/")), "{url}");
    let gallery = get(&format!("{}/", running.api_url)).await;
    let policy = gallery.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    let allowed = format!("connect-src 'self' {public_url};");
    assert!(policy.contains(&allowed), "{policy}");
    running.stop().await;
}

#[tokio::test]
async fn an_oversize_body_is_read_to_its_end_so_that_its_sender_reads_the_answer() {
    let running = start(Options::default()).await.unwrap();
    let address = running.api_url.strip_prefix("http://").unwrap().to_owned();
    let answer = tokio::task::spawn_blocking(move || {
        let mut connection = TcpStream::connect(&address).unwrap();
        connection
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let length = MAX_GATEWAY_BODY_BYTES + 1;
        write!(
            connection,
            "POST /images HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n"
        )
        .unwrap();
        // Fails with a broken pipe where the server closes before it has read all.
        connection.write_all(&vec![b'x'; length]).unwrap();
        let mut head = [0; 12];
        connection.read_exact(&mut head).unwrap();
        String::from_utf8(head.to_vec()).unwrap()
    });
    assert_eq!(answer.await.unwrap(), "HTTP/1.1 413");
    running.stop().await;
}

#[tokio::test]
async fn a_sender_that_asks_first_is_refused_before_it_sends() {
    let running = start(Options::default()).await.unwrap();
    let address = running.api_url.strip_prefix("http://").unwrap().to_owned();
    let answer = tokio::task::spawn_blocking(move || {
        let mut connection = TcpStream::connect(&address).unwrap();
        connection
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        write!(
            connection,
            "POST /images HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999\r\nexpect: 100-continue\r\n\r\n"
        )
        .unwrap();
        let mut head = [0; 12];
        connection.read_exact(&mut head).unwrap();
        String::from_utf8(head.to_vec()).unwrap()
    });
    assert_eq!(answer.await.unwrap(), "HTTP/1.1 413");
    running.stop().await;
}

#[tokio::test]
async fn the_tables_answer_many_clients_at_once_while_the_server_goes_on() {
    let running = start(Options::default()).await.unwrap();
    let client = dynamodb_client(&running.aws_url, store_credentials());
    let writers: Vec<_> = (0..16)
        .map(|writer| {
            let (client, table) = (client.clone(), running.table.clone());
            tokio::spawn(async move {
                for item in 0..25 {
                    let key = AttributeValue::S(format!("{writer}-{item}"));
                    let put = client.put_item().table_name(&table).item("pk", key.clone());
                    put.item("sk", key).send().await.unwrap();
                }
            })
        })
        .collect();
    let health_url = format!("{}/health", running.api_url);
    for _ in 0..5 {
        let health = tokio::time::timeout(Duration::from_secs(2), get(&health_url));
        assert_eq!(health.await.unwrap().status(), 200);
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let count = client
        .scan()
        .table_name(&running.table)
        .select("COUNT".into())
        .send()
        .await
        .unwrap();
    assert_eq!(count.count(), 400);
    running.stop().await;
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_hold_up_the_stop() {
    let running = start(Options::default()).await.unwrap();
    let address = running.api_url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    write!(
        connection,
        "POST /images HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nhalf"
    )
    .unwrap();
    assert_eq!(
        get(&format!("{}/health", running.api_url)).await.status(),
        200
    );
    let stopped = tokio::time::timeout(Duration::from_secs(15), running.stop());
    assert!(stopped.await.is_ok());
}

#[tokio::test]
async fn a_request_that_runs_is_finished_before_the_stop() {
    let running = start(Options::default()).await.unwrap();
    let address = running.api_url.strip_prefix("http://").unwrap().to_owned();
    let mut connection = TcpStream::connect(&address).unwrap();
    let head = "POST /images?user_id=me HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/png\r\n";
    // The server's word that it has begun to read the request.
    let awaited = "HTTP/1.1 100 Continue\r\n\r\n";
    let begun = tokio::task::spawn_blocking(move || {
        write!(
            connection,
            "{head}expect: 100-continue\r\ncontent-length: 8\r\n\r\n"
        )
        .unwrap();
        let mut word = vec![0; awaited.len()];
        connection.read_exact(&mut word).unwrap();
        assert_eq!(word, awaited.as_bytes());
        write!(connection, "half").unwrap();
        connection
    });
    let mut connection = begun.await.unwrap();
    let stop = tokio::spawn(running.stop());
    while TcpStream::connect(&address).is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // No new connection is taken, and this one still gets to its answer: 8 bytes are no image.
    let answer = tokio::task::spawn_blocking(move || {
        connection.write_all(b"more").unwrap();
        let mut head = [0; 12];
        connection.read_exact(&mut head).unwrap();
        String::from_utf8(head.to_vec()).unwrap()
    });
    let answer = answer.await.unwrap();
    assert!(
        ["HTTP/1.1 415", "HTTP/1.1 422"].contains(&answer.as_str()),
        "{answer}"
    );
    stop.await.unwrap();
}
