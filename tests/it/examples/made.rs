//! Answers made from Microsoft's description (tests/contract/answers.py) through the portal's readers: any described
//! property, any word of an enumeration, null where it is allowed.

use std::collections::BTreeSet;

use mssp_portal::graph::GraphErrorKind;
use serde_json::Value;

use super::answers::{Stage, lacks, tenant_of, told};
use super::documents::{Example, say};
use super::readers::rows;
use super::same::differences;

fn made(line: &str) -> (Example, u64) {
    let line: Value = serde_json::from_str(line).unwrap();
    let text = |name: &str| line[name].as_str().unwrap().to_owned();
    let example = Example {
        file: text("address"),
        version: text("version"),
        method: text("method"),
        address: text("address"),
        headers: Vec::new(),
        asked: None,
        status: line["status"].as_u64().unwrap().try_into().unwrap(),
        answered: Some(line["answer"].clone()),
    };
    (example, line["seed"].as_u64().unwrap())
}

#[tokio::test]
async fn every_answer_the_description_allows_is_read_and_means_what_it_says() {
    let file = std::env::var_os("CONTRACT_ANSWERS").filter(|file| !file.is_empty());
    let Some(file) = file else {
        return say(
            "made answers: skipped; CONTRACT_ANSWERS names no file of them (scripts/contract makes it)",
        );
    };
    let (rows, stage) = (rows(), Stage::new().await);
    let (mut read, mut calls, mut wrong) = (0, BTreeSet::new(), Vec::new());
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let (example, seed) = made(line);
        let Some(row) = rows.iter().find(|row| example.is_of(row.call)) else { continue };
        if row.call.starts_with("PATCH ") && example.status == 200 {
            // Of a group that was there nothing more is read.
            continue;
        }
        let answer = example.answered.as_ref().unwrap();
        let nobody = row.call == "GET /organization" && answer["value"].as_array().is_some_and(Vec::is_empty);
        let outcome = stage.read(row, tenant_of(answer), example.status, answer, &answer.to_string()).await;
        match outcome {
            Err(error) if nobody || lacks(row.essential, answer) => {
                assert_eq!((&error.kind, error.call), (&GraphErrorKind::NotUnderstood, row.call));
            }
            Err(error) => wrong.push(format!("{} seed {seed}: {error}", row.call)),
            Ok(meant) => {
                let found = differences(&meant, &told(row, answer));
                wrong.extend(found.into_iter().map(|found| format!("{} seed {seed}: {found}", row.call)));
                read += 1;
                calls.insert(row.call);
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {read}: {wrong:#?}", wrong.len());
    let unread: Vec<&str> = rows.iter().map(|row| row.call).filter(|call| !calls.contains(call)).collect();
    assert!(unread.is_empty(), "no answer was made for {unread:?}");
    say(&format!("made answers: {read} of {} calls read, their meaning kept", calls.len()));
}
