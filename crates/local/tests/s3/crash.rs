//! What is there after `kill -9`.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use aws_sdk_s3::Client;
use tempfile::TempDir;

use crate::support::{BUCKET, Server, count_files, noise};

/// Tells the process that runs [`hammer`] where its store is.
const STORE: &str = "SHOEBOX_CRASH_TEST_STORE";
const WRITERS: u64 = 4;
const KEYS_PER_WRITER: u64 = 5;

/// Not a test, but the process that is killed by one: it overwrites a few keys for ever, and says
/// on its standard output which version of which key has been acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn hammer() {
    let Some(dir) = std::env::var_os(STORE) else {
        return;
    };
    let server = Server::start_in(Path::new(&dir)).await;
    let client = server.client();
    // From the second run on it is there.
    let _ = client.create_bucket().bucket(BUCKET).send().await;
    let tasks: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write_for_ever(client.clone(), writer)))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn write_for_ever(client: Client, writer: u64) {
    let start = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let mut version = u64::try_from(start.as_micros()).unwrap();
    loop {
        version += 1;
        let key = key(writer, version % KEYS_PER_WRITER);
        let put = client.put_object().bucket(BUCKET).key(&key);
        let put = put.metadata("version", version.to_string());
        let put = put.body(content(version).into()).send();
        put.await.unwrap();
        write_line(&format!("put {key} {version}"));
    }
}

/// The test harness swallows what `println!` writes.
fn write_line(line: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

fn key(writer: u64, number: u64) -> String {
    format!("writer-{writer}/key-{number}")
}

/// The bytes of a version, of very different lengths.
fn content(version: u64) -> bytes::Bytes {
    let length = usize::try_from(version % 7 * 50_000 + version % 97).unwrap();
    noise(version, length)
}

#[test]
fn every_acknowledged_object_survives_kill_nine_untorn() {
    let dir = TempDir::new().unwrap();
    let mut acknowledged = HashMap::new();
    for round in 0..6 {
        for (key, version) in run_and_kill(dir.path(), 20 + 17 * round) {
            acknowledged.insert(key, version);
        }
        // A runtime of its own ends all connections, and with them the hold on the store.
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let server = Server::start_in(dir.path()).await;
            let objects = verify(&server.client(), &acknowledged).await;
            assert_eq!(count_files(dir.path()), objects, "blobs without a row");
        });
    }
}

/// Lets [`hammer`] write until so many puts are acknowledged, kills it amid the next ones, and
/// returns every key and version it has said.
fn run_and_kill(store: &Path, puts: usize) -> Vec<(String, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::hammer", "--exact", "--nocapture"])
        .env(STORE, store)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = Vec::new();
    for line in output.lines().map_while(Result::ok) {
        if let ["put", key, version] = line.split(' ').collect::<Vec<_>>()[..] {
            acknowledged.push((key.to_owned(), version.parse().unwrap()));
        }
        if acknowledged.len() == puts {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= puts, "it ended on its own");
    acknowledged
}

/// Every object must be one whole version, and not an older one than was acknowledged.
async fn verify(client: &Client, acknowledged: &HashMap<String, u64>) -> usize {
    let list = client
        .list_objects_v2()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    let keys: Vec<_> = list.contents().iter().filter_map(|it| it.key()).collect();
    for key in acknowledged.keys() {
        assert!(keys.contains(&key.as_str()), "{key} is lost");
    }
    for key in &keys {
        let object = client
            .get_object()
            .bucket(BUCKET)
            .key(*key)
            .send()
            .await
            .unwrap();
        let version: u64 = object.metadata().unwrap()["version"].parse().unwrap();
        let bytes = object.body.collect().await.unwrap().into_bytes();
        assert!(bytes == content(version), "{key} is torn");
        let expected = acknowledged.get(*key).copied().unwrap_or_default();
        assert!(version >= expected, "{key} is older than acknowledged");
    }
    keys.len()
}
