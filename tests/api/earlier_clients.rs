//! The calls that clients of five earlier services make, each under the base paths that those had.

use serde_json::{Value, json};
use shoebox_tests::shoebox::{ids, text};
use shoebox_tests::{Form, Shoebox, picture};

/// The base paths, on both ports.
fn bases(shoebox: &Shoebox) -> Vec<String> {
    let (api, aws) = (&shoebox.api_url, &shoebox.aws_url);
    vec![
        format!("{api}/images"),
        format!("{api}/api/v1/images"),
        format!("{api}/local/images"),
        format!("{aws}/restapis/x/local/_user_request_/images"),
        format!("{api}/restapis/x/local/_user_request_/images"),
    ]
}

#[tokio::test]
async fn every_form_of_upload_that_clients_know_works_under_every_base_path() {
    let shoebox = Shoebox::shared().await;
    let file = picture::JPEG;
    let encoded = picture::base64(file);
    for base in bases(&shoebox) {
        let user = Shoebox::user("earlier");
        let body = json!({
            "user_id": user, "file_data": encoded, "filename": "sunset.jpg", "content_type": "image/jpeg",
            "tags": ["sunset", "beach"], "description": "A sunset",
        });
        let by_body = shoebox.post(&base).json(&body).await;
        let by_header =
            json!({ "file_data": encoded, "filename": "sunset.jpg", "tags": "sunset,beach" });
        let by_header = shoebox.post(&base).user(&user).json(&by_header).await;
        let alias = shoebox.post(&format!("{base}/upload")).json(&body).await;
        let raw = shoebox.post(&base).user(&user);
        let raw = raw.typed("image/jpeg", file).await;
        let form = Form::new()
            .file("image", "sunset.jpg", "image/jpeg", file)
            .text("user_id", &user)
            .text("tags", "sunset,beach")
            .text("description", "A sunset");
        let form = shoebox.post(&base).form(form).await;
        for answer in [by_body, by_header, alias, raw, form] {
            assert_eq!(answer.status, 201, "{base}: {answer:?}");
            let image = answer.json();
            assert_eq!(image["user_id"], user.as_str());
            shoebox.stores.assert_stored(&image, file).await;
        }
        let files = Form::new()
            .text("user_id", &user)
            .file("files", "a.jpg", "image/jpeg", file)
            .file("files", "b.png", "image/png", &picture::png(1, 1));
        let answer = shoebox.post(&base).form(files).await;
        assert_eq!(answer.status, 201, "{base}: {answer:?}");
        assert_eq!(answer.json()["count"], 2);
        let list = shoebox.get(&format!("{base}?user_id={user}&tags=sunset"));
        let list = list.send().await.json();
        assert_eq!(list["count"], 4, "{base}");
    }
}

#[tokio::test]
async fn listing_reading_and_downloading_work_under_every_base_path() {
    let shoebox = Shoebox::shared().await;
    for base in bases(&shoebox) {
        let user = Shoebox::user("reader");
        let file = picture::png(4, 3);
        let image = shoebox.upload_file(
            &user,
            &file,
            json!({ "tags": ["cat"], "filename": "c.png" }),
        );
        let image = image.await;
        let id = text(&image, "image_id");
        let year_end = "2026-01-01T00:00:00Z";
        for query in [
            format!("user_id={user}"),
            format!("user_id={user}&tags=cat&limit=10"),
            format!("user_id={user}&date_from={year_end}&limit=50"),
            format!("user_id={user}&content_type=image/png"),
        ] {
            let page: Value = shoebox.get(&format!("{base}?{query}")).send().await.json();
            assert_eq!(ids(&page), [id.as_str()], "{base}?{query}");
            assert_eq!(page["images"][0]["filename"], "c.png");
        }
        let listed = shoebox.get(&base).user(&user).send().await;
        assert_eq!(listed.status, 200, "{listed:?}");

        let presigned = shoebox.get(&format!("{base}/{id}?presigned=true&expires_in=300"));
        let presigned = presigned.user(&user).send().await.json();
        let bytes = shoebox.get(&text(&presigned, "presigned_url")).send().await;
        assert_eq!(bytes.body, file);
        let metadata = shoebox.get(&format!("{base}/{id}")).send().await.json();
        assert_eq!(metadata["image_id"], id.as_str());
        let download = shoebox.get(&format!("{base}/{id}/download?expires_in=60"));
        let download = download.send().await.json();
        let bytes = shoebox.get(&text(&download, "download_url")).send().await;
        assert_eq!(bytes.body, file);
        let raw = shoebox.get(&format!("{base}/{id}?download=true&format=raw"));
        assert_eq!(raw.send().await.body, file);
        let shown = shoebox
            .get(&format!("{base}/{id}"))
            .header("accept", "image/*");
        assert_eq!(shown.send().await.body, file);
    }
}

#[tokio::test]
async fn every_way_of_deleting_works_under_every_base_path() {
    let shoebox = Shoebox::shared().await;
    for base in bases(&shoebox) {
        let user = Shoebox::user("deleter");
        let mut made = Vec::new();
        for _ in 0..6 {
            made.push(text(&shoebox.upload(&user, json!({})).await, "image_id"));
        }
        let by_header = shoebox.delete(&format!("{base}/{}", made[0])).user(&user);
        let by_query = shoebox.delete(&format!("{base}/{}?user_id={user}", made[1]));
        let by_body = shoebox.delete(&format!("{base}/{}", made[2]));
        for answer in [
            by_header.send().await,
            by_query.send().await,
            by_body.json(&json!({ "user_id": user })).await,
        ] {
            assert_eq!(answer.status, 200, "{base}: {answer:?}");
            assert_eq!(answer.json()["message"], "Image deleted successfully");
        }
        let one = json!({ "user_id": user, "image_ids": [made[3]] });
        let bulk = shoebox.delete(&base).json(&one).await;
        let batch = json!({ "user_id": user, "image_ids": [made[4], made[5]] });
        let batch = shoebox
            .post(&format!("{base}/batch-delete"))
            .json(&batch)
            .await;
        assert_eq!(bulk.json(), json!({ "deleted": [made[3]], "failed": [] }));
        assert_eq!(
            batch.json(),
            json!({ "deleted": [made[4], made[5]], "failed": [] })
        );
        assert!(shoebox.list(&format!("user_id={user}")).await.is_empty());
        assert!(shoebox.stores.keys_of(&user).await.is_empty());
    }
}
