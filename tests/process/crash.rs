//! The local server killed in the middle of uploads: whatever was acknowledged is there afterwards.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shoebox_tests::client::Plain;
use shoebox_tests::picture;
use shoebox_tests::shoebox::{ids, text};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use crate::programs::program;

const ROUNDS: u64 = 3;
const UPLOADERS: usize = 4;

struct Server {
    child: Child,
    api_url: String,
}

fn command(data: &Path) -> Command {
    let mut command = Command::new(program("shoebox"));
    command.arg("--data-dir").arg(data).kill_on_drop(true);
    command.env_remove("AWS_ACCESS_KEY_ID");
    command
}

async fn start(data: &Path) -> Server {
    let mut child = command(data)
        .args(["--port", "0", "--aws-port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    loop {
        let line = lines.next_line().await.unwrap().expect("the server ended");
        let api = line
            .split_whitespace()
            .find(|word| word.ends_with("/images"));
        if let Some(url) = api {
            let api_url = url.trim_end_matches("/images").to_owned();
            // Its output is read to the end, so that it is never stopped by a full pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Server { child, api_url };
        }
    }
}

/// An upload that the server said it has.
struct Acknowledged {
    image: Value,
    file: Vec<u8>,
}

#[tokio::test]
async fn every_acknowledged_upload_survives_a_kill_byte_exact_and_listed() {
    let data = tempfile::tempdir().unwrap();
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for round in 0..ROUNDS {
        let mut server = start(data.path()).await;
        let uploaders: Vec<_> = (0..UPLOADERS)
            .map(|uploader| {
                let (url, acknowledged) = (server.api_url.clone(), Arc::clone(&acknowledged));
                tokio::spawn(upload_until_the_end(url, uploader, acknowledged))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(700 + 150 * round)).await;
        // SIGKILL: it ends in the middle of whatever it does.
        server.child.kill().await.unwrap();
        for uploader in uploaders {
            uploader.await.unwrap();
        }
    }
    let acknowledged = acknowledged.lock().await;
    assert!(acknowledged.len() > 10, "{} uploads", acknowledged.len());

    let mut server = start(data.path()).await;
    check(&server.api_url, &acknowledged).await;
    server.child.kill().await.unwrap();

    let audit = command(data.path()).args(["sweep", "--audit"]).output();
    let audit = audit.await.unwrap();
    let report = String::from_utf8_lossy(&audit.stdout).into_owned();
    assert!(
        audit.status.success(),
        "{report} {}",
        String::from_utf8_lossy(&audit.stderr)
    );
    let report: Value = serde_json::from_str(&report).unwrap();
    assert!(
        report["active_images"].as_u64().unwrap() >= acknowledged.len() as u64,
        "{report}"
    );
}

/// Uploads one image after the other until the server is gone.
async fn upload_until_the_end(
    url: String,
    uploader: usize,
    acknowledged: Arc<Mutex<Vec<Acknowledged>>>,
) {
    let client = Plain::new();
    let user = format!("user{uploader}");
    for number in 1.. {
        let file = picture::noise(10 + number % 60, 10 + u32::try_from(uploader).unwrap());
        let body =
            json!({ "file_data": picture::base64(&file), "user_id": user, "tags": ["a", user] });
        let Some(answer) = client.post_json(&format!("{url}/images"), &body).await else {
            return;
        };
        assert_eq!(answer.status, 201, "{answer:?}");
        let image = answer.json();
        acknowledged.lock().await.push(Acknowledged { image, file });
    }
}

async fn check(url: &str, acknowledged: &[Acknowledged]) {
    let client = Plain::new();
    let mut listed = Vec::new();
    for uploader in 0..UPLOADERS {
        let first = format!("{url}/images?user_id=user{uploader}&tags=a&limit=100");
        let mut next = Some(first.clone());
        while let Some(page_url) = next {
            let page = client.get(&page_url).await.json();
            listed.extend(ids(&page));
            next = page["last_key"]
                .as_str()
                .map(|key| format!("{first}&last_key={key}"));
        }
    }
    for Acknowledged { image, file } in acknowledged {
        let id = text(image, "image_id");
        assert!(listed.contains(&id), "{id} is not listed");
        let content = client.get(&format!("{url}/images/{id}/content")).await;
        assert_eq!(content.status, 200, "{content:?}");
        assert!(content.body == *file, "{id} has other bytes");
    }
    // Whatever is listed can be read, acknowledged or not.
    for id in listed {
        let content = client.get(&format!("{url}/images/{id}/content")).await;
        assert_eq!(content.status, 200, "{id}: {content:?}");
    }
}
