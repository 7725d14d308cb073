//! Documented answers through the portal's readers: as documented, changed, and broken.

use std::sync::{Arc, Mutex};

use mssp_portal::graph::{Directory, Graph, GraphErrorKind};
use mssp_portal::kit::ids::EntraTenantId;
use serde_json::{Value, json};

use super::changes::{changed, places};
use super::documents::{Example, contract, examples, say};
use super::readers::{Essential, Row, rows};
use super::same::differences;
use crate::graph::needs::calls_in_sources;
use crate::graph::wire::{Reply, Wire, clock, credential};

/// Changed answers tried per example.
const CHANGES: u64 = 40;

/// A wire that gives whatever answer is set, and a client on it.
pub struct Stage {
    wire: Wire,
    graph: Graph,
    next: Arc<Mutex<(u16, String)>>,
}

impl Stage {
    pub async fn new() -> Self {
        let next = Arc::new(Mutex::new((200, String::new())));
        let set = next.clone();
        let wire = Wire::playing(move |seen, _| {
            if seen.path.contains("skip") {
                return Reply::json(200, json!({"value": []}));
            }
            let (status, text) = set.lock().unwrap().clone();
            Reply::text(status, &text)
        });
        let wire = wire.await;
        Self { graph: wire.graph(&clock()), wire, next }
    }

    /// The reader's understanding of this text.
    pub async fn read(
        &self,
        row: &Row,
        tenant: EntraTenantId,
        status: u16,
        told: &Value,
        text: &str,
    ) -> Outcome {
        // The next page is where the first one came from; it is empty.
        let text = text.replace("https://graph.microsoft.com/", &format!("{}/", self.wire.base));
        *self.next.lock().unwrap() = (status, text);
        let directory: Directory = self.graph.app(tenant, &credential("s"));
        (row.read)(&directory, told).await
    }
}

pub type Outcome = Result<Value, mssp_portal::graph::GraphError>;

pub fn tenant_of(example: &Value) -> EntraTenantId {
    let first = example["value"][0]["id"].as_str().and_then(|id| id.parse().ok());
    first.unwrap_or_else(|| EntraTenantId(uuid::Uuid::from_u128(7)))
}

fn items(answer: &Value) -> Vec<Value> {
    answer["value"].as_array().cloned().unwrap_or_else(|| vec![answer.clone()])
}

/// An answer to a question the portal does not ask (a `$select` without the id), or a placeholder where an id should be:
/// there is nothing to understand.
pub fn lacks(essential: Essential, answer: &Value) -> bool {
    let guid = |value: &Value| value.as_str().is_some_and(|text| uuid::Uuid::parse_str(text).is_ok());
    items(answer).iter().any(|item| match essential {
        Essential::Nothing => false,
        Essential::Id => !item["id"].is_string(),
        Essential::Guid => !guid(&item["id"]),
        Essential::TenantId => !guid(&item["tenantId"]),
    })
}

/// The portal's answer is about the first organization only; every other list is understood whole.
pub fn told(row: &Row, answer: &Value) -> Value {
    match (row.call, answer.get("value")) {
        ("GET /organization", Some(all)) => json!([all[0]]),
        (_, Some(all)) => all.clone(),
        (_, None) => answer.clone(),
    }
}

/// Calls without an example of their own, and a call that answers the same kind of object.
const LIKE: [(&str, &str); 5] = [
    ("GET EM/assignmentRequests", "GET EM/assignmentRequests/{id}"),
    ("GET EM/catalogs/{id}/accessPackages", "GET EM/accessPackages"),
    ("GET EM/accessPackages/{id}/resourceRoleScopes", "POST EM/accessPackages/{id}/resourceRoleScopes"),
    ("GET /groups(uniqueName)", "GET /groups/{id}"),
    (
        "GET /tenantRelationships/findTenantInformationByTenantId(tenantId)",
        "GET /tenantRelationships/findTenantInformationByDomainName(domainName)",
    ),
];

/// Defender's roles have no example of their own; the pages that list Defender as a provider show others (contract §9).
fn is_like(row: &Row, example: &Example) -> bool {
    let provider = ["directory", "deviceManagement", "entitlementManagement"];
    example.is_of(row.call)
        || LIKE.iter().any(|(call, like)| *call == row.call && example.is_of(like))
        || provider.iter().any(|other| {
            let like = row.call.replace("/defender/", &format!("/{other}/"));
            like != row.call && example.is_of(&like)
        })
}

/// Every documented answer with every reader of such answers; one object becomes a list where the reader reads lists.
fn readable(all: &[Example]) -> Vec<(Example, Row)> {
    let mut found = Vec::new();
    for example in all.iter().filter(|example| example.answered.is_some() && example.status < 300) {
        for row in rows().into_iter().filter(|row| is_like(row, example)) {
            let mut example = example.clone();
            let alone = example.answered.as_ref().is_some_and(|answer| answer.get("value").is_none());
            if alone
                && ["GET EM/assignmentRequests", "GET EM/accessPackages/{id}/resourceRoleScopes"]
                    .contains(&row.call)
            {
                example.status = 200;
                example.answered = example.answered.map(|one| json!({ "value": [one] }));
            }
            found.push((example, row));
        }
    }
    found
}

