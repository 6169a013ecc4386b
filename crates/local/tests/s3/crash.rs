//! What is there after `kill -9`.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use tempfile::TempDir;

use crate::support::{BUCKET, Server, count_files, noise};

/// Tells the process that runs [`hammer`] where its store is.
const STORE: &str = "SHOEBOX_CRASH_TEST_STORE";
const WRITERS: u64 = 4;

/// Not a test, but the process that is killed by one: it writes a few keys in all ways for ever,
/// and says on its standard output what has been acknowledged.
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
        for (name, way) in WAYS {
            version += 1;
            let key = format!("writer-{writer}/{name}");
            write(&client, &key, version, way).await;
            let fate = match way {
                Way::Put | Way::Copy | Way::Parts => "there",
                Way::PutAndDelete => "gone",
            };
            write_line(&format!("{fate} {key} {version}"));
        }
    }
}

/// How a key is written.
#[derive(Clone, Copy)]
enum Way {
    Put,
    Copy,
    Parts,
    PutAndDelete,
}

const WAYS: [(&str, Way); 5] = [
    ("put", Way::Put),
    ("another-put", Way::Put),
    ("copied", Way::Copy),
    ("in-parts", Way::Parts),
    (DOOMED, Way::PutAndDelete),
];
/// The name of keys that are put and deleted in turn.
const DOOMED: &str = "doomed";

async fn write(client: &Client, key: &str, version: u64, way: Way) {
    match way {
        Way::Put => put(client, key, version).await,
        Way::Copy => {
            let source = format!("{key}-source");
            put(client, &source, version).await;
            let copy = client.copy_object().bucket(BUCKET).key(key);
            let copy = copy.copy_source(format!("{BUCKET}/{source}"));
            copy.send().await.unwrap();
        }
        Way::Parts => upload(client, key, version).await,
        Way::PutAndDelete => {
            put(client, key, version).await;
            let delete = client.delete_object().bucket(BUCKET).key(key);
            delete.send().await.unwrap();
        }
    }
}

async fn put(client: &Client, key: &str, version: u64) {
    let put = client.put_object().bucket(BUCKET).key(key);
    let put = put.metadata("version", version.to_string());
    put.body(content(version).into()).send().await.unwrap();
}

async fn upload(client: &Client, key: &str, version: u64) {
    let begin = client.create_multipart_upload().bucket(BUCKET).key(key);
    let begin = begin.metadata("version", version.to_string());
    let id = begin.send().await.unwrap().upload_id.unwrap();
    let part = client.upload_part().bucket(BUCKET).key(key).upload_id(&id);
    let part = part.part_number(1).body(content(version).into());
    let etag = part.send().await.unwrap().e_tag.unwrap();
    let part = CompletedPart::builder().part_number(1).e_tag(etag).build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let complete = client.complete_multipart_upload().bucket(BUCKET).key(key);
    let complete = complete.upload_id(id).multipart_upload(parts);
    complete.send().await.unwrap();
}

/// The test harness swallows what `println!` writes.
fn write_line(line: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

/// The bytes of a version, of very different lengths.
fn content(version: u64) -> bytes::Bytes {
    let length = usize::try_from(version % 7 * 50_000 + version % 97).unwrap();
    noise(version, length)
}

/// What has been acknowledged last about a key.
#[derive(Debug, Clone, Copy)]
struct Fate {
    there: bool,
    version: u64,
}

#[test]
fn everything_acknowledged_survives_kill_nine_and_nothing_is_torn() {
    let dir = TempDir::new().unwrap();
    let mut acknowledged = HashMap::new();
    for round in 0..6 {
        acknowledged.extend(run_and_kill(dir.path(), 20 + 17 * round));
        // A runtime of its own ends all connections, and with them the hold on the store.
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let server = Server::start_in(dir.path()).await;
            let client = server.client();
            let blobs = verify(&client, &acknowledged).await + count_parts(&client).await;
            assert_eq!(count_files(dir.path()), blobs, "blobs without a row");
        });
    }
}

/// Lets [`hammer`] write until so many writes are acknowledged, kills it amid the next ones, and
/// returns what it has said of every key.
fn run_and_kill(store: &Path, writes: usize) -> Vec<(String, Fate)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::hammer", "--exact", "--nocapture"])
        .env(STORE, store)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = Vec::new();
    for line in output.lines().map_while(Result::ok) {
        if let [fate @ ("there" | "gone"), key, version] = line.split(' ').collect::<Vec<_>>()[..] {
            let fate = Fate {
                there: fate == "there",
                version: version.parse().unwrap(),
            };
            acknowledged.push((key.to_owned(), fate));
        }
        if acknowledged.len() == writes {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= writes, "it ended on its own");
    acknowledged
}

/// Every object must be one whole version, and none older than was acknowledged.  Returns how
/// many there are.
async fn verify(client: &Client, acknowledged: &HashMap<String, Fate>) -> usize {
    let list = client.list_objects_v2().bucket(BUCKET).send().await;
    let list = list.unwrap();
    let keys: Vec<_> = list.contents().iter().filter_map(|it| it.key()).collect();
    for (key, fate) in acknowledged {
        // One of the doomed may have been deleted again without an acknowledgement.
        let there = keys.contains(&key.as_str());
        assert!(
            there || !fate.there || key.ends_with(DOOMED),
            "{key} is lost"
        );
    }
    for key in &keys {
        let object = client.get_object().bucket(BUCKET).key(*key).send().await;
        let object = object.unwrap();
        let version: u64 = object.metadata().unwrap()["version"].parse().unwrap();
        let bytes = object.body.collect().await.unwrap().into_bytes();
        assert!(bytes == content(version), "{key} is torn");
        if let Some(fate) = acknowledged.get(*key) {
            assert!(version >= fate.version, "{key} is older than acknowledged");
            assert!(fate.there || version > fate.version, "{key} is back");
        }
    }
    keys.len()
}

/// The parts of uploads that were not completed in time; they stay until they are.
async fn count_parts(client: &Client) -> usize {
    let uploads = client.list_multipart_uploads().bucket(BUCKET).send().await;
    let mut count = 0;
    for upload in uploads.unwrap().uploads() {
        let parts = client
            .list_parts()
            .bucket(BUCKET)
            .key(upload.key().unwrap());
        let parts = parts.upload_id(upload.upload_id().unwrap()).send().await;
        count += parts.unwrap().parts().len();
    }
    count
}
