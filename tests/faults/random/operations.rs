//! The operations, and what each answer says of the image.

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use chrono::TimeDelta;
use serde_json::json;
use shoebox_core::{Error, IdempotencyKey, Image, ImageId, UserId};

use super::compare::{CATEGORIES, TAGS};
use super::model::{Asked, Run, USERS};
use crate::support::{attributes, caller, picture, play};

impl Run {
    /// One operation, and a little time.
    pub(super) async fn step(&mut self) {
        match self.random.below(100) {
            0..25 => self.upload().await,
            25..38 => self.repeat_upload().await,
            38..53 => self.patch().await,
            53..65 => self.delete().await,
            65..75 => self.start_direct().await,
            75..83 => self.put().await,
            83..89 => self.complete().await,
            89..95 => self.event().await,
            _ => self.sweep().await,
        }
        let seconds = i64::try_from(self.random.below(20)).unwrap();
        self.pass(TimeDelta::seconds(seconds)).await;
        if self.random.percent(15) {
            self.land().await;
        }
    }

    fn new_request(&mut self) -> Asked {
        let number = self.asked.len();
        let user = UserId::parse(self.random.pick(&USERS).unwrap()).unwrap();
        let key = IdempotencyKey::parse(&format!("key-{number}")).unwrap();
        Asked {
            id: ImageId::derived(&user, &key, 0),
            user,
            key,
            bytes: picture(u32::try_from(number).unwrap()),
            url_until: None,
        }
    }

    fn pick(&mut self, wanted: impl Fn(&Self, &Asked) -> bool) -> Option<Asked> {
        let found = self.asked.iter().filter(|asked| wanted(self, asked));
        let found: Vec<Asked> = found.cloned().collect();
        self.random.pick(&found).cloned()
    }

    async fn upload(&mut self) {
        let asked = self.new_request();
        self.asked.push(asked.clone());
        self.note(format!("upload {}", asked.id));
        self.try_upload(&asked).await;
    }

    async fn repeat_upload(&mut self) {
        let Some(asked) = self.pick(|_, asked| asked.url_until.is_none()) else {
            return;
        };
        self.note(format!("upload {} again", asked.id));
        self.try_upload(&asked).await;
        if self.shown.contains_key(&asked.id) {
            let world = &self.batch.world;
            let other = world.upload(&asked.user, Some(&asked.key), picture(u32::MAX), self.now);
            if !matches!(other.await, Err(Error::KeyReused)) {
                self.fail("the key was given to other bytes");
            }
        }
    }

    async fn try_upload(&mut self, asked: &Asked) {
        let (script, unharmed) = self.script();
        let before = self.shown.get(&asked.id).cloned();
        let (user, key, now) = (asked.user.clone(), asked.key.clone(), self.now);
        let outcome = {
            let upload = self
                .batch
                .world
                .upload(&user, Some(&key), asked.bytes.clone(), now);
            let outcome = play(&script, upload).await;
            self.in_flight.push(script);
            outcome
        };
        match (outcome.good(), outcome.error()) {
            (Some(image), _) => {
                if self.gone.contains(&asked.id) || before.is_some_and(|before| before != *image) {
                    self.fail(&format!("answered {image:?}"));
                }
                self.shown.insert(asked.id, image.clone());
            }
            // What came to nothing can be tried again; only what was shown spends its key.
            (None, Some(Error::KeySpent))
                if self.gone.contains(&asked.id) || self.doomed.contains(&asked.id) => {}
            (None, Some(Error::InProgress { .. } | Error::Conflict)) if before.is_none() => {}
            (None, Some(error)) if unharmed => self.fail(&format!("answered {error:?}")),
            (None, _) => {}
        }
        self.refresh(asked).await;
    }

    async fn patch(&mut self) {
        let Some(asked) = self.pick(|run, asked| run.shown.contains_key(&asked.id)) else {
            return;
        };
        let visibility = *self.random.pick(&["public", "private"]).unwrap();
        let tags = [
            *self.random.pick(&TAGS).unwrap(),
            *self.random.pick(&TAGS).unwrap(),
        ];
        let category = self.random.pick(&CATEGORIES).unwrap();
        let members = json!({"visibility": visibility, "tags": tags, "category": category});
        self.note(format!("patch {} {members}", asked.id));
        let (script, unharmed) = self.script();
        let patch = self
            .batch
            .world
            .patch(&asked.user, asked.id, members.clone(), self.now);
        let outcome = play(&script, patch).await;
        self.in_flight.push(script);
        let known = self.shown[&asked.id].clone();
        let intended = changed(&known, &members, self.now);
        match outcome.good() {
            Some(image) if *image == intended || *image == known => {
                self.shown.insert(asked.id, image.clone());
            }
            Some(image) => self.fail(&format!("{known:?} became {image:?}")),
            None if unharmed && !self.is_doubtful(asked.id) => {
                self.fail(&format!("answered {outcome:?}"));
            }
            None => self.changes.push(intended),
        }
        self.refresh(&asked).await;
    }

