//! The service's own use cases, as deployed, over the stores.

use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use serde_json::json;
use shoebox_core::{
    AttributeFields, Attributes, AuditReport, Caller, Deleter, DirectFields, DirectStart, Error,
    Faults, File, IdempotencyKey, Image, Ingested, Ingester, ListFields, ListQuery, Lister, Page,
    Patch, Precondition, PresignOptions, Reader, Repair, StartedUpload, Sweeper, Updater, Upload,
    Uploader, UserId, Visibility,
};
use shoebox_tests::picture;
use std::time::Duration;

use crate::place::{Place, send, unique};

fn checked<T>(parse: impl FnOnce(&mut Faults) -> T) -> T {
    let mut faults = Faults::default();
    let parsed = parse(&mut faults);
    faults.or(parsed).unwrap()
}

fn attributes(visibility: &str, tags: &[&str]) -> Attributes {
    let fields = AttributeFields {
        visibility: Some(visibility.to_owned()),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        category: Some("trips".to_owned()),
        ..AttributeFields::default()
    };
    checked(|faults| Attributes::parse(fields, faults))
}

fn user(label: &str) -> (UserId, Caller) {
    let user = UserId::parse(&format!("{label}@{}", unique())).unwrap();
    (user.clone(), Caller::User(user))
}

async fn upload(
    uploader: &Uploader,
    user: &UserId,
    attributes: &Attributes,
    key: Option<&IdempotencyKey>,
    bytes: &Bytes,
) -> Result<Image, Error> {
    let upload = Upload {
        user,
        attributes,
        default_visibility: Visibility::Private,
        idempotency: key,
    };
    let file = File::new(bytes.clone(), Some("sea.png".to_owned()), None);
    let outcomes = Box::pin(uploader.upload(upload, vec![file], Utc::now())).await;
    outcomes?.pop().unwrap()
}

async fn start_direct(uploader: &Uploader, user: &UserId, size_bytes: usize) -> StartedUpload {
    let fields = DirectFields {
        content_type: Some("image/png".to_owned()),
        size: u64::try_from(size_bytes).ok(),
        sha256: None,
    };
    let attributes = attributes("public", &["sea"]);
    let request = checked(|faults| uploader.declare(attributes, &fields, faults).unwrap()).unwrap();
    let start = uploader.start_direct(user, Visibility::Private, &request, None, Utc::now());
    match Box::pin(start).await.unwrap() {
        DirectStart::Pending(started) => *started,
        DirectStart::Complete(image) => panic!("{image:?} is shown"),
    }
}

async fn put(started: &StartedUpload, bytes: &[u8]) {
    let answer = send("PUT", &started.url, &started.headers, bytes).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn list(place: &Place, caller: &Caller, fields: ListFields) -> Page {
    let query = checked(|faults| ListQuery::parse(fields, faults));
    let lister: Lister = place.build();
    Box::pin(lister.list(caller, &query)).await.unwrap()
}

fn of_user(user: &UserId, tag: Option<&str>) -> ListFields {
    ListFields {
        user_id: Some(user.to_string()),
        tags: tag.map(str::to_owned).into_iter().collect(),
        ..ListFields::default()
    }
}

/// The key of an image's object.
fn object_key<'a>(place: &Place, url: &'a str) -> &'a str {
    let prefix = format!("s3://{}/", place.bucket);
    url.strip_prefix(prefix.as_str()).unwrap()
}

