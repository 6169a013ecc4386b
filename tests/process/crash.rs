//! The local server killed in the middle of uploads of both kinds, changes and deletes: whatever was acknowledged holds
//! afterwards.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::programs::program;
use crate::traffic::{Worker, check};

const ROUNDS: u64 = 3;
const WORKERS: u32 = 4;

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

#[tokio::test]
async fn whatever_was_acknowledged_holds_after_a_kill_and_the_audit_finds_nothing() {
    let data = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let mut server = start(data.path()).await;
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let client = Worker::new(&server.api_url, &user(worker));
                tokio::spawn(client.run(worker))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(900 + 250 * round)).await;
        // SIGKILL: it ends in the middle of whatever it does.
        server.child.kill().await.unwrap();
        for worker in workers {
            acknowledged.extend(worker.await.unwrap());
        }
    }
    assert!(acknowledged.len() > 12, "{} uploads", acknowledged.len());

    let mut server = start(data.path()).await;
    let mut shown = 0;
    for worker in 0..WORKERS {
        shown += check(&server.api_url, &user(worker), &acknowledged).await;
    }
    server.child.kill().await.unwrap();

    let swept = report(data.path(), &["sweep", "--json"]).await;
    assert_eq!(
        (&swept["failed"], &swept["unfinished"]),
        (&json!(0), &json!(false)),
        "{swept}"
    );
    // An exit status of 0 says that there is no finding.
    let audited = report(data.path(), &["sweep", "--audit", "--json"]).await;
    let images = audited["active_images"].as_u64().unwrap();
    // What the last server acknowledged to nobody can have been shown by the bucket's event since.
    assert!(images >= shown as u64, "{shown} were shown: {audited}");
}

fn user(worker: u32) -> String {
    format!("user{worker}")
}

/// Runs a command over the data, which must succeed, and reads the line that it prints.
async fn report(data: &Path, arguments: &[&str]) -> Value {
    let output = command(data).args(arguments).output().await.unwrap();
    let line = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{arguments:?}: {line} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(line.lines().count(), 1, "{line}");
    serde_json::from_str(&line).unwrap()
}
