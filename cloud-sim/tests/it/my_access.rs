//! My Access as people use it: links, requests, approvals, history.

use serde_json::{Value, json};

use super::browser::Browser;
use super::kit::ADATUM;
use super::onboarded::Onboarded;
use super::portals::{assert_accessible, browser_of};

const ANA: &str = "ana@contoso-soc.example";
const BO: &str = "bo@contoso-soc.example";
const GAIL: &str = "gail@adatum.example";
const HOME: &str = "/myaccess/@adatum.example";

fn package(there: &Onboarded) -> String {
    format!("{HOME}/access-packages/{}", there.package)
}

async fn ask(there: &Onboarded, browser: &mut Browser) -> u16 {
    browser.post(&package(there), &[("wish", "add"), ("justification", "On duty")]).await.status
}

/// The address of the one request that waits.
async fn waiting(browser: &mut Browser) -> String {
    let page = browser.get(&format!("{HOME}/approvals")).await;
    let at = page.text.find(&format!("{HOME}/approvals/")).unwrap_or_else(|| panic!("{}", page.text));
    page.text[at..].split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_analyst_follows_the_link_asks_is_approved_and_has_access() {
    let there = Onboarded::new().await;
    let mut visitor = Browser::new(there.world.simulation.base_url());
    let first = visitor.get(HOME).await;
    assert!(first.location.starts_with("/signin?back=%2Fmyaccess"), "{first:?}");
    let page = visitor.get(&first.location).await;
    assert!(page.text.contains("Gail Admin") && page.text.contains("from Contoso SOC"), "{}", page.text);
    let person = page.button("Ana Analyst");
    // The script has put the fragment behind the address.
    let back = format!("{HOME}#/access-packages/{}", there.package);
    let signed = visitor.post("/signin", &[("person", &person), ("back", &back)]).await;
    assert_eq!(signed.location, back);
    let home = visitor.get(HOME).await;
    assert_accessible(&home);
    assert!(home.text.contains(&format!("data-fragments-of=\"{HOME}\"")), "{}", home.text);
    let page = visitor.get(&package(&there)).await;
    assert_eq!(page.status, 200);
    assert_accessible(&page);
    for words in ["Tier 1 Analyst", "Adatum", "A request must be approved.", "Access lasts 365 days."] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let sent = visitor.post(&package(&there), &[("wish", "add"), ("justification", "<i>On</i> duty")]).await;
    assert_eq!((sent.status, sent.location), (303, format!("{HOME}/request-history?done=asked")));
    let history = visitor.get(&format!("{HOME}/request-history?done=asked")).await;
    assert_accessible(&history);
    assert!(history.text.contains("Pending approval") && history.text.contains("was submitted"));
    let mut gail = browser_of(&there.world, GAIL).await;
    let list = gail.get(&format!("{HOME}/approvals")).await;
    assert_accessible(&list);
    assert!(list.text.contains("Approvals (1)") && list.text.contains("Review request of Ana Analyst"));
    let request = waiting(&mut gail).await;
    let page = gail.get(&request).await;
    assert_accessible(&page);
    assert!(page.text.contains("&#60;i&#62;On") && page.text.contains("Expires"), "{}", page.text);
    let decided = gail.post(&request, &[("decision", "approve"), ("reason", "Known to us")]).await;
    assert_eq!(decided.location, format!("{HOME}/approvals?done=approved"));
    let list = gail.get(&decided.location).await;
    assert!(list.text.contains("You approved the request") && list.text.contains("Ana Analyst, Tier 1"));
    let history = visitor.get(&format!("{HOME}/request-history")).await;
    assert!(history.text.contains("Delivered") && history.text.contains("Known to us"), "{}", history.text);
    let page = visitor.get(&package(&there)).await;
    assert!(page.text.contains("You have this access package until"), "{}", page.text);
    assert!(visitor.get(HOME).await.text.contains("Tier 1 Analyst</a>, until"));
    let defender = visitor.get(&format!("/defender/?tid={ADATUM}")).await;
    assert!(defender.text.contains("Tier 1 Analyst"), "she is in the group: {}", defender.text);
    assert_eq!(there.world.simulation.unknown_calls(), Vec::<Value>::new());
}

#[tokio::test]
async fn nobody_decides_on_his_own_request_or_another_s_approval() {
    let there = Onboarded::new().await;
    let mut ana = browser_of(&there.world, ANA).await;
    assert_eq!(ask(&there, &mut ana).await, 303);
    let mut gail = browser_of(&there.world, GAIL).await;
    let request = waiting(&mut gail).await;
    for browser in [&mut ana, &mut browser_of(&there.world, BO).await] {
        assert!(browser.get(&format!("{HOME}/approvals")).await.text.contains("Approvals (0)"));
        assert_eq!(browser.get(&request).await.status, 404);
        assert_eq!(browser.post(&request, &[("decision", "approve"), ("reason", "x")]).await.status, 403);
    }
    assert_eq!(gail.post(&request, &[("reason", "x")]).await.status, 400);
    assert_eq!(gail.post(&request, &[("decision", "approve")]).await.status, 400, "a reason is required");
    let denied = gail.post(&request, &[("decision", "deny"), ("reason", "Unknown to us")]).await;
    assert_eq!(denied.status, 303);
    assert_eq!(gail.post(&request, &[("decision", "approve"), ("reason", "x")]).await.status, 409);
    let history = ana.get(&format!("{HOME}/request-history")).await;
    assert!(history.text.contains("Denied") && history.text.contains("Unknown to us"), "{}", history.text);
}

#[tokio::test]
async fn a_request_is_taken_back_and_expires_when_nobody_decides() {
    let there = Onboarded::new().await;
    let mut ana = browser_of(&there.world, ANA).await;
    assert_eq!(ask(&there, &mut ana).await, 303);
    assert_eq!(ask(&there, &mut ana).await, 400, "one open request at a time");
    let history = ana.get(&format!("{HOME}/request-history")).await;
    let at = history.text.find(&format!("{HOME}/request-history/")).unwrap();
    let cancel = history.text[at..].split('"').next().unwrap().to_owned();
    let mut bo = browser_of(&there.world, BO).await;
    assert_eq!(bo.post(&cancel, &[]).await.status, 404, "not his");
    assert_eq!(ana.post(&cancel, &[]).await.location, format!("{HOME}/request-history?done=canceled"));
    assert_eq!(ask(&there, &mut ana).await, 303);
    there.world.sim("clock", json!({"advanceSeconds": 15 * 86_400})).await;
    let history = ana.get(&format!("{HOME}/request-history")).await;
    assert!(history.text.contains("Expired") && history.text.contains("Canceled"), "{}", history.text);
}

#[tokio::test]
async fn strangers_and_wrong_links_are_told_what_is_wrong() {
    let there = Onboarded::new().await;
    let mut gail = browser_of(&there.world, GAIL).await;
    let own = gail.get(&package(&there)).await;
    assert!(
        own.status == 403 && own.text.contains("wrong one"),
        "the policy is for the analysts: {}",
        own.text
    );
    assert_eq!(ask(&there, &mut gail).await, 403);
    let mut ana = browser_of(&there.world, ANA).await;
    let missing = ana.get(&format!("{HOME}/access-packages/nothing")).await;
    assert!(
        missing.status == 404 && missing.text.contains("We can't find")
            || missing.text.contains("We can&#39;t find")
    );
    let nowhere = ana.get("/myaccess/@nowhere.example").await;
    assert_eq!(nowhere.status, 404);
    assert_eq!(ana.get("/myaccess").await.location, "/myaccess/@contoso-soc.example");
    assert_eq!(ana.get(&format!("{HOME}/elsewhere")).await.status, 404);
    let empty = ana.post(&package(&there), &[("wish", "add"), ("justification", " ")]).await;
    assert!(empty.status == 400 && empty.text.contains("justification"), "{}", empty.text);
    assert_eq!(there.world.simulation.unknown_calls(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_hidden_package_is_found_by_its_link_only() {
    let there = Onboarded::new().await;
    let path = format!("/v1.0/identityGovernance/entitlementManagement/accessPackages/{}", there.package);
    let mut ana = browser_of(&there.world, ANA).await;
    assert!(!ana.get(HOME).await.text.contains(&there.package));
    assert_eq!(ana.get(&package(&there)).await.status, 200);
    let shown = json!({"isHidden": false});
    let operator = super::kit::OPERATOR;
    assert_eq!(there.world.call(operator, reqwest::Method::PATCH, &path, Some(shown)).await.0, 204);
    assert!(ana.get(HOME).await.text.contains(&there.package));
}
