//! Listing a bucket.

use std::collections::BTreeSet;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::EncodingType;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{BUCKET, Server, put, refusal};

/// What is asked of a listing.
#[derive(Debug, Clone, Default)]
struct Question {
    prefix: String,
    delimiter: Option<String>,
    start_after: Option<String>,
    max_keys: usize,
}

/// Keys, and common prefixes marked as such, in the order of their names.
type Names = Vec<(String, bool)>;

#[test]
fn pages_are_what_a_naive_model_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server, client) = runtime.block_on(Server::with_bucket());
    let mut runner = TestRunner::new(Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    });
    let keys = prop::collection::btree_set("[a-c/é\u{10ffff}]{1,6}", 0..25);
    let question = (
        "[a-c/\u{10ffff}]{0,2}",
        prop::option::of(prop_oneof![
            Just("/".to_owned()),
            Just("a".to_owned()),
            Just("b/".to_owned())
        ]),
        prop::option::of("[a-c/é\u{10ffff}]{0,4}"),
        1..6_usize,
    );
    let question = question.prop_map(|(prefix, delimiter, start_after, max_keys)| Question {
        prefix,
        delimiter,
        start_after,
        max_keys,
    });
    let questions = prop::collection::vec(question, 6);
    runner
        .run(&(keys, questions), |(keys, questions)| {
            runtime.block_on(async {
                fill(&client, &keys).await;
                for question in questions {
                    let expected = model(&keys, &question);
                    let listed = list(&client, &question).await;
                    prop_assert_eq!(&listed, &expected, "v2: {:?}", question);
                    if question.start_after.is_none() {
                        let listed = list_v1(&client, &question).await;
                        prop_assert_eq!(&listed, &expected, "v1: {:?}", question);
                    }
                }
                Ok(())
            })
        })
        .unwrap();
    drop(server);
}

/// Makes the bucket hold exactly `keys`.
async fn fill(client: &Client, keys: &BTreeSet<String>) {
    let everything = Question {
        max_keys: 1000,
        ..Question::default()
    };
    for (present, _) in list(client, &everything).await {
        if !keys.contains(&present) {
            let delete = client.delete_object().bucket(BUCKET).key(present);
            delete.send().await.unwrap();
        }
    }
    for key in keys {
        put(client, key, key.clone()).await;
    }
}

fn model(keys: &BTreeSet<String>, question: &Question) -> Names {
    let start_after = question.start_after.clone().unwrap_or_default();
    let mut names = BTreeSet::new();
    for key in keys {
        let Some(rest) = key.strip_prefix(&question.prefix) else {
            continue;
        };
        if *key <= start_after {
            continue;
        }
        let end = question.delimiter.as_ref().and_then(|delimiter| {
            Some(question.prefix.len() + rest.find(delimiter)? + delimiter.len())
        });
        match end {
            Some(end) => names.insert((key[..end].to_owned(), true)),
            None => names.insert((key.clone(), false)),
        };
    }
    names.into_iter().collect()
}

/// All pages, each of which must be full but the last.
async fn list(client: &Client, question: &Question) -> Names {
    let max_keys = i32::try_from(question.max_keys).unwrap();
    let mut names = Names::new();
    let mut token = None;
    loop {
        let page = client
            .list_objects_v2()
            .bucket(BUCKET)
            .prefix(&question.prefix)
            .set_delimiter(question.delimiter.clone())
            .set_start_after(question.start_after.clone())
            .set_continuation_token(token)
            .max_keys(max_keys);
        let page = page.send().await.unwrap();
        let keys = page.contents().iter().map(|it| (it.key().unwrap(), false));
        let prefixes = page.common_prefixes().iter();
        let prefixes = prefixes.map(|it| (it.prefix().unwrap(), true));
        let mut entries: Names = keys
            .chain(prefixes)
            .map(|(name, is)| (name.to_owned(), is))
            .collect();
        entries.sort();
        let count = entries.len();
        assert_eq!(page.key_count(), i32::try_from(count).ok());
        names.extend(entries);
        if page.is_truncated() != Some(true) {
            return names;
        }
        assert_eq!(count, question.max_keys);
        token = page.next_continuation_token;
    }
}

/// As [`list`], by the first version of the operation.
async fn list_v1(client: &Client, question: &Question) -> Names {
    let max_keys = i32::try_from(question.max_keys).unwrap();
    let mut names = Names::new();
    let mut marker = None;
    loop {
        let page = client
            .list_objects()
            .bucket(BUCKET)
            .prefix(&question.prefix)
            .set_delimiter(question.delimiter.clone())
            .set_marker(marker)
            .max_keys(max_keys);
        let page = page.send().await.unwrap();
        let keys = page.contents().iter().map(|it| (it.key().unwrap(), false));
        let prefixes = page.common_prefixes().iter();
        let prefixes = prefixes.map(|it| (it.prefix().unwrap(), true));
        let mut entries: Names = keys
            .chain(prefixes)
            .map(|(name, is)| (name.to_owned(), is))
            .collect();
        entries.sort();
        names.extend(entries);
        if page.is_truncated() != Some(true) {
            return names;
        }
        marker = page.next_marker;
    }
}

#[tokio::test]
async fn an_entry_says_what_the_object_is() {
    let (_server, client) = Server::with_bucket().await;
    put(&client, "key", "hello").await;
    let list = client.list_objects_v2().bucket(BUCKET).fetch_owner(true);
    let list = list.send().await.unwrap();
    let [entry] = list.contents() else {
        panic!("one object expected");
    };
    let head = client.head_object().bucket(BUCKET).key("key");
    let head = head.send().await.unwrap();
    assert_eq!(entry.size(), Some(5));
    assert_eq!(entry.e_tag(), head.e_tag());
    let modified = entry.last_modified().unwrap().secs();
    assert_eq!(modified, head.last_modified().unwrap().secs());
    assert!(entry.owner().is_some());
}

#[tokio::test]
async fn keys_that_xml_cannot_hold_are_listed_encoded() {
    let (_server, client) = Server::with_bucket().await;
    put(&client, "a\u{1}/b +c", "").await;
    put(&client, "ä*", "").await;
    let list = client.list_objects_v2().bucket(BUCKET);
    let list = list.encoding_type(EncodingType::Url).delimiter("/");
    let list = list.send().await.unwrap();
    assert_eq!(list.common_prefixes()[0].prefix(), Some("a%01/"));
    assert_eq!(list.contents()[0].key(), Some("%C3%A4*"));
}

#[tokio::test]
async fn the_size_of_a_page_is_limited() {
    let (_server, client) = Server::with_bucket().await;
    put(&client, "key", "").await;
    let list = |max_keys| {
        client
            .list_objects_v2()
            .bucket(BUCKET)
            .max_keys(max_keys)
            .send()
    };
    assert_eq!(list(5000).await.unwrap().max_keys(), Some(1000));
    let none = list(0).await.unwrap();
    assert_eq!(
        (none.key_count(), none.is_truncated()),
        (Some(0), Some(false))
    );
    assert_eq!(refusal(list(-1).await), (400, "InvalidArgument".to_owned()));
    let token = client
        .list_objects_v2()
        .bucket(BUCKET)
        .continuation_token("%");
    let refused = token.send().await;
    assert_eq!(refusal(refused), (400, "InvalidArgument".to_owned()));
}
