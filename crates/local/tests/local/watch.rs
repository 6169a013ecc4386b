//! `deploy/watch.yml` against the code and the manual: every metric that is looked at is written by a function, and
//! every alarm is explained.

use std::collections::{BTreeMap, BTreeSet};

use shoebox_http::watch::{NAMESPACE, OPERATION_METRICS, RUN_METRICS, STAGE_METRICS};

fn file(path: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    std::fs::read_to_string(format!("{root}{path}")).unwrap()
}

/// The numbers that a run of a function of events answers with.
fn numbers(outcome: &impl serde::Serialize) -> BTreeSet<String> {
    let outcome = serde_json::to_value(outcome).unwrap();
    let members = outcome.as_object().unwrap().iter();
    let numbers = members.filter(|(_, value)| value.is_number());
    numbers.map(|(name, _)| name.clone()).collect()
}

fn named(metrics: &[(&str, &str)]) -> BTreeSet<String> {
    let names = metrics.iter().map(|(name, _)| (*name).to_owned());
    names.collect()
}

/// What the functions write by stage, by stage and any operation, and by stage and the operations of events.
fn written() -> BTreeMap<&'static str, BTreeSet<String>> {
    let swept = sweep::Swept {
        report: shoebox_core::SweepReport::default(),
        backlog: 0,
    };
    let run = named(&RUN_METRICS);
    BTreeMap::from([
        ("", named(&STAGE_METRICS)),
        ("*", named(&OPERATION_METRICS)),
        ("sweep", &run | &numbers(&swept)),
        ("ingest", &run | &numbers(&ingest::Summary::default())),
    ])
}

/// A metric that is looked at, and the operation that it is of: none, any, or one.
type Watched = BTreeSet<(String, String)>;

/// The values of `Name: value` lines of each alarm, with its dimensions.
fn alarms(yaml: &str) -> Vec<BTreeMap<String, String>> {
    let mut alarms = Vec::new();
    for block in yaml.split("Type: AWS::CloudWatch::Alarm").skip(1) {
        let block = block.split("\n\n").next().unwrap();
        let mut alarm = BTreeMap::new();
        for line in block.lines().map(str::trim) {
            if let Some((name, value)) = line.split_once(": ") {
                let (name, value) = value.split_once(", Value: ").unwrap_or((name, value));
                let value = value.trim_end_matches(" }").trim_matches('"');
                alarm.insert(name.to_owned(), value.to_owned());
            }
        }
        alarms.push(alarm);
    }
    alarms
}

fn of_alarms(yaml: &str) -> Watched {
    let own = alarms(yaml)
        .into_iter()
        .filter(|alarm| alarm["Namespace"] == NAMESPACE);
    own.map(|alarm| {
        assert_eq!(alarm["stage"], "${sls:stage}", "{alarm:?}");
        let operation = alarm.get("operation").cloned().unwrap_or_default();
        (operation, alarm["MetricName"].clone())
    })
    .collect()
}

fn of_dashboard(yaml: &str) -> Watched {
    let body = yaml
        .split("Fn::Sub: |")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(body).expect("the dashboard is JSON");
    let mut watched = Watched::new();
    for widget in dashboard["widgets"].as_array().unwrap() {
        for metric in widget["properties"]["metrics"].as_array().unwrap() {
            let words: Vec<&str> = metric
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|word| word.as_str())
                .collect();
            if let Some(search) = metric[0]["expression"].as_str() {
                let (schema, rest) = search.split_once("} MetricName=\"").unwrap();
                assert_eq!(schema, "SEARCH('{Shoebox,stage,operation");
                watched.insert(("*".to_owned(), rest.split('"').next().unwrap().to_owned()));
            } else if words[0] == NAMESPACE {
                let operation = words.iter().skip_while(|word| **word != "operation").nth(1);
                watched.insert((
                    operation.copied().unwrap_or_default().to_owned(),
                    words[1].to_owned(),
                ));
            }
        }
    }
    watched
}

#[test]
fn every_metric_that_is_looked_at_is_one_that_a_function_writes() {
    let yaml = file("deploy/watch.yml");
    let written = written();
    let (alarms, dashboard) = (of_alarms(&yaml), of_dashboard(&yaml));
    assert!(
        alarms.len() >= 5 && dashboard.len() >= 10,
        "{alarms:?} {dashboard:?}"
    );
    for (operation, metric) in &alarms | &dashboard {
        let metrics = written.get(operation.as_str());
        assert!(
            metrics.is_some_and(|metrics| metrics.contains(&metric)),
            "nobody writes {metric} of {operation:?}"
        );
    }
    // And none is paid for in vain: what is written by stage is on the dashboard.
    for metric in &written[""] {
        let looked_at =
            |(operation, name): &(String, String)| operation.is_empty() && name == metric;
        assert!(
            (&alarms | &dashboard).iter().any(looked_at),
            "{metric} by stage"
        );
    }
}

#[test]
fn every_alarm_is_explained_in_the_manual_and_no_other() {
    let stage = "shoebox-${sls:stage}-";
    let named = alarms(&file("deploy/watch.yml")).into_iter();
    let named = named.map(|alarm| alarm["AlarmName"].strip_prefix(stage).unwrap().to_owned());
    let manual = file("docs/OPERATIONS.md");
    let section = manual.split("\n## Alarms\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let explained: BTreeSet<String> = rows.map(str::to_owned).collect();
    assert_eq!(named.collect::<BTreeSet<String>>(), explained);
}
