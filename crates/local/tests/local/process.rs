//! The program itself: what it prints, what it refuses, how it ends.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use local::{dynamodb_client, store_credentials};

use crate::support::{PICTURE, get, json_of, send};

/// A running program and the URLs that it printed.
struct Program {
    child: Child,
    api_url: String,
    aws_url: String,
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shoebox"));
    command
        .args(["--port", "0", "--aws-port", "0"])
        .args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_remove("AWS_ACCESS_KEY_ID");
    command
}

fn launch(data: &Path) -> Program {
    let data = data.to_str().unwrap();
    let mut child = command(&["--data-dir", data])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut urls = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        urls.extend(
            line.split_whitespace()
                .find(|word| word.starts_with("http://"))
                .map(str::to_owned),
        );
        if line.contains("Ctrl-C") {
            break;
        }
    }
    Program {
        child,
        api_url: urls[0].trim_end_matches('/').to_owned(),
        aws_url: urls[3].clone(),
    }
}

impl Program {
    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    fn ended(mut self) -> ExitStatus {
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the program does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[tokio::test]
async fn it_prints_where_it_is_answers_there_and_ends_cleanly_on_either_signal() {
    for signal in ["-TERM", "-INT"] {
        let directory = tempfile::tempdir().unwrap();
        let program = launch(directory.path());
        assert_eq!(
            get(&format!("{}/health", program.api_url)).await.status(),
            200
        );
        let emulated = get(&format!("{}/_localstack/health", program.aws_url)).await;
        assert_eq!(emulated.status(), 200);
        program.signal(signal);
        assert!(program.ended().success(), "{signal}");
    }
}

#[tokio::test]
async fn a_second_program_on_the_same_data_is_refused_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let first = launch(directory.path());
    let second = command(&["--data-dir", directory.path().to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("shoebox: the data directory "), "{said}");
    assert!(said.contains("in use by another shoebox"), "{said}");
    assert_eq!(
        get(&format!("{}/health", first.api_url)).await.status(),
        200
    );
    first.signal("-TERM");
    assert!(first.ended().success());
}

#[tokio::test]
async fn a_port_in_use_is_told_with_the_option_that_sets_it() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    let program = Command::new(env!("CARGO_BIN_EXE_shoebox"))
        .args(["--ephemeral", "--port", "0", "--aws-port", &port])
        .output()
        .unwrap();
    assert_eq!(program.status.code(), Some(1));
    let said = String::from_utf8(program.stderr).unwrap();
    assert_eq!(
        said,
        format!("shoebox: port {port} is in use; choose another with --aws-port\n")
    );
}

#[tokio::test]
async fn a_write_that_was_acknowledged_is_there_after_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let attribute = |number: usize| AttributeValue::S(format!("item {number}"));
    let mut acknowledged = 0;
    for _ in 0..3 {
        let program = launch(directory.path());
        let client = dynamodb_client(&program.aws_url, store_credentials());
        for number in 0..acknowledged {
            let get = client
                .get_item()
                .table_name("image-metadata")
                .consistent_read(true);
            let got = get
                .key("pk", attribute(number))
                .key("sk", attribute(number))
                .send()
                .await;
            assert!(got.unwrap().item.is_some(), "item {number} is lost");
        }
        for _ in 0..10 {
            let put = client.put_item().table_name("image-metadata");
            let put = put
                .item("pk", attribute(acknowledged))
                .item("sk", attribute(acknowledged));
            put.send().await.unwrap();
            acknowledged += 1;
        }
        program.signal("-KILL");
        assert!(!program.ended().success());
    }
}

#[test]
fn the_description_is_printed_for_the_file_that_is_checked_in() {
    let printed = Command::new(env!("CARGO_BIN_EXE_shoebox"))
        .arg("openapi")
        .output()
        .unwrap();
    assert!(printed.status.success());
    assert_eq!(
        String::from_utf8(printed.stdout).unwrap(),
        local::openapi::to_json()
    );
}