pub(super) async fn an_image_is_uploaded_listed_read_changed_and_deleted(place: &Place) {
    let (user, caller) = user("whole");
    let bytes = Bytes::from(picture::png(3, 2));
    let uploader: Uploader = place.build();
    let attributes = attributes("public", &["sea", "a#b"]);
    let image = upload(&uploader, &user, &attributes, None, &bytes)
        .await
        .unwrap();
    let key = uploader.links().s3_url(&image);
    let key = object_key(place, &key);
    assert_eq!(place.bytes(key).await, bytes);

    for tag in [None, Some("sea"), Some("a#b")] {
        let page = list(place, &caller, of_user(&user, tag)).await;
        assert_eq!(page.images, std::slice::from_ref(&image), "{tag:?}");
    }
    let reader: Reader = place.build();
    assert_eq!(reader.find(&caller, image.id).await.unwrap(), image);
    assert_eq!(reader.content(&image).await.unwrap(), bytes);
    let options = PresignOptions {
        expires_in_secs: Some(60),
        attachment: true,
        head: false,
    };
    let url = reader
        .links()
        .presign(&image, options, Utc::now())
        .await
        .unwrap()
        .url;
    let answer = send("GET", &url, &[], b"").await;
    assert_eq!((answer.status, &answer.body), (200, &bytes), "{answer:?}");
    assert_eq!(
        answer.header("content-disposition"),
        Some("attachment; filename=\"sea.png\"")
    );

    let updater: Updater = place.build();
    let serde_json::Value::Object(members) = json!({"tags": ["sky"], "visibility": "private"})
    else {
        panic!("an object");
    };
    let patch = checked(|faults| Patch::parse(members, faults));
    let changed = updater.update(&caller, image.id, &patch, &Precondition::None, Utc::now());
    let changed = Box::pin(changed).await.unwrap();
    assert!(
        list(place, &caller, of_user(&user, Some("sea")))
            .await
            .images
            .is_empty()
    );
    assert_eq!(
        list(place, &caller, of_user(&user, Some("sky")))
            .await
            .images,
        std::slice::from_ref(&changed)
    );

    let deleter: Deleter = place.build();
    let delete =
        || Box::pin(deleter.delete(&caller, image.id, &Precondition::None, false, Utc::now()));
    delete().await.unwrap();
    assert!(matches!(delete().await, Err(Error::NotFound)));
    assert!(
        list(place, &caller, of_user(&user, None))
            .await
            .images
            .is_empty()
    );
    assert_eq!(place.keys(key).await, Vec::<String>::new());
}

pub(super) async fn an_idempotency_key_makes_one_image(place: &Place) {
    let (user, caller) = user("repeated");
    let uploader: Uploader = place.build();
    let (attributes, key) = (
        attributes("private", &[]),
        IdempotencyKey::parse("k-1").unwrap(),
    );
    let bytes = Bytes::from(picture::png(4, 4));
    let first = upload(&uploader, &user, &attributes, Some(&key), &bytes)
        .await
        .unwrap();
    let again = upload(&uploader, &user, &attributes, Some(&key), &bytes)
        .await
        .unwrap();
    assert_eq!(first, again);
    let other = Bytes::from(picture::png(5, 4));
    let other = upload(&uploader, &user, &attributes, Some(&key), &other).await;
    assert!(matches!(other, Err(Error::KeyReused)), "{other:?}");
    assert_eq!(
        list(place, &caller, of_user(&user, None)).await.images,
        [first]
    );
}

pub(super) async fn a_direct_upload_is_shown_once_its_bytes_are_there(place: &Place) {
    let (user, caller) = user("direct");
    let bytes = picture::png(6, 4);
    let uploader: Uploader = place.build();
    let ingester: Ingester = place.build();
    for by_event in [false, true] {
        let started = start_direct(&uploader, &user, bytes.len()).await;
        let id = started.upload.id;
        let early = Box::pin(uploader.complete(&caller, id, Utc::now())).await;
        assert!(matches!(early, Err(Error::BytesMissing)), "{early:?}");
        put(&started, &bytes).await;
        let keys = place.keys("images/").await;
        let key = keys
            .iter()
            .find(|key| key.contains(&id.to_string()))
            .unwrap();
        if by_event {
            let event = Box::pin(ingester.object_created(key, Utc::now())).await;
            assert_eq!(event.unwrap(), Ingested::Published(id));
        }
        let image = Box::pin(uploader.complete(&caller, id, Utc::now()))
            .await
            .unwrap();
        assert_eq!((image.width_px, image.height_px), (6, 4));
        let late = Box::pin(ingester.object_created(key, Utc::now())).await;
        assert_eq!(late.unwrap(), Ingested::Ignored);
    }
    assert_eq!(
        list(place, &caller, of_user(&user, Some("sea")))
            .await
            .images
            .len(),
        2
    );
}

