//! Every file of a corpus from public test suites, uploaded: it gets what its manifest says it must get.
//!
//! The corpus is found by the environment variable `SHOEBOX_CORPUS`, or beside the repository. Where it is not
//! there, the test says so and passes.

use std::path::{Path, PathBuf};

use serde_json::Value;
use shoebox_tests::shoebox::text;
use shoebox_tests::{Answer, Shoebox};

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("SHOEBOX_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
        PathBuf::from,
    );
    folder.join("MANIFEST.json").is_file().then_some(folder)
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "tells what was skipped")]
async fn every_file_of_the_corpus_is_stored_whole_or_refused_without_a_trace() {
    let Some(folder) = corpus() else {
        eprintln!("SKIPPED: no image corpus here; set SHOEBOX_CORPUS to its folder");
        return;
    };
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let rows = manifest["files"].as_array().unwrap();
    let shoebox = Shoebox::with(&[]).await;
    let (mut failures, mut stored) = (Vec::new(), 0);
    for row in rows {
        let name = row["file"].as_str().unwrap();
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let call = shoebox.post("/images").user("owner");
        let answer = call.typed("application/octet-stream", bytes.clone()).await;
        let judged = judge(&row["expect"], &answer);
        let judged = match judged {
            Ok(()) if answer.status == 201 => {
                stored += 1;
                judge_stored(&shoebox, &row["expect"], &answer.json(), &bytes).await
            }
            judged => judged,
        };
        failures.extend(judged.err().map(|complaint| format!("{name}: {complaint}")));
    }
    assert!(stored > 0);
    let objects = shoebox.stores.keys("").await.len();
    assert_eq!(objects, stored, "something was stored of what was refused");
    let rows_of_images = shoebox.stores.rows().await;
    let rows_of_images = rows_of_images
        .iter()
        .filter(|row| shoebox_tests::store::string(row, "sk") == "IMG");
    assert_eq!(rows_of_images.count(), stored);
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        rows.len(),
        failures.join("\n")
    );
}

fn judge(expect: &Value, answer: &Answer) -> Result<(), String> {
    if !(200..500).contains(&answer.status) {
        return Err(format!("{answer:?}"));
    }
    let refused = answer.status >= 400;
    if refused {
        let _ = answer.any_problem();
    }
    // What is larger than a function takes is refused before anyone looks at it.
    if answer.status == 413 && answer.json()["code"] == "request_too_large" {
        return Ok(());
    }
    match (expect["class"].as_str().unwrap(), refused) {
        ("accept" | "accept_if_enabled" | "either", false) | ("either", true) => Ok(()),
        ("reject", true) => {
            let statuses = expect["status"].as_array();
            let allowed = statuses.is_none_or(|all| all.iter().any(|one| *one == answer.status));
            if allowed {
                Ok(())
            } else {
                Err(format!("{answer:?}"))
            }
        }
        ("accept_if_enabled", true)
            if answer.status == 415 && expect["content_type"] != "image/avif" =>
        {
            Ok(())
        }
        (class, _) => Err(format!("{class}, but {answer:?}")),
    }
}

async fn judge_stored(
    shoebox: &Shoebox,
    expect: &Value,
    image: &Value,
    bytes: &[u8],
) -> Result<(), String> {
    // Sizes are as coded in the file; orientations from 5 on turn the picture on its side. Where the manifest
    // does not say, either is good.
    let on_its_side = match expect["orientation"].as_u64() {
        Some(orientation) => orientation >= 5,
        None => image["width"] != expect["width"],
    };
    let (width, height) = if on_its_side {
        ("height", "width")
    } else {
        ("width", "height")
    };
    for (field, expected) in [
        ("content_type", &expect["content_type"]),
        (width, &expect["width"]),
        (height, &expect["height"]),
    ] {
        if !expected.is_null() && image[field] != *expected {
            return Err(format!("{field} is {}, not {expected}", image[field]));
        }
    }
    let key = shoebox.stores.key_of(image);
    if shoebox
        .stores
        .object(&key)
        .await
        .is_none_or(|object| object.bytes != bytes)
    {
        return Err("the object has other bytes".to_owned());
    }
    if let Some(expected) = expect.get("gps") {
        let found = &image["exif"]["location"];
        let near = |field: &str, name: &str| {
            let tolerance = expected["tolerance_deg"].as_f64().unwrap_or(0.0).max(1e-6);
            let difference = expected[field].as_f64().zip(found[name].as_f64());
            difference.is_some_and(|(expected, found)| (expected - found).abs() <= tolerance)
        };
        let agrees = match (expected.is_null(), found.is_null()) {
            (true, true) => true,
            (false, false) => near("lat", "latitude") && near("lon", "longitude"),
            _ => false,
        };
        if !agrees {
            return Err(format!("location is {found}, not {expected}"));
        }
    }
    let id = text(image, "image_id");
    for answer in [
        shoebox.get(&format!("/images/{id}")).send().await,
        shoebox.image("somebody", &id).await,
    ] {
        let seen = answer.json();
        if seen["image_id"] != id.as_str() || seen["exif"].get("location").is_some() {
            return Err(format!("others see {seen}"));
        }
    }
    Ok(())
}