#[test]
fn every_reader_is_tried_on_a_documented_answer() {
    let Some(contract) = contract("readers") else { return };
    let (all, rows) = (examples(&contract), rows());
    let tried = readable(&all);
    let untried: Vec<&str> = rows
        .iter()
        .map(|row| row.call)
        .filter(|call| !tried.iter().any(|(_, row)| row.call == *call))
        .collect();
    assert!(untried.is_empty(), "{untried:?}");
}

#[test]
fn every_call_whose_answer_is_read_has_a_reader_here() {
    let rows = rows();
    let silent = |call: &str| {
        call.starts_with("DELETE ")
            || call.starts_with("PUT ")
            || call.ends_with("/$ref")
            || call.ends_with("/reprocess")
            || (call.starts_with("PATCH ") && call != "PATCH /groups(uniqueName)")
            || call.contains("resourceNamespaces")
            // Read part by part, each by the reader of its own call.
            || call == "POST /$batch"
    };
    let without: Vec<String> = calls_in_sources()
        .into_iter()
        .filter(|call| !silent(call) && !rows.iter().any(|row| row.call == call))
        .collect();
    assert!(without.is_empty(), "{without:?}");
}

#[tokio::test]
async fn every_documented_answer_means_to_the_portal_what_it_says() {
    let Some(contract) = contract("documented answers") else { return };
    let (all, stage) = (examples(&contract), Stage::new().await);
    let mut wrong = Vec::new();
    let (mut parsed, mut without) = (0, 0);
    let readable = readable(&all);
    for (example, row) in &readable {
        let answer = example.answered.as_ref().unwrap();
        let outcome = stage.read(row, tenant_of(answer), example.status, answer, &answer.to_string()).await;
        match outcome {
            Err(error) if lacks(row.essential, answer) => {
                let creates = row.call.starts_with("POST");
                let kind = if creates { GraphErrorKind::LostAnswer } else { GraphErrorKind::NotUnderstood };
                assert_eq!((&error.kind, error.call), (&kind, row.call), "{}", example.file);
                without += 1;
            }
            Err(error) => wrong.push(format!("{}: {error}", example.file)),
            Ok(meant) => {
                parsed += 1;
                let found = differences(&meant, &told(row, answer));
                wrong.extend(found.into_iter().map(|difference| format!("{}: {difference}", example.file)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(parsed + without, readable.len());
    say(&format!(
        "documented answers: {} examples, {} with an answer the portal reads; {parsed} understood and equal, \
         {without} without an id the portal always asks for (an error that names the call)",
        all.len(),
        readable.len()
    ));
    assert!(parsed > 0);
}

#[tokio::test]
async fn a_documented_refusal_gives_its_code_and_request_id() {
    let Some(contract) = contract("documented refusals") else { return };
    for example in examples(&contract).iter().filter(|example| example.status >= 400) {
        let answer = example.answered.as_ref().unwrap();
        let Some(row) = rows().into_iter().find(|row| is_like(row, example)) else { continue };
        let stage = Stage::new().await;
        let outcome = stage.read(&row, tenant_of(answer), example.status, answer, &answer.to_string()).await;
        let error = outcome.unwrap_err();
        let told = &answer["error"];
        assert_eq!((error.call, error.status), (row.call, Some(example.status)), "{}", example.file);
        assert_eq!(
            (error.code.as_deref(), &*error.message),
            (told["code"].as_str(), told["message"].as_str().unwrap())
        );
        assert_eq!(
            error.request_id.as_deref(),
            told["innerError"]["request-id"].as_str(),
            "{}",
            example.file
        );
    }
}

#[tokio::test]
async fn changed_answers_are_read_without_failing_and_keep_their_meaning() {
    let Some(contract) = contract("changed answers") else { return };
    let (all, stage) = (examples(&contract), Stage::new().await);
    let mut read = 0;
    for (number, (example, row)) in readable(&all).into_iter().enumerate() {
        let answer = example.answered.as_ref().unwrap();
        if lacks(row.essential, answer) {
            continue;
        }
        for seed in 0..CHANGES {
            let seed = seed + 1000 * u64::try_from(number).unwrap();
            let (answer, text) = changed(answer, seed);
            let outcome = stage.read(&row, tenant_of(&answer), example.status, &answer, &text).await;
            let meant =
                outcome.unwrap_or_else(|error| panic!("{} seed {seed}: {error}\n{text}", example.file));
            let found = differences(&meant, &told(&row, &answer));
            assert!(found.is_empty(), "{} seed {seed}: {found:#?}\n{text}", example.file);
            read += 1;
        }
    }
    say(&format!("documented answers, changed: {read} read without failing, their meaning kept"));
    assert!(read > 0);
}

/// Every value of an answer, one after another, replaced by one of another kind.
fn of_another_kind(answer: &Value) -> Vec<(String, Value)> {
    let mut changed = Vec::new();
    for place in places(answer) {
        let others = match answer.pointer(&place).unwrap() {
            Value::Null => vec![],
            Value::String(_) => vec![json!(5), json!({"value": "x"})],
            Value::Bool(_) => vec![json!("yes")],
            Value::Number(_) => vec![json!("five")],
            Value::Array(_) => vec![json!({"0": 1}), json!("")],
            Value::Object(_) => vec![json!([1]), json!([]), json!("x")],
        };
        for value in others {
            let mut other = answer.clone();
            *other.pointer_mut(&place).unwrap() = value;
            changed.push((place.clone(), other));
        }
    }
    changed
}

#[tokio::test]
async fn a_value_of_another_kind_is_an_error_that_names_the_call_unless_nobody_reads_it() {
    let Some(contract) = contract("values of another kind") else { return };
    let (all, stage) = (examples(&contract), Stage::new().await);
    let (mut refused, mut unread, mut silent) = (0, 0, Vec::new());
    for (example, row) in readable(&all) {
        let answer = example.answered.as_ref().unwrap();
        if lacks(row.essential, answer) {
            continue;
        }
        for (place, other) in of_another_kind(answer) {
            let outcome =
                stage.read(&row, tenant_of(answer), example.status, &other, &other.to_string()).await;
            match outcome {
                Err(error) => {
                    let kinds = [GraphErrorKind::NotUnderstood, GraphErrorKind::LostAnswer];
                    assert!(
                        error.call == row.call && kinds.contains(&error.kind),
                        "{}{place}: {error:?}",
                        row.call
                    );
                    refused += 1;
                }
                Ok(meant) if differences(&meant, &told(&row, answer)).is_empty() => unread += 1,
                Ok(meant) => silent.push(format!(
                    "{} {}{place}: {:?}",
                    example.file,
                    row.call,
                    differences(&meant, &told(&row, answer))
                )),
            }
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
    say(&format!("values of another kind: {refused} are errors that name the call, {unread} nobody reads"));
    assert!(refused > 0 && unread > 0);
}

/// Ways of breaking an answer that nothing should make sense of.
fn broken(answer: &Value, essential: Essential) -> Vec<(&'static str, String)> {
    let text = answer.to_string();
    let half: String = text.chars().take(text.chars().count() / 2).collect();
    let mut ways = vec![
        ("HTML", "<html><body>Sorry</body></html>".to_owned()),
        ("cut", half),
        ("nothing", String::new()),
        ("a list where an object is due", "[]".to_owned()),
        ("a word", "\"ok\"".to_owned()),
    ];
    let is_list = answer["value"].is_array();
    ways.push(("deep", format!("{}{}", "{\"value\":[".repeat(400), "]}".repeat(400))));
    if is_list {
        ways.push(("a list without its items", "{\"@odata.context\": \"x\"}".to_owned()));
        ways.push(("items of another kind", "{\"value\": [1, 2]}".to_owned()));
        ways.push(("an object for the items", "{\"value\": {}}".to_owned()));
    }
    if essential != Essential::Nothing {
        let name = if essential == Essential::TenantId { "tenantId" } else { "id" };
        for (way, value) in [("no id", Value::Null), ("an id of another kind", json!(5))] {
            let mut other = answer.clone();
            let item = if is_list { other["value"].get_mut(0) } else { Some(&mut other) };
            if let Some(item) = item {
                item[name] = value;
                ways.push((way, other.to_string()));
            }
        }
    }
    ways
}

#[tokio::test]
async fn an_answer_that_cannot_be_understood_is_an_error_that_names_the_call() {
    let Some(contract) = contract("broken answers") else { return };
    let (all, stage) = (examples(&contract), Stage::new().await);
    let mut told = 0;
    for (example, row) in readable(&all) {
        let answer = example.answered.as_ref().unwrap();
        for (way, text) in broken(answer, row.essential) {
            let outcome = stage.read(&row, tenant_of(answer), example.status, answer, &text).await;
            let error = match outcome {
                Err(error) => error,
                Ok(meant) => panic!("{}: {way} was understood as {meant}", example.file),
            };
            assert_eq!(error.call, row.call, "{}: {way}", example.file);
            let kinds = [GraphErrorKind::NotUnderstood, GraphErrorKind::LostAnswer];
            assert!(kinds.contains(&error.kind), "{}: {way}: {error:?}", example.file);
            told += 1;
        }
    }
    say(&format!("documented answers, broken: {told} ended with an error that names the call"));
    assert!(told > 0);
}
