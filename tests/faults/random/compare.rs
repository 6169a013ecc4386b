//! Every listing against the model.

use imaging::ImageFormat;
use shoebox_core::{Faults, Image, ListFields, ListQuery, UserId, Visibility};

use super::model::{Run, USERS};
use crate::support::caller;

pub(super) const TAGS: [&str; 3] = ["sea", "sun", "a#b"];
pub(super) const CATEGORIES: [&str; 2] = ["trips", "food"];

fn tagged(image: &Image, tag: &str) -> bool {
    image
        .tags
        .as_slice()
        .iter()
        .any(|found| found.as_str() == tag)
}

fn categorised(image: &Image, category: &str) -> bool {
    let found = image.category.as_ref();
    found.is_some_and(|found| found.as_str() == category)
}

impl Run {
    pub(super) async fn compare(&mut self) {
        self.refresh_all().await;
        for user in USERS {
            let mine = |image: &Image| image.user_id.as_str() == user;
            let of_user = || ListFields {
                user_id: Some(user.to_owned()),
                ..ListFields::default()
            };
            self.compare_lists(user, &of_user, &mine).await;
        }
        let public = |image: &Image| image.visibility == Visibility::Public;
        self.compare_lists(USERS[0], &ListFields::default, &public)
            .await;
    }

    /// One scope whole, and by every facet.
    async fn compare_lists(
        &self,
        user: &str,
        scope: &dyn Fn() -> ListFields,
        within: &dyn Fn(&Image) -> bool,
    ) {
        self.compare_list(user, scope(), within).await;
        for tag in TAGS {
            let fields = ListFields {
                tags: vec![tag.to_owned()],
                ..scope()
            };
            self.compare_list(user, fields, &|image| within(image) && tagged(image, tag))
                .await;
        }
        for category in CATEGORIES {
            let fields = ListFields {
                category: Some(category.to_owned()),
                ..scope()
            };
            let matches = |image: &Image| within(image) && categorised(image, category);
            self.compare_list(user, fields, &matches).await;
        }
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let fields = ListFields {
                content_type: Some(format.content_type().to_owned()),
                ..scope()
            };
            let matches = |image: &Image| within(image) && image.format == format;
            self.compare_list(user, fields, &matches).await;
        }
    }

    async fn compare_list(&self, user: &str, fields: ListFields, matches: &dyn Fn(&Image) -> bool) {
        let asked = format!("{fields:?}");
        let mut faults = Faults::default();
        let fields = ListFields {
            limit: Some("100".to_owned()),
            ..fields
        };
        let query = ListQuery::parse(fields, &mut faults);
        let query = faults.or(query).unwrap();
        let caller = caller(&UserId::parse(user).unwrap());
        let page = self.batch.world.lister.list(&caller, &query).await.unwrap();
        let mut expected: Vec<&Image> =
            self.shown.values().filter(|image| matches(image)).collect();
        expected.sort_by_key(|image| std::cmp::Reverse((image.created_at, image.id)));
        if page.images.iter().ne(expected.iter().copied()) || page.last_key.is_some() {
            let ids = |images: Vec<&Image>| {
                let ids = images
                    .iter()
                    .map(|image| format!("{}@{}", image.id, image.revision));
                ids.collect::<Vec<_>>().join(" ")
            };
            self.fail(&format!(
                "{asked} lists {} and not {}",
                ids(page.images.iter().collect()),
                ids(expected)
            ));
        }
    }
}
