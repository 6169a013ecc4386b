//! Filling a library faster than by uploads: the listing rows of uploaded images, under other keys.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use dynoxide::actions::scan::ScanRequest;
use dynoxide::{AttributeValue, Database, ImportOptions, Item};
use local::{Data, Options};
use shoebox_core::ImageId;
use shoebox_tests::event::Incoming;

/// How many rows are written at once.
const BATCH: usize = 10_000;
/// One image in so many has the category.
const WITH_CATEGORY: u64 = 10;
const FEED_SHARDS: u64 = 8;

/// A GIF of one pixel.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";

/// Makes a library of so many public images in a data directory.
pub(crate) async fn fill(directory: &Path, size: u64) {
    let options = Options {
        data: Data::Directory(directory.to_owned()),
        ..Options::default()
    };
    let running = local::start(options).await.unwrap();
    let described = "tags=sea&visibility=public&filename=IMG_20260131_120000.gif";
    for category in ["", "&category=travel"] {
        let target = format!("/images?{described}{category}");
        let event = Incoming::new("POST", &target).header("x-user-id", "ann");
        let event = event.body("image/gif", PIXEL).rest_event();
        let answer = running.gateway().invoke("upload", &event).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.contains("\"statusCode\":201"), "{answer}");
    }
    let table = running.table.clone();
    running.stop().await;

    let path = directory.join("dynamodb.db");
    tokio::task::spawn_blocking(move || copy_rows(&path, &table, size))
        .await
        .unwrap();
}

/// The listings that the bench reads; the images are in others as well, which it does not.
fn copy_rows(path: &Path, table: &str, size: u64) {
    let database = Database::new(&path.to_string_lossy()).unwrap();
    database.enable_bulk_loading().unwrap();
    let rows = database.scan(ScanRequest {
        table_name: table.to_owned(),
        ..ScanRequest::default()
    });
    let rows = rows.unwrap().items.unwrap();
    let with_category = |row: &&Item| text(row, "cat").is_some();
    let in_user = |row: &&Item| text(row, "pk") == Some("U#ann#public");
    let of_user = rows.iter().filter(in_user);
    let plain = of_user.clone().find(|row| !with_category(row)).unwrap();
    let categorized = of_user.clone().find(with_category).unwrap();
    let template = |number: u64| match number % WITH_CATEGORY {
        0 => categorized,
        _ => plain,
    };

    let begin = Utc::now() - TimeDelta::days(3_000);
    // Partition by partition, so that the table grows at few places at once.
    let all = || 0..size;
    let user = all().map(|n| row(template(n), "U#ann#public".to_owned(), begin, n));
    let tag = all().map(|n| row(template(n), "U#ann#public#T#sea".to_owned(), begin, n));
    let category = all().step_by(usize::try_from(WITH_CATEGORY).unwrap());
    let category = category.map(|n| row(template(n), "U#ann#public#C#travel".to_owned(), begin, n));
    let feed = all().map(|n| row(template(n), format!("G#{}", n % FEED_SHARDS), begin, n));
    let mut rows = user.chain(tag).chain(category).chain(feed).peekable();
    while rows.peek().is_some() {
        let batch: Vec<Item> = rows.by_ref().take(BATCH).collect();
        database
            .import_items(table, batch, ImportOptions::default())
            .unwrap();
    }
    database.disable_bulk_loading().unwrap();
}

/// A listing row of image `number`: one a minute.
fn row(template: &Item, partition: String, begin: DateTime<Utc>, number: u64) -> Item {
    let created_at = begin + TimeDelta::minutes(number.try_into().unwrap());
    let mut tail = [0; 10];
    tail[2..].copy_from_slice(&number.to_be_bytes());
    let id = ImageId::new(created_at, tail);
    let time = created_at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut row = template.clone();
    row.insert("pk".to_owned(), AttributeValue::S(partition));
    row.insert("sk".to_owned(), AttributeValue::S(format!("{time}#{id}")));
    row
}

fn text<'a>(row: &'a Item, name: &str) -> Option<&'a str> {
    match row.get(name)? {
        AttributeValue::S(text) => Some(text),
        _ => None,
    }
}
