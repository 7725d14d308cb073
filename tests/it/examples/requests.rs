//! Documented requests at the simulated cloud.

use super::cloud::Cloud;
use super::documents::{Example, contract, examples, say};
use super::known;
use super::readers::rows;

/// Whether the portal's client makes this call.
fn is_the_portals(example: &Example) -> bool {
    rows().iter().any(|row| example.is_of(row.call))
}

#[tokio::test]
async fn every_documented_request_is_accepted_or_refused_for_a_documented_reason() {
    let Some(contract) = contract("documented requests") else { return };
    let all = examples(&contract);
    let cloud = Cloud::with(&contract, &all).await;
    let (mut accepted, mut refused, mut unknown, mut wrong) = (0, Vec::new(), 0, Vec::new());
    for example in &all {
        let got = cloud.ask(example).await;
        match got.status {
            200..300 => accepted += 1,
            501 if is_the_portals(example) => {
                wrong.push(format!("{}: the portal makes this call", example.operation()))
            }
            501 => unknown += 1,
            status => match known::refused(|call| example.is_of(call), &got.text) {
                Some(reason) => refused.push(format!(
                    "{} {}: {reason}",
                    example.file.split('-').next().unwrap(),
                    example.operation()
                )),
                None => {
                    wrong.push(format!("{} {}: {status} {}", example.file, example.operation(), got.text))
                }
            },
        }
    }
    cloud.end().await;
    assert!(wrong.is_empty(), "{wrong:#?}");
    say(&format!(
        "documented requests: {} examples, {} of operations the simulated cloud knows; {accepted} accepted, {} refused \
         with a reason; {unknown} of operations nobody here uses",
        all.len(),
        all.len() - unknown,
        refused.len()
    ));
    refused.iter().for_each(|line| say(&format!("  refused: {line}")));
    assert!(accepted > 0);
}
