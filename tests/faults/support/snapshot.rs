//! Both stores as they are, read past the code under test.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;

use super::world::World;

type Item = HashMap<String, AttributeValue>;

/// Everything in a world's bucket and table.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) images: Vec<ImageRow>,
    /// Partition, sort key and revision of every listing row.
    pub(super) listings: BTreeSet<(String, String, String)>,
    pub(super) objects: BTreeMap<String, Bytes>,
}

/// An image row, as far as the invariants speak of it.
#[derive(Debug)]
pub(super) struct ImageRow {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) user: String,
    pub(super) object_key: String,
    /// The digest of the bytes, where the row has one.
    pub(super) sha256: Option<Vec<u8>>,
    pub(super) size_bytes: usize,
    /// Whether the sweeper's index has it.
    pub(super) awaits_sweeper: bool,
    pub(super) expires: bool,
    /// The listing rows that it should have, where it is shown.
    pub(super) listings: Vec<(String, String, String)>,
}

impl Snapshot {
    pub(super) async fn take(world: &World) -> Self {
        let mut snapshot = Self {
            images: Vec::new(),
            listings: BTreeSet::new(),
            objects: BTreeMap::new(),
        };
        let scan = world.dynamodb.scan().table_name(&world.table);
        let mut items = scan.consistent_read(true).into_paginator().items().send();
        while let Some(item) = items.next().await {
            let item = item.unwrap();
            if text(&item, "pk").starts_with("IMG#") {
                snapshot.images.push(ImageRow::of(&item));
            } else {
                let keys = (text(&item, "pk"), text(&item, "sk"), number(&item, "rev"));
                snapshot.listings.insert(keys);
            }
        }
        let list = world.s3.list_objects_v2().bucket(&world.bucket);
        let mut pages = list.into_paginator().send();
        while let Some(page) = pages.next().await {
            for object in page.unwrap().contents.unwrap_or_default() {
                let key = object.key.unwrap();
                let get = world.s3.get_object().bucket(&world.bucket).key(&key);
                let body = get.send().await.unwrap().body.collect().await.unwrap();
                snapshot.objects.insert(key, body.into_bytes());
            }
        }
        snapshot
    }
}

impl ImageRow {
    fn of(item: &Item) -> Self {
        let id = text(item, "pk").trim_start_matches("IMG#").to_owned();
        let status = text(item, "status");
        let digest = item.get("sha").map(|sha| sha.as_b().unwrap());
        Self {
            user: text(item, "user"),
            object_key: text(item, "key"),
            sha256: digest.map(|digest| digest.as_ref().to_vec()),
            // A row that the audit made, of an object without one, knows no size.
            size_bytes: number(item, "bytes").parse().unwrap_or(0),
            awaits_sweeper: item.contains_key("due_at") || item.contains_key("sweep_shard"),
            expires: item.contains_key("expires_at"),
            listings: if status == "active" {
                listings(&id, item)
            } else {
                Vec::new()
            },
            id,
            status,
        }
    }
}

/// Written anew from the description of the table, not taken from the code under test.
fn listings(id: &str, item: &Item) -> Vec<(String, String, String)> {
    let escape = |text: &str| text.replace('%', "%25").replace('#', "%23");
    let mut facets = vec![String::new(), format!("#Y#{}", text(item, "type"))];
    if item.contains_key("cat") {
        facets.push(format!("#C#{}", escape(&text(item, "cat"))));
    }
    let tags = match item.get("tags") {
        Some(tags) => tags.as_l().unwrap().clone(),
        None => Vec::new(),
    };
    for tag in tags {
        facets.push(format!("#T#{}", escape(tag.as_s().unwrap())));
    }
    let (user, visibility) = (escape(&text(item, "user")), text(item, "vis"));
    let shard = u8::from_str_radix(&id[id.len() - 2..], 16).unwrap() % 8;
    let mut partitions = Vec::new();
    for facet in facets {
        partitions.push(format!("U#{user}#{visibility}{facet}"));
        if visibility == "public" {
            partitions.push(format!("G{facet}#{shard}"));
        }
    }
    let sort_key = format!("{}#{id}", text(item, "created"));
    let row = |partition| (partition, sort_key.clone(), number(item, "rev"));
    partitions.into_iter().map(row).collect()
}

fn text(item: &Item, name: &str) -> String {
    item.get(name)
        .map(|value| value.as_s().unwrap().clone())
        .unwrap_or_default()
}

fn number(item: &Item, name: &str) -> String {
    item.get(name)
        .map(|value| value.as_n().unwrap().clone())
        .unwrap_or_default()
}
