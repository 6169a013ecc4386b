//! Pages, and the position between them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use shoebox_tests::Shoebox;
use shoebox_tests::event::{Incoming, Reply, Trigger};
use shoebox_tests::shoebox::{ids, text};

async fn seven(shoebox: &Shoebox) -> (String, Vec<String>) {
    let user = Shoebox::user("pages");
    let mut newest_first = Vec::new();
    for _ in 0..7 {
        let image = shoebox.upload(&user, json!({ "tags": ["t"] })).await;
        newest_first.insert(0, text(&image, "image_id"));
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    (user, newest_first)
}

#[tokio::test]
async fn pages_of_every_size_hold_all_images_once_by_key_and_by_link() {
    let shoebox = Shoebox::shared().await;
    let (user, all) = seven(&shoebox).await;
    for limit in [1, 2, 3, 6, 7, 8, 100] {
        let first = format!("user_id={user}&limit={limit}");
        let (mut by_key, mut query) = (Vec::new(), first.clone());
        loop {
            let page = shoebox.list_page(&query).await;
            by_key.extend(ids(&page));
            match page["last_key"].as_str() {
                Some(key) => {
                    assert_eq!(page["count"], limit);
                    query = format!("{first}&last_key={key}");
                }
                None => break,
            }
        }
        assert_eq!(by_key, all, "pages of {limit}");

        let (mut by_link, mut next) = (Vec::new(), Some(format!("/images?{first}&tags=t")));
        while let Some(url) = next {
            let answer = shoebox.get(&url).send().await;
            by_link.extend(ids(&answer.json()));
            next = answer.next_link();
            assert_eq!(next.is_some(), answer.json()["last_key"].is_string());
        }
        assert_eq!(by_link, all, "links of {limit}");
    }
    let page = shoebox.list_page(&format!("user_id={user}")).await;
    assert_eq!(page["count"], 7);
}

#[tokio::test]
async fn the_position_goes_by_three_names_and_lets_the_page_size_change() {
    let shoebox = Shoebox::shared().await;
    let (user, all) = seven(&shoebox).await;
    let first = shoebox.list_page(&format!("user_id={user}&limit=2")).await;
    let key = text(&first, "last_key");
    for name in ["last_key", "cursor", "last_evaluated_key"] {
        for limit in [1, 3] {
            let query = format!("user_id={user}&limit={limit}&{name}={key}");
            assert_eq!(shoebox.list(&query).await, all[2..2 + limit], "{name}");
        }
        let link = shoebox.get(&format!("/images?user_id={user}&limit=2&{name}={key}"));
        let next = link.send().await.next_link().unwrap();
        assert_eq!(next.matches("last_key=").count(), 1, "{next}");
        assert!(
            !next.contains("cursor=") && !next.contains("last_evaluated_key="),
            "{next}"
        );
    }
}

#[tokio::test]
async fn a_key_that_was_changed_in_any_byte_is_refused() {
    let shoebox = Shoebox::shared().await;
    let (user, _) = seven(&shoebox).await;
    let first = shoebox.list_page(&format!("user_id={user}&limit=2")).await;
    let key = text(&first, "last_key");
    let sealed = URL_SAFE_NO_PAD.decode(&key).unwrap();
    let mut forged: Vec<String> = (0..sealed.len())
        .map(|index| {
            let mut bytes = sealed.clone();
            bytes[index] ^= 1;
            URL_SAFE_NO_PAD.encode(bytes)
        })
        .collect();
    forged.extend([
        key[1..].to_owned(),
        key[..key.len() - 4].to_owned(),
        format!("{key}AAAA"),
    ]);
    forged.extend(["x".repeat(2_000), "null".to_owned(), "%7B%7D".to_owned()]);
    for forged in forged {
        let query = format!("/images?user_id={user}&limit=2&last_key={forged}");
        let answer = shoebox.get(&query).send().await;
        let _ = answer.problem(400, "invalid_request");
        assert_eq!(answer.faulty_fields(), ["last_key"]);
    }
}

#[tokio::test]
async fn a_key_is_good_for_the_filters_it_was_made_for_only() {
    let shoebox = Shoebox::shared().await;
    let (user, all) = seven(&shoebox).await;
    let first = format!("user_id={user}&tags=t&limit=2");
    let key = text(&shoebox.list_page(&first).await, "last_key");
    let other = Shoebox::user("other");
    for query in [
        format!("user_id={user}"),
        format!("user_id={other}&tags=t"),
        "tags=t".to_owned(),
        format!("user_id={user}&tags=t,u"),
        format!("user_id={user}&tags=t&tag_mode=any&tags=u"),
        format!("user_id={user}&tags=t&order=asc"),
        format!("user_id={user}&tags=t&category=c"),
        format!("user_id={user}&tags=t&visibility=public"),
        format!("user_id={user}&tags=t&content_type=image/png"),
        format!("user_id={user}&tags=t&date_to=2999-01-01"),
    ] {
        let answer = shoebox.get(&format!("/images?{query}&last_key={key}"));
        let answer = answer.send().await;
        let _ = answer.problem(400, "invalid_request");
        assert_eq!(answer.faulty_fields(), ["last_key"], "{query}");
    }
    // The same filters, written otherwise, are the same.
    let same = format!("tags=T&user_id={user}&limit=5&order=desc&presigned=true&last_key={key}");
    assert_eq!(shoebox.list(&same).await, all[2..]);
}

#[tokio::test]
async fn the_next_link_names_what_was_understood_and_is_left_out_where_headers_would_not_hold_it() {
    let shoebox = Shoebox::shared().await;
    let user = Shoebox::user("long-link");
    let tags: Vec<String> = (0..20).map(|n| format!("{n:🌊<64}")).collect();
    let long = json!({ "tags": tags });
    for attributes in [long.clone(), long, json!({}), json!({})] {
        shoebox.upload(&user, attributes).await;
    }
    let noise = "utm_source=x&".repeat(100);
    let odd = format!("{noise}limit=1&limit=1&cursor=&presigned=1&expires=60&user_id={user}");
    let answer = shoebox.get(&format!("/images?{odd}")).send().await;
    let next = answer.next_link().unwrap();
    let (_, query) = next.split_once('?').unwrap();
    let expected = format!("user_id={user}&limit=1&presigned=true&expires_in=60&last_key=");
    assert!(query.starts_with(&expected), "{query}");
    let second = shoebox.get(&next).send().await.json();
    assert!(second["images"][0]["presigned_url"].is_string(), "{second}");

    // In UTF-8 the query below is within what the gateway takes; percent-encoded it is not.
    for (count, linked) in [(1, true), (20, false)] {
        let tags: String = tags[..count].join(",");
        let request = Incoming {
            query: format!("user_id={user}&limit=1&tags={tags}"),
            ..Incoming::new("GET", "/images")
        };
        let event = serde_json::to_vec(&request.event(Trigger::Rest)).unwrap();
        let answer = shoebox.running().gateway().invoke("list", &event).await;
        let reply = Reply::parse(&answer.unwrap());
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(reply.json()["last_key"].is_string(), "{count}");
        assert_eq!(reply.headers.contains_key("link"), linked, "{count}");
        assert!(reply.headers.values().map(String::len).sum::<usize>() < 10_000);
    }
}
