//! Clients of a server that may end at any moment, and what they may rely on afterwards.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shoebox_tests::client::Plain;
use shoebox_tests::picture;
use shoebox_tests::shoebox::{ids, text};

/// The tag that a patch adds.
const PATCHED: &str = "patched";

/// What became of an image, as far as its client was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Shown,
    Patched,
    /// A patch was sent, and not answered.
    PerhapsPatched,
    Gone,
    /// A delete was sent, and not answered.
    PerhapsGone,
}

/// An upload that the server said it has.
#[derive(Debug)]
pub(crate) struct Acknowledged {
    id: String,
    user: String,
    file: Vec<u8>,
    fate: Fate,
}

/// A client that uploads, directly or not, changes and deletes until the server is gone.
#[derive(Debug)]
pub(crate) struct Worker {
    client: Plain,
    url: String,
    user: String,
    acknowledged: Vec<Acknowledged>,
}

impl Worker {
    pub(crate) fn new(url: &str, user: &str) -> Self {
        Self {
            client: Plain::new(),
            url: url.to_owned(),
            user: user.to_owned(),
            acknowledged: Vec::new(),
        }
    }

    /// Works until the server does not answer; gives what it has acknowledged.
    pub(crate) async fn run(mut self, salt: u32) -> Vec<Acknowledged> {
        for number in 0.. {
            let file = picture::noise(10 + number % 60, 10 + salt);
            let worked = match number % 4 {
                0 => self.upload(&file).await,
                1 => self.patch(&file).await,
                2 => self.delete(&file).await,
                _ => self.upload_directly(&file).await,
            };
            if worked.is_none() {
                break;
            }
        }
        self.acknowledged
    }

    /// Uploads a file through the function. Nothing where the server ends first, as below.
    async fn upload(&mut self, file: &[u8]) -> Option<()> {
        let body = json!({
            "file_data": picture::base64(file), "user_id": self.user, "tags": ["a", self.user],
        });
        let target = format!("{}/images", self.url);
        let answer = self.client.post_json(&target, &body).await?;
        assert_eq!(answer.status, 201, "{answer:?}");
        self.note(&answer.json(), file);
        Some(())
    }

    async fn patch(&mut self, file: &[u8]) -> Option<()> {
        self.upload(file).await?;
        let image = self.acknowledged.last_mut()?;
        image.fate = Fate::PerhapsPatched;
        let body = json!({ "user_id": self.user, "tags": ["a", self.user, PATCHED] });
        let target = format!("{}/images/{}", self.url, image.id);
        let call = self.client.call("PATCH", &target);
        let call = call.header("content-type", "application/merge-patch+json");
        let answer = call.try_bytes(body.to_string()).await?;
        assert_eq!(answer.status, 200, "{answer:?}");
        image.fate = Fate::Patched;
        Some(())
    }

    async fn delete(&mut self, file: &[u8]) -> Option<()> {
        self.upload(file).await?;
        let image = self.acknowledged.last_mut()?;
        image.fate = Fate::PerhapsGone;
        let target = format!("{}/images/{}?user_id={}", self.url, image.id, self.user);
        let answer = self.client.call("DELETE", &target).try_bytes("").await?;
        assert_eq!(answer.status, 200, "{answer:?}");
        image.fate = Fate::Gone;
        Some(())
    }

    async fn upload_directly(&mut self, file: &[u8]) -> Option<()> {
        let body = json!({
            "content_type": "image/png", "size": file.len(), "user_id": self.user, "tags": ["a", self.user],
        });
        let target = format!("{}/images/uploads", self.url);
        let started = self.client.post_json(&target, &body).await?;
        assert_eq!(started.status, 202, "{started:?}");
        let started = started.json();
        let upload = &started["upload"];
        let mut put = self.client.call("PUT", &text(upload, "url"));
        for (name, value) in upload["headers"].as_object()? {
            put = put.header(name, value.as_str()?);
        }
        let put = put.try_bytes(file.to_vec()).await?;
        assert_eq!(put.status, 200, "{put:?}");
        let target = format!(
            "{}/images/{}/complete",
            self.url,
            text(&started, "image_id")
        );
        let call = self
            .client
            .call("POST", &target)
            .header("x-user-id", &self.user);
        let completed = call.try_bytes("").await?;
        // The bucket's event shows it too, at the same time.
        if completed.status != 409 {
            assert_eq!(completed.status, 200, "{completed:?}");
            self.note(&completed.json(), file);
        }
        Some(())
    }

    fn note(&mut self, image: &Value, file: &[u8]) {
        self.acknowledged.push(Acknowledged {
            id: text(image, "image_id"),
            user: self.user.clone(),
            file: file.to_vec(),
            fate: Fate::Shown,
        });
    }
}

/// Checks that a server shows a user what it has acknowledged, and shows nothing that it cannot serve. Gives how many
/// images it shows.
pub(crate) async fn check(url: &str, user: &str, acknowledged: &[Acknowledged]) -> usize {
    let client = Plain::new();
    let listed = list(&client, url, user, "a").await;
    let patched = list(&client, url, user, PATCHED).await;
    for image in acknowledged.iter().filter(|image| image.user == user) {
        let (id, fate) = (&image.id, image.fate);
        let target = format!("{url}/images/{id}");
        let content = client.get(&format!("{target}/content")).await;
        let is_shown = content.status == 200;
        assert_eq!(listed.contains(id), is_shown, "{id}, {fate:?}: {content:?}");
        match fate {
            Fate::Shown | Fate::Patched | Fate::PerhapsPatched => {
                assert!(is_shown, "{id}, {fate:?}: {content:?}");
                assert!(content.body == image.file, "{id} has other bytes");
            }
            Fate::Gone => assert_eq!(content.status, 404, "{id}: {content:?}"),
            Fate::PerhapsGone => assert!(is_shown || content.status == 404, "{content:?}"),
        }
        if is_shown {
            let tags = client.get(&target).await.json()["tags"].clone();
            let has_tag = tags.as_array().unwrap().contains(&json!(PATCHED));
            assert_eq!(patched.contains(id), has_tag, "{id}, {fate:?}: {tags}");
            if fate != Fate::PerhapsPatched {
                assert_eq!(has_tag, fate == Fate::Patched, "{id}, {fate:?}");
            }
        }
    }
    // Whatever is listed can be read, acknowledged or not.
    for id in &listed {
        let content = client.get(&format!("{url}/images/{id}/content")).await;
        assert_eq!(content.status, 200, "{id}: {content:?}");
    }
    listed.len()
}

/// Every image of a user with a tag.
async fn list(client: &Plain, url: &str, user: &str, tag: &str) -> BTreeSet<String> {
    let first = format!("{url}/images?user_id={user}&tags={tag}&limit=100");
    let mut listed = BTreeSet::new();
    let mut next = Some(first.clone());
    while let Some(page_url) = next {
        let page = client.get(&page_url).await.json();
        listed.extend(ids(&page));
        let key = page["last_key"].as_str();
        next = key.map(|key| format!("{first}&last_key={key}"));
    }
    listed
}