pub(super) async fn bytes_that_were_not_declared_are_refused_and_removed(place: &Place) {
    let (user, caller) = user("refused");
    let uploader: Uploader = place.build();
    let bytes = [b'x'; 40];
    let started = start_direct(&uploader, &user, bytes.len()).await;
    put(&started, &bytes).await;
    let refused = Box::pin(uploader.complete(&caller, started.upload.id, Utc::now())).await;
    assert!(refused.is_err(), "{refused:?}");
    let keys = place.keys("images/").await;
    assert!(
        keys.iter()
            .all(|key| !key.contains(&started.upload.id.to_string())),
        "{keys:?}"
    );
    assert!(
        list(place, &caller, of_user(&user, None))
            .await
            .images
            .is_empty()
    );
}

pub(super) async fn lists_page_through_all_images_in_both_orders(place: &Place) {
    let (user, caller) = user("paged");
    let uploader: Uploader = place.build();
    let mut made = Vec::new();
    for number in 0..5 {
        let (visibility, bytes) = (["private", "public"][number % 2], picture::png(3, 3));
        let attributes = attributes(visibility, &["one"]);
        let image = upload(&uploader, &user, &attributes, None, &bytes.into())
            .await
            .unwrap();
        made.push((image.created_at, image.id));
    }
    // Two can have been made in one millisecond.
    made.sort();
    for order in ["asc", "desc"] {
        let mut found = Vec::new();
        let mut last_key = None;
        loop {
            let fields = ListFields {
                order: Some(order.to_owned()),
                limit: Some("2".to_owned()),
                last_key,
                ..of_user(&user, Some("one"))
            };
            let page = list(place, &caller, fields).await;
            found.extend(page.images.iter().map(|image| (image.created_at, image.id)));
            last_key = page.last_key;
            if last_key.is_none() {
                break;
            }
        }
        assert_eq!(found, made, "{order}");
        made.reverse();
    }
}

/// At a place of its own: the sweeper acts on everything that is due.
pub(super) async fn the_sweeper_settles_what_is_due_and_the_audit_finds_nothing(place: &Place) {
    let place = &place.apart().await;
    let (user, caller) = user("swept");
    let uploader: Uploader = place.build();
    let bytes = Bytes::from(picture::png(2, 2));
    let attributes = attributes("public", &["sea"]);
    let kept = upload(&uploader, &user, &attributes, None, &bytes)
        .await
        .unwrap();
    let gone = upload(&uploader, &user, &attributes, None, &bytes)
        .await
        .unwrap();
    let deleter: Deleter = place.build();
    Box::pin(deleter.delete(&caller, gone.id, &Precondition::None, false, Utc::now()))
        .await
        .unwrap();
    let forgotten = start_direct(&uploader, &user, bytes.len()).await;
    put(&forgotten, &bytes).await;
    start_direct(&uploader, &user, bytes.len()).await;

    let sweeper: Sweeper = place.build();
    let later = Utc::now() + TimeDelta::hours(5);
    let mut swept = shoebox_core::SweepReport::default();
    // The index may lag; and a sweep leaves tombstones that another settles.
    for _ in 0..20 {
        let report = Box::pin(sweeper.sweep(later, Duration::from_mins(1)))
            .await
            .unwrap();
        assert_eq!((report.failed, report.unfinished), (0, false), "{report:?}");
        swept.published += report.published;
        swept.aborted += report.aborted;
        if swept.published == 1 && swept.aborted == 1 && report.examined == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert_eq!((swept.published, swept.aborted), (1, 1), "{swept:?}");
    let mut shown: Vec<_> = list(place, &caller, of_user(&user, None)).await.images;
    shown.sort_by_key(|image| image.id);
    let ids: Vec<_> = shown.iter().map(|image| image.id).collect();
    let mut expected = vec![kept.id, forgotten.upload.id];
    expected.sort();
    assert_eq!(ids, expected);

    let report = Box::pin(sweeper.audit(Repair::DryRun, later))
        .await
        .unwrap();
    let expected = AuditReport {
        active_images: 2,
        objects: 2,
        ..AuditReport::default()
    };
    let found = AuditReport {
        listing_rows: 0,
        ..report
    };
    assert_eq!(found, expected, "{report:?}");
}