#[tokio::test]
async fn deployed_stores_are_audited_as_a_profile_and_only_where_they_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let program = launch(&directory.path().join("data"));
    let client = dynamodb_client(&program.aws_url, store_credentials());
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let put = client.put_item().table_name("image-metadata");
    let put = put.item("pk", key("foreign")).item("sk", key("row"));
    put.send().await.unwrap();

    let profiles = directory.path().join("credentials");
    let pair = "[operator]\naws_access_key_id = test\naws_secret_access_key = test\n";
    std::fs::write(&profiles, pair).unwrap();
    let audit = || {
        let mut audit = Command::new(env!("CARGO_BIN_EXE_shoebox"));
        audit
            .args(["sweep", "--audit", "--aws", "--json"])
            .env_clear();
        audit
            .env("AWS_SHARED_CREDENTIALS_FILE", &profiles)
            .env("AWS_CONFIG_FILE", directory.path().join("none"))
            .env("AWS_PROFILE", "operator")
            .env("AWS_ENDPOINT_URL", &program.aws_url)
            .env("BUCKET_NAME", "image-service-bucket");
        audit
    };
    let unnamed = audit().output().unwrap();
    assert_eq!(unnamed.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(unnamed.stderr).unwrap(),
        "shoebox: TABLE_NAME is not set: it says which store to work on\n"
    );
    let found = audit()
        .env("TABLE_NAME", "image-metadata")
        .output()
        .unwrap();
    assert_eq!(found.status.code(), Some(1), "{found:?}");
    let report: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(report["foreign_rows"], 1, "{report}");
    program.signal("-TERM");
    assert!(program.ended().success());
}

#[test]
fn neither_the_first_start_nor_the_next_warns_of_anything() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    for start in ["first", "next"] {
        let mut child = command(&["--data-dir", data]).spawn().unwrap();
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let is_up = lines
            .map_while(Result::ok)
            .any(|line| line.contains("Ctrl-C"));
        assert!(is_up, "the {start} start");
        let id = child.id().to_string();
        let signalled = Command::new("kill").args(["-TERM", &id]).status();
        assert!(signalled.unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "the {start} start");
        let said = String::from_utf8_lossy(&output.stderr);
        for sign in ["WARN", "ERROR", "400"] {
            assert!(!said.contains(sign), "the {start} start: {said}");
        }
    }
}

/// The report of a command on stopped or running data.
fn report(data: &Path, arguments: &[&str]) -> serde_json::Value {
    let data = ["--data-dir", data.to_str().unwrap()];
    let output = command(&[&data, arguments].concat()).output().unwrap();
    assert!(
        !output.stdout.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Uploads an image and leaves it as a delete that was cut off, for the sweeper.
async fn leave_half_deleted(program: &Program) {
    let picture = serde_json::json!({ "user_id": "ann", "file_data": PICTURE });
    let upload = http::Request::post(format!("{}/images", program.api_url))
        .header("content-type", "application/json");
    let uploaded = send(upload.body(picture.to_string().into()).unwrap()).await;
    assert_eq!(uploaded.status(), 201, "{uploaded:?}");
    let id = json_of(&uploaded)["image_id"].as_str().unwrap().to_owned();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let client = dynamodb_client(&program.aws_url, store_credentials());
    let update = client.update_item().table_name("image-metadata");
    let update = update
        .key("pk", text(&format!("IMG#{id}")))
        .key("sk", text("IMG"))
        .update_expression("SET #status = :deleting, sweep_shard = :shard, due_at = :due")
        .expression_attribute_names("#status", "status")
        .expression_attribute_values(":deleting", text("deleting"))
        .expression_attribute_values(":shard", text("0"))
        .expression_attribute_values(":due", AttributeValue::N("1".to_owned()));
    update.send().await.unwrap();
}

#[tokio::test]
async fn an_audit_leaves_what_is_due_to_the_sweep() {
    let directory = tempfile::tempdir().unwrap();
    let program = launch(directory.path());
    leave_half_deleted(&program).await;
    program.signal("-KILL");
    assert!(!program.ended().success());
    // Were a sweep to run beside each, one of them would show it.
    for _ in 0..12 {
        let audited = report(directory.path(), &["sweep", "--audit", "--json"]);
        assert_eq!(audited["unsettled_rows"], 1, "{audited}");
        assert_eq!(audited["objects"], 1, "{audited}");
    }
    let swept = report(directory.path(), &["sweep", "--json"]);
    assert_eq!(swept["deleted"], 1, "{swept}");
}

#[tokio::test]
async fn a_sweep_finds_the_server_that_holds_the_data_wherever_it_listens() {
    let directory = tempfile::tempdir().unwrap();
    let program = launch(directory.path());
    leave_half_deleted(&program).await;
    let swept = report(directory.path(), &["sweep", "--json"]);
    assert_eq!(swept["deleted"], 1, "{swept}");
    program.signal("-TERM");
    assert!(program.ended().success());
}

#[test]
fn a_sweep_of_data_whose_holder_does_not_say_where_it_is_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let lock = std::fs::File::create(directory.path().join("lock")).unwrap();
    lock.lock().unwrap();
    let data = directory.path().to_str().unwrap();
    let refused = command(&["--data-dir", data, "sweep"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("does not say where it answers"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