    /// Whether something in flight may yet change the image.
    fn is_doubtful(&self, id: ImageId) -> bool {
        self.doomed.contains(&id) || self.changes.iter().any(|image| image.id == id)
    }

    async fn delete(&mut self) {
        let Some(asked) = self.pick(|_, _| true) else {
            return;
        };
        self.note(format!("delete {}", asked.id));
        let (script, unharmed) = self.script();
        let delete = self.batch.world.delete(&asked.user, asked.id, self.now);
        let outcome = play(&script, delete).await;
        self.in_flight.push(script);
        let was_shown = self.shown.contains_key(&asked.id);
        match outcome.error() {
            None if outcome.good().is_some() => self.forget(asked.id),
            Some(Error::NotFound) if !was_shown => {}
            Some(error) if unharmed => self.fail(&format!("answered {error:?}")),
            None | Some(_) => {
                self.doomed.insert(asked.id);
            }
        }
        self.refresh(&asked).await;
    }

    async fn start_direct(&mut self) {
        let mut asked = self.new_request();
        self.note(format!("start {}", asked.id));
        let (script, unharmed) = self.script();
        let (world, bytes) = (&self.batch.world, asked.bytes.len());
        let start = world.start_direct(&asked.user, Some(&asked.key), bytes, self.now);
        let outcome = play(&script, start).await;
        self.in_flight.push(script);
        match outcome.good() {
            Some(started) => asked.url_until = Some(started.expires_at),
            None if unharmed => self.fail(&format!("answered {:?}", outcome.error())),
            // Nobody has a URL.
            None => asked.url_until = Some(self.now),
        }
        self.asked.push(asked);
    }

    /// Does what the URL allows: signatures are checked against a clock that is not ours here.
    async fn put(&mut self) {
        let now = self.now;
        let Some(asked) = self.pick(|_, asked| asked.url_until.is_some_and(|end| now < end)) else {
            return;
        };
        self.note(format!("put {}", asked.id));
        let put = self
            .batch
            .world
            .s3
            .put_object()
            .bucket(&self.batch.world.bucket);
        let put = put
            .key(object_key(&asked))
            .if_none_match("*")
            .body(ByteStream::from(asked.bytes.clone()));
        // Refused where the bytes are there.
        let _ = put.send().await;
    }

    async fn complete(&mut self) {
        let Some(asked) = self.pick(|_, asked| asked.url_until.is_some()) else {
            return;
        };
        self.note(format!("complete {}", asked.id));
        let (script, _) = self.script();
        let caller = caller(&asked.user);
        let complete = self
            .batch
            .world
            .uploader
            .complete(&caller, asked.id, self.now);
        let outcome = play(&script, Box::pin(complete)).await;
        self.in_flight.push(script);
        let answered = outcome.good().cloned();
        self.refresh(&asked).await;
        if answered.is_some_and(|image| self.shown.get(&asked.id) != Some(&image)) {
            self.fail("complete answered with what is not there");
        }
    }

    async fn event(&mut self) {
        let Some(asked) = self.pick(|_, asked| asked.url_until.is_some()) else {
            return;
        };
        self.note(format!("event of {}", asked.id));
        let (script, _) = self.script();
        let key = object_key(&asked);
        let event = self.batch.world.ingester.object_created(&key, self.now);
        play(&script, Box::pin(event)).await;
        self.in_flight.push(script);
        self.refresh(&asked).await;
    }

    async fn sweep(&mut self) {
        let minutes = [0, 2, 8, 90];
        let minutes = *self.random.pick(&minutes).unwrap();
        self.note(format!("sweep after {minutes} minutes"));
        self.pass(TimeDelta::minutes(minutes)).await;
        let (script, _) = self.script();
        let sweeper = &self.batch.world.sweeper;
        let sweep = sweeper.sweep(self.now, Duration::from_mins(1));
        play(&script, Box::pin(sweep)).await;
        self.in_flight.push(script);
        self.refresh_all().await;
    }
}

fn object_key(asked: &Asked) -> String {
    format!("images/{}/{}/object", asked.user, asked.id)
}

/// The image as the patch should leave it.
fn changed(
    image: &Image,
    members: &serde_json::Value,
    now: chrono::DateTime<chrono::Utc>,
) -> Image {
    let said = |visibility: &str| {
        let tags = members["tags"].as_array().unwrap().iter();
        let tags: Vec<&str> = tags.map(|tag| tag.as_str().unwrap()).collect();
        attributes(visibility, &tags, members["category"].as_str())
    };
    let attributes = said(members["visibility"].as_str().unwrap());
    Image {
        tags: attributes.tags,
        category: attributes.category,
        visibility: attributes.visibility.unwrap(),
        updated_at: shoebox_core::to_millis(now).max(image.updated_at),
        revision: image.revision + 1,
        ..image.clone()
    }
}
