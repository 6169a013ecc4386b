//! Every image of a corpus from public test suites gets what its manifest says it must get.
//!
//! The corpus is found by the environment variable `SHOEBOX_CORPUS`, or beside the repository. Where
//! it is not there, the test says so and passes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use imaging::{InspectError, Inspection, Limits, inspect};
use serde_json::Value;

/// How many of the slowest files are shown.
const SLOWEST_SHOWN: usize = 8;

#[test]
#[expect(
    clippy::print_stderr,
    reason = "tells what was skipped, and the slowest files"
)]
fn every_image_of_the_corpus_gets_what_its_manifest_says() {
    let Some(folder) = corpus() else {
        eprintln!("SKIPPED: no image corpus here; set SHOEBOX_CORPUS to its folder");
        return;
    };
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let rows = manifest["files"].as_array().unwrap();

    let mut failures = Vec::new();
    let mut times = Vec::new();
    for row in rows {
        let name = row["file"].as_str().unwrap();
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let started = Instant::now();
        let outcome = inspect(&bytes, &Limits::default());
        times.push((started.elapsed(), name));
        if let Err(complaint) = judge(&row["expect"], &outcome) {
            failures.push(format!("{name}: {complaint}"));
        }
    }

    times.sort_unstable_by_key(|(time, _)| std::cmp::Reverse(*time));
    let total: Duration = times.iter().map(|(time, _)| *time).sum();
    eprintln!("{} files in {total:.0?}; the slowest:", times.len());
    for (time, name) in times.iter().take(SLOWEST_SHOWN) {
        eprintln!("{time:>9.1?}  {name}");
    }
    assert!(
        failures.is_empty(),
        "{} of {} files:\n{}",
        failures.len(),
        rows.len(),
        failures.join("\n")
    );
}

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("SHOEBOX_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    folder.join("MANIFEST.json").is_file().then_some(folder)
}

fn judge(expect: &Value, outcome: &Result<Inspection, InspectError>) -> Result<(), String> {
    let content_type = expect["content_type"].as_str();
    match (expect["class"].as_str().unwrap(), outcome) {
        ("accept" | "accept_if_enabled" | "either", Ok(inspection)) => {
            judge_fields(expect, inspection)
        }
        ("accept_if_enabled", Err(InspectError::Unsupported { .. }))
            if content_type != Some("image/avif") =>
        {
            Ok(())
        }
        ("accept" | "accept_if_enabled", Err(error)) => Err(format!("refused: {}", chain(error))),
        ("reject", Ok(_)) => Err("accepted".to_owned()),
        ("reject" | "either", Err(_)) => Ok(()),
        (class, _) => Err(format!("unknown class {class}")),
    }
}

fn judge_fields(expect: &Value, inspection: &Inspection) -> Result<(), String> {
    let (width, height) = inspection
        .orientation
        .displayed_size(inspection.width_px, inspection.height_px);
    let known = [
        (
            "content_type",
            Value::from(inspection.format.content_type()),
        ),
        ("width", Value::from(width)),
        ("height", Value::from(height)),
        (
            "orientation",
            Value::from(inspection.orientation.exif_value()),
        ),
        ("frames", Value::from(inspection.frames)),
    ];
    let mut complaints: Vec<String> = known
        .iter()
        .filter(|(field, actual)| {
            let expected = &expect[*field];
            !expected.is_null() && expected != actual
        })
        .map(|(field, actual)| format!("{field} is {actual}, not {}", expect[*field]))
        .collect();
    if let Some(expected) = expect.get("gps") {
        complaints.extend(judge_location(expected, inspection).err());
    }
    if inspection.placeholder.is_empty() {
        complaints.push("no placeholder".to_owned());
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(complaints.join("; "))
    }
}

fn judge_location(expected: &Value, inspection: &Inspection) -> Result<(), String> {
    let actual = inspection.exif.location;
    let agrees = match actual {
        None => expected.is_null(),
        Some(actual) => {
            let tolerance = expected["tolerance_deg"].as_f64().unwrap_or(0.0);
            let near = |field: &str, actual: f64| {
                expected[field]
                    .as_f64()
                    .is_some_and(|expected| (expected - actual).abs() <= tolerance)
            };
            near("lat", actual.latitude) && near("lon", actual.longitude)
        }
    };
    if agrees {
        Ok(())
    } else {
        Err(format!("location is {actual:?}, not {expected}"))
    }
}

/// An error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
