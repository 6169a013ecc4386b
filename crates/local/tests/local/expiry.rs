//! Expired items of the embedded DynamoDB.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::{AttributeValue as Value, Database, ImportOptions, Item};
use local::{Data, Options, dynamodb_client, store_credentials};

/// So many that to remove them takes seconds.
const EXPIRED_ITEMS: u32 = 5_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_answer_while_expired_items_are_removed() {
    let directory = tempfile::tempdir().unwrap();
    let options = || Options {
        data: Data::Directory(directory.path().to_owned()),
        ..Options::default()
    };
    let running = local::start(options()).await.unwrap();
    let table = running.table.clone();
    running.stop().await;

    let text = |text: String| Value::S(text);
    let items = (0..EXPIRED_ITEMS).map(|number| {
        let expires_at = Value::N("1".to_owned());
        Item::from([
            ("pk".to_owned(), text(format!("EXPIRED#{number:05}"))),
            ("sk".to_owned(), text("IMG".to_owned())),
            ("expires_at".to_owned(), expires_at),
        ])
    });
    let path = directory.path().join("dynamodb.db");
    let database = Database::new(&path.to_string_lossy()).unwrap();
    let imported = database.import_items(&table, items.collect(), ImportOptions::default());
    imported.unwrap();
    drop(database);

    let running = local::start(options()).await.unwrap();
    let found = async |number: u32| {
        let key = AttributeValue::S(format!("EXPIRED#{number:05}"));
        let get = dynamodb_client(&running.dynamodb_url, store_credentials()).get_item();
        let get = get.table_name(&table).key("pk", key);
        let get = get.key("sk", AttributeValue::S("IMG".to_owned()));
        get.send().await.unwrap().item.is_some()
    };
    // The last to be removed is answered for before its turn has come.
    assert!(found(EXPIRED_ITEMS - 1).await);
    let removal = async {
        while found(0).await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_mins(1), removal).await;
    assert!(in_time.is_ok(), "an expired item stays");
    running.stop().await;
}
