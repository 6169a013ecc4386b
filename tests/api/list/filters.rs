//! Every filter on its own, in every way of writing it, and what is refused.

use serde_json::json;
use shoebox_tests::shoebox::text;
use shoebox_tests::{Shoebox, picture};

/// A user with three images, oldest first: their ids and their times.
async fn three(shoebox: &Shoebox) -> (String, Vec<String>, Vec<String>) {
    let user = Shoebox::user("filters");
    let mut images = Vec::new();
    let files = [picture::png(2, 2), picture::gif(2, 2), picture::webp(2, 2)];
    let attributes = [
        json!({ "tags": ["a", "b"], "category": "x", "visibility": "private" }),
        json!({ "tags": ["b", "c"], "category": "y" }),
        json!({ "tags": ["a", "b", "c#d%"], "category": "x" }),
    ];
    for (file, attributes) in files.iter().zip(attributes) {
        images.push(shoebox.upload_file(&user, file, attributes).await);
        // Times differ, so that they can be told apart by date.
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    }
    let of_all = |name| images.iter().map(|image| text(image, name)).collect();
    (user, of_all("image_id"), of_all("created_at"))
}

#[tokio::test]
async fn each_filter_keeps_what_matches_newest_first() {
    let shoebox = Shoebox::shared().await;
    let (user, ids, times) = three(&shoebox).await;
    let later = "2999-01-01";
    let cases: Vec<(String, &[usize])> = vec![
        (String::new(), &[2, 1, 0]),
        ("&order=desc".into(), &[2, 1, 0]),
        ("&order=asc".into(), &[0, 1, 2]),
        ("&tags=a".into(), &[2, 0]),
        ("&tags=A".into(), &[2, 0]),
        ("&tags=a,b".into(), &[2, 0]),
        ("&tags=b&tags=c".into(), &[1]),
        ("&tags[]=b&tags[]=c".into(), &[1]),
        ("&tags=a,c".into(), &[]),
        ("&tags=a,c&tag_mode=all".into(), &[]),
        ("&tags=a,c&tag_mode=any".into(), &[2, 1, 0]),
        ("&tags=c,c%23d%25&tag_mode=any".into(), &[2, 1]),
        ("&tags=c%23d%25".into(), &[2]),
        ("&category=x".into(), &[2, 0]),
        ("&category=X&tags=b".into(), &[2, 0]),
        ("&content_type=image/gif".into(), &[1]),
        ("&content_type=image%2Fpng&category=x".into(), &[0]),
        ("&visibility=private".into(), &[0]),
        ("&visibility=public".into(), &[2, 1]),
        ("&visibility=public&tags=a".into(), &[2]),
        (format!("&date_from={}", times[1]), &[2, 1]),
        (format!("&date_to={}", times[1]), &[1, 0]),
        (format!("&date_from={0}&date_to={0}", times[1]), &[1]),
        (format!("&date_to={}&order=asc&tags=a", times[2]), &[0, 2]),
        (format!("&date_from={later}"), &[]),
        ("&date_to=1999-12-31".into(), &[]),
        ("&tags=none".into(), &[]),
        ("&unknown=1&category=".into(), &[2, 1, 0]),
    ];
    for (query, expected) in cases {
        let page = shoebox.list_page(&format!("user_id={user}{query}")).await;
        let expected: Vec<&str> = expected.iter().map(|index| ids[*index].as_str()).collect();
        let listed = shoebox_tests::shoebox::ids(&page);
        assert_eq!(listed, expected, "{query}");
        assert_eq!(page["count"], expected.len(), "{query}");
        assert!(page.get("last_key").is_none(), "{query}");
    }
}

#[tokio::test]
async fn dates_are_taken_in_three_forms_and_both_ends_count() {
    let shoebox = Shoebox::shared().await;
    let (user, ids, times) = three(&shoebox).await;
    let newest: chrono::DateTime<chrono::Utc> = times[2].parse().unwrap();
    let day = newest.format("%Y-%m-%d").to_string();
    let (before, after) = (newest.timestamp() - 60, newest.timestamp() + 60);
    let elsewhere = newest.with_timezone(&chrono::FixedOffset::east_opt(7_200).unwrap());
    let elsewhere = elsewhere.to_rfc3339();
    let escaped = elsewhere.replace('+', "%2B");
    for (query, count) in [
        (format!("date_from={day}"), 3),
        (format!("date_to={day}"), 3),
        (format!("date_from={day}&date_to={day}"), 3),
        (format!("date_from={before}&date_to={after}"), 3),
        (format!("date_from={after}"), 0),
        (format!("date_to={before}"), 0),
        (format!("date_from={escaped}"), 1),
        (format!("date_from={elsewhere}"), 1),
        (format!("date_to={escaped}"), 3),
    ] {
        let listed = shoebox.list(&format!("user_id={user}&{query}")).await;
        assert_eq!(listed.len(), count, "{query}");
        assert!(count != 1 || listed == [ids[2].clone()], "{query}");
    }
}

#[tokio::test]
async fn a_wrong_parameter_is_named_and_all_of_them_at_once() {
    let shoebox = Shoebox::shared().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("order=up", "order"),
        ("tag_mode=some", "tag_mode"),
        ("visibility=hidden", "visibility"),
        ("visibility=private", "visibility"),
        ("content_type=image/svg%2Bxml", "content_type"),
        ("date_from=yesterday", "date_from"),
        ("date_to=2026-02-30", "date_to"),
        ("date_from=2026-02-01&date_to=2026-01-01", "date_from"),
        ("user_id=a%20b", "user_id"),
        ("presigned=maybe", "presigned"),
        ("presigned=true&expires_in=0", "expires_in"),
        ("presigned=true&expires_in=604801", "expires_in"),
        ("presigned=true&expires_in=1&expires=2", "expires_in"),
        ("last_key=!", "last_key"),
        ("last_key=a&cursor=b", "last_key"),
    ] {
        let answer = shoebox.get(&format!("/images?{query}")).send().await;
        let _ = answer.problem(400, "invalid_request");
        assert_eq!(answer.faulty_fields(), [field], "{query}");
    }
    let tags = "t".repeat(65);
    let query =
        format!("limit=0&order=up&tag_mode=some&date_from=x&date_to=y&tags={tags}&visibility=z");
    let answer = shoebox.get(&format!("/images?{query}")).send().await;
    assert_eq!(
        answer.faulty_fields(),
        [
            "date_from",
            "date_to",
            "limit",
            "order",
            "tag_mode",
            "tags",
            "visibility"
        ]
    );
}
