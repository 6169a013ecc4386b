//! `serverless.yml` against the code: what is deployed answers what the functions answer.

use std::collections::{BTreeMap, BTreeSet};

/// Where API Gateway serves the routes.
const PREFIXES: [&str; 2] = ["", "/api/v1"];

/// A function as `serverless.yml` declares it.
#[derive(Debug, Default)]
struct Declared {
    /// `METHOD /path` of each HTTP event, in order.
    routes: Vec<String>,
    role: String,
    artifact: String,
}

/// The functions of `serverless.yml`. It is read by its lines: a function is named at two spaces, and its events are
/// one line each.
fn declared() -> BTreeMap<String, Declared> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../serverless.yml");
    let yaml = std::fs::read_to_string(path).unwrap();
    let mut functions: BTreeMap<String, Declared> = BTreeMap::new();
    let mut name = String::new();
    let section = yaml
        .lines()
        .skip_while(|line| *line != "functions:")
        .skip(1);
    for line in section.take_while(|line| line.is_empty() || line.starts_with("  ")) {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim();
        match (indent, text.split_once(": ")) {
            (2, None) if !text.starts_with('#') => {
                text.trim_end_matches(':').clone_into(&mut name);
                functions.insert(name.clone(), Declared::default());
            }
            (_, Some((key, value))) if !text.starts_with('#') => {
                let function = functions.get_mut(&name).unwrap();
                match key {
                    "- http" => function.routes.push(value.to_owned()),
                    "role" => value.clone_into(&mut function.role),
                    "artifact" => value.clone_into(&mut function.artifact),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    functions
}

#[test]
fn the_api_that_is_deployed_has_every_route_of_the_code_and_no_other() {
    let mut declared = declared();
    for (name, routes) in local::ROUTES {
        let found = declared.remove(name).unwrap().routes;
        let expected = PREFIXES.into_iter().flat_map(|prefix| {
            routes.iter().flat_map(move |route| {
                // A GET route answers HEAD too.
                let head = (route.method == "GET").then_some("HEAD");
                std::iter::once(route.method)
                    .chain(head)
                    .map(move |method| format!("{method} {prefix}{}", route.pattern))
            })
        });
        let unique: BTreeSet<String> = found.iter().cloned().collect();
        assert_eq!(unique, expected.collect(), "{name}");
        assert_eq!(unique.len(), found.len(), "{name} has a route twice");
    }
    let without_route: Vec<String> = declared
        .into_iter()
        .map(|(name, function)| {
            assert_eq!(function.routes, Vec::<String>::new(), "{name}");
            name
        })
        .collect();
    assert_eq!(without_route, ["ingest", "sweep"]);
}

#[test]
fn every_function_that_is_deployed_has_a_role_and_an_artifact_of_its_own() {
    for (name, function) in declared() {
        // Artifacts are uploaded by base name: two of one name would be one code.
        assert_eq!(function.artifact, format!("dist/{name}.zip"));
        let (first, rest) = name.split_at(1);
        assert_eq!(function.role, format!("{}{rest}Role", first.to_uppercase()));
    }
}

/// A status whose title says nothing of what it is.
const NAMELESS_STATUS: u16 = 499;

/// Each value of `deploy/responses.yml` that is a JSON document.
fn gateway_documents() -> Vec<serde_json::Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/responses.yml");
    let yaml = std::fs::read_to_string(path).unwrap();
    let documents = yaml.lines().filter(|line| line.trim().starts_with('{'));
    documents
        .map(|line| serde_json::from_str(line.trim()).unwrap())
        .collect()
}

#[test]
fn what_the_deployed_gateway_says_by_itself_is_said_as_the_functions_say_it() {
    let documents = gateway_documents();
    assert_eq!(documents.len(), 10);
    let mut of_any_status = Vec::new();
    for mut document in documents {
        // One document is for all that has none of its own. It names no status, for it could only name a wrong one.
        if document.get("status").is_none() {
            of_any_status.push(document["code"].clone());
            document["status"] = NAMELESS_STATUS.into();
        }
        let text = |member: &str| document[member].as_str().unwrap();
        let status = u16::try_from(document["status"].as_u64().unwrap()).unwrap();
        let status = http::StatusCode::from_u16(status).unwrap();
        let problem =
            shoebox_http::Problem::new(status, text("code"), text("detail"), "$context.requestId");
        assert_eq!(document, serde_json::to_value(problem).unwrap());
    }
    assert_eq!(of_any_status, ["request_refused"]);
}
