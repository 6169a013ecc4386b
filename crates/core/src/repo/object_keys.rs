//! The keys of objects: whose, which image, and a name that two tries do not share where one may still be removed.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use uuid::Uuid;

use crate::{DirectUpload, Image, ImageId, ObjectName, Sha256Digest, UserId};

/// What stays as it is in a key. A dot does not: a user called `..` would make a path that clients fold.
const KEY_CHARACTERS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
/// How the key of an object ends whose digest was not known when the key was given out.
const PLAIN: &str = "object";

/// The prefix of every object of an image.
pub(crate) const OBJECT_PREFIX: &str = "images/";

/// The key of an image's bytes.
pub(crate) fn object_key(image: &Image) -> String {
    key(
        &image.user_id,
        image.id,
        image.object_name,
        Some(image.sha256),
    )
}

/// The key that a direct upload is to put its bytes under.
pub(crate) fn direct_key(upload: &DirectUpload) -> String {
    key(
        &upload.user_id,
        upload.id,
        upload.object_name,
        upload.sha256,
    )
}

/// The id in an object's key, where it is of our form, to the letter: ids and names that only read alike are other
/// objects.
#[must_use]
pub fn id_in_key(key: &str) -> Option<ImageId> {
    let mut segments = key.strip_prefix(OBJECT_PREFIX)?.split('/');
    let (Some(_user), Some(id), Some(name), None) = (
        segments.next(),
        segments.next(),
        segments.next(),
        segments.next(),
    ) else {
        return None;
    };
    let is_digest = || Sha256Digest::from_hex(name).is_ok_and(|digest| digest.to_string() == name);
    let is_own = || Uuid::try_parse(name).is_ok_and(|own| own.to_string() == name);
    let is_name = name == PLAIN || is_digest() || is_own();
    let found: ImageId = id.parse().ok()?;
    (is_name && found.to_string() == id).then_some(found)
}

/// The user in an object's key, where it is of our form.
pub(crate) fn owner_in_key(key: &str) -> Option<UserId> {
    let (segment, _) = key.strip_prefix(OBJECT_PREFIX)?.split_once('/')?;
    let user = percent_decode_str(segment).decode_utf8().ok()?;
    let user = UserId::parse(&user).ok()?;
    (utf8_percent_encode(user.as_str(), KEY_CHARACTERS).to_string() == segment).then_some(user)
}

fn key(user: &UserId, id: ImageId, name: ObjectName, digest: Option<Sha256Digest>) -> String {
    let user = utf8_percent_encode(user.as_str(), KEY_CHARACTERS);
    let name = match (name, digest) {
        (ObjectName::Own(name), _) => name.to_string(),
        (ObjectName::Digest, Some(digest)) => digest.to_string(),
        (ObjectName::Digest, None) | (ObjectName::Plain, _) => PLAIN.to_owned(),
    };
    format!("{OBJECT_PREFIX}{user}/{id}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_id_makes_a_path_that_clients_fold() {
        let encoded = |user: &str| utf8_percent_encode(user, KEY_CHARACTERS).to_string();
        assert_eq!(encoded(".."), "%2E%2E");
        assert_eq!(encoded("ann-b_c@x.org"), "ann-b_c%40x%2Eorg");
    }

    #[test]
    fn the_user_is_read_back_from_a_key_of_ours_alone() {
        let id = ImageId::new(chrono::DateTime::UNIX_EPOCH, [1; 10]);
        for name in ["..", "ann-b_c@x.org"] {
            let user = UserId::parse(name).unwrap();
            let key = key(&user, id, ObjectName::Plain, None);
            assert_eq!(owner_in_key(&key), Some(user));
        }
        for foreign in [
            "",
            "images/",
            "other/a/b/c",
            "images/a.b/c/d",
            "images/%FF/c/d",
        ] {
            assert_eq!(owner_in_key(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn the_id_is_read_back_from_a_key_of_ours_alone() {
        let now = chrono::DateTime::UNIX_EPOCH;
        let (user, id) = (UserId::parse("a.b").unwrap(), ImageId::new(now, [0xab; 10]));
        let digest = Some(Sha256Digest([7; 32]));
        let own = ObjectName::Own(uuid::Uuid::from_u128(0xa));
        for name in [ObjectName::Digest, ObjectName::Plain, own] {
            assert_eq!(id_in_key(&key(&user, id, name, digest)), Some(id));
        }
        let text = "00000000-0000-0000-0000-00000000000a";
        assert!(key(&user, id, own, digest).ends_with(text));
        for foreign in [
            "",
            "images/",
            "other/a/b/c",
            "images/a/b/c",
            &format!("images/a/{id}"),
            &format!("images/a/{id}/b/c"),
            &format!("images/a/{id}/other"),
            &format!("images/a/{}/object", id.to_string().to_uppercase()),
            &format!("images/a/{id}/{}", "AB".repeat(32)),
            &format!("images/a/{id}/{}", text.to_uppercase()),
            &format!("images/a/{id}/{{{text}}}"),
            &format!("images/a/{id}/urn:uuid:{text}"),
            &format!("images/a/{id}/{}", text.replace('-', "")),
        ] {
            assert_eq!(id_in_key(foreign), None, "{foreign}");
        }
    }
}
