//! What the service has stored, read past it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::operation::get_object::GetObjectError;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use serde_json::Value;

use crate::shoebox::text;

/// What stays as it is in the key of an object.
const KEY_CHARACTERS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// A row of the table.
pub type Item = HashMap<String, AttributeValue>;

/// The keys of the objects of a bucket under a prefix.
///
/// # Panics
/// The bucket does not answer.
pub async fn keys(s3: &aws_sdk_s3::Client, bucket: &str, prefix: &str) -> Vec<String> {
    let list = s3.list_objects_v2().bucket(bucket).prefix(prefix);
    let mut pages = list.into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        let objects = page.unwrap().contents.unwrap_or_default().into_iter();
        keys.extend(objects.map(|object| object.key.unwrap()));
    }
    keys
}

/// Bucket and table.
#[derive(Debug, Clone)]
pub struct Stores {
    /// A client of the bucket.
    pub s3: aws_sdk_s3::Client,
    /// A client of the table.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The bucket.
    pub bucket: String,
    /// The table.
    pub table: String,
}

/// A stored object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its bytes.
    pub bytes: Bytes,
    /// Its `Content-Type`.
    pub content_type: String,
    /// Its user metadata.
    pub metadata: BTreeMap<String, String>,
}

impl Stores {
    /// The row of an image.
    pub async fn image_row(&self, id: &str) -> Option<Item> {
        let get = self.dynamodb.get_item().table_name(&self.table);
        let get = get
            .key("pk", AttributeValue::S(format!("IMG#{id}")))
            .key("sk", AttributeValue::S("IMG".to_owned()))
            .consistent_read(true);
        get.send().await.unwrap().item
    }

    /// Every row of the table.
    pub async fn rows(&self) -> Vec<Item> {
        let mut rows = Vec::new();
        let mut from = None;
        loop {
            let scan = self.dynamodb.scan().table_name(&self.table);
            let scan = scan.consistent_read(true).set_exclusive_start_key(from);
            let page = scan.send().await.unwrap();
            rows.extend(page.items.unwrap_or_default());
            from = page.last_evaluated_key;
            if from.is_none() {
                return rows;
            }
        }
    }

    /// Every row that says that it is of a user.
    pub async fn rows_of(&self, user: &str) -> Vec<Item> {
        let mut rows = self.rows().await;
        rows.retain(|row| string(row, "user") == user);
        rows
    }

    /// The partition keys of an image's listing rows.
    pub async fn listings(&self, id: &str) -> BTreeSet<String> {
        let ending = format!("#{id}");
        let rows = self.rows().await.into_iter();
        rows.filter(|row| string(row, "sk").ends_with(&ending))
            .map(|row| string(&row, "pk"))
            .collect()
    }

    /// The keys of a user's objects.
    pub async fn keys_of(&self, user: &str) -> Vec<String> {
        let folder = percent_encoding::utf8_percent_encode(user, KEY_CHARACTERS);
        self.keys(&format!("images/{folder}/")).await
    }

    /// The keys of the objects under a prefix.
    pub async fn keys(&self, prefix: &str) -> Vec<String> {
        keys(&self.s3, &self.bucket, prefix).await
    }

    /// An object.
    pub async fn object(&self, key: &str) -> Option<Object> {
        let get = self.s3.get_object().bucket(&self.bucket).key(key);
        let found = match get.send().await {
            Ok(found) => found,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetObjectError::is_no_such_key) =>
            {
                return None;
            }
            Err(error) => panic!("{error:?}"),
        };
        Some(Object {
            content_type: found.content_type().unwrap_or_default().to_owned(),
            metadata: found
                .metadata()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            bytes: found.body.collect().await.unwrap().into_bytes(),
        })
    }

    /// Checks that neither store holds anything of a user.
    pub async fn assert_nothing_of(&self, user: &str) {
        assert_eq!(self.keys_of(user).await, Vec::<String>::new(), "{user}");
        assert_eq!(self.rows_of(user).await, Vec::<Item>::new(), "{user}");
    }

    /// Checks that neither store holds anything at all.
    pub async fn assert_empty(&self) {
        assert_eq!(self.keys("").await, Vec::<String>::new());
        assert_eq!(self.rows().await, Vec::<Item>::new());
    }

    /// Checks that an image, as an answer shows it to its owner, is stored as that: its object, its row, and
    /// all of its listing rows and no others.
    pub async fn assert_stored(&self, image: &Value, file: &[u8]) {
        let id = text(image, "image_id");
        let key = self.key_of(image);
        let object = self.object(&key).await.expect("the object");
        assert_eq!(object.bytes, file, "{key}");
        assert_eq!(object.content_type, image["content_type"], "{key}");
        let row = self.image_row(&id).await.expect("the image row");
        assert_eq!(string(&row, "status"), "active");
        assert_eq!(string(&row, "key"), key);
        assert!(!row.contains_key("sweep_shard"), "{row:?}");
        assert_eq!(self.listings(&id).await, expected_listings(image));
    }

    /// The key in an image's `s3_url`.
    #[must_use]
    pub fn key_of(&self, image: &Value) -> String {
        let url = text(image, "s3_url");
        let key = url.strip_prefix(&format!("s3://{}/", self.bucket));
        key.unwrap_or_else(|| panic!("{url}")).to_owned()
    }
}

/// An attribute that is text; empty where there is none.
#[must_use]
pub fn string(item: &Item, name: &str) -> String {
    match item.get(name) {
        Some(AttributeValue::S(text)) => text.clone(),
        _ => String::new(),
    }
}

/// An attribute that is a number; 0 where there is none.
#[must_use]
pub fn number(item: &Item, name: &str) -> i64 {
    match item.get(name) {
        Some(AttributeValue::N(digits)) => digits.parse().unwrap(),
        _ => 0,
    }
}

/// The listings that must hold an image, by the rules of the table's keys.
#[must_use]
pub fn expected_listings(image: &Value) -> BTreeSet<String> {
    const FEED_SHARDS: u8 = 8;
    let escaped = |value: &Value| {
        value
            .as_str()
            .unwrap()
            .replace('%', "%25")
            .replace('#', "%23")
    };
    let mut facets = vec![String::new(), format!("#Y#{}", text(image, "content_type"))];
    if image["category"].is_string() {
        facets.push(format!("#C#{}", escaped(&image["category"])));
    }
    let tags = image["tags"].as_array().unwrap().iter();
    facets.extend(tags.map(|tag| format!("#T#{}", escaped(tag))));
    let visibility = text(image, "visibility");
    let user = text(image, "user_id");
    let mut listings: BTreeSet<String> = facets
        .iter()
        .map(|facet| format!("U#{user}#{visibility}{facet}"))
        .collect();
    if visibility == "public" {
        let id = text(image, "image_id");
        let last = u8::from_str_radix(&id[id.len() - 2..], 16).unwrap();
        let shard = last % FEED_SHARDS;
        listings.extend(facets.iter().map(|facet| format!("G{facet}#{shard}")));
    }
    listings
}
