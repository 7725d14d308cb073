//! What a requestor has already stands beside what he asks for.

use chrono::TimeDelta;
use mssp_portal::access::model::Holding;
use mssp_portal::access::store as access;
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::Scope;

use super::{keep, request};
use crate::support::app::TestApp;

fn held(app: &TestApp, id: &str, package: &str, days: i64) -> Holding {
    let now = app.app.clock.now();
    Holding {
        id: id.to_owned(),
        package: package.to_owned(),
        package_id: package.to_owned(),
        package_name: format!("{package} access"),
        state: "delivered".to_owned(),
        status: "Delivered".to_owned(),
        target_oid: "oid".to_owned(),
        target_name: "Bert".to_owned(),
        target_mail: "bert@example.test".to_owned(),
        organization: String::new(),
        policy_id: String::new(),
        starts_at: Some(now),
        ends_at: (days > 0).then(|| now + TimeDelta::days(days)),
        expired_at: None,
    }
}

#[tokio::test]
async fn a_request_tells_what_its_requestor_has_at_this_customer_and_until_when() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    keep(&app, contoso, one, &request("here", "Bert", &app, 1), 14).await;
    keep(&app, contoso, two, &request("there", "Bert", &app, 1), 14).await;
    let all = [held(&app, "a", "tier1", 30), held(&app, "b", "tier1", 60), held(&app, "c", "tier2", 0)];
    let now = app.app.clock.now();
    let mut tx = Scope::of_command_line(contoso).begin(&app.app.db).await.unwrap();
    access::keep_assignments(&mut tx, one, &all, now).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
    let end = mssp_portal::kit::text::Lang::En.t().date(&(now + TimeDelta::days(60)));
    let has = format!("Has now: tier1 access until {end}, tier2 access");
    let list = app.get(Some(&anna), "/requests").await.body;
    assert_eq!(list.matches(&has).count(), 1, "{list}");
    assert_eq!(list.matches("Has no access here yet").count(), 1, "{list}");
    for (customer, id, told) in [(one, "here", has.as_str()), (two, "there", "Has no access here yet")] {
        let page = app.get(Some(&anna), &format!("/requests/{customer}/{id}")).await.body;
        assert!(page.contains(told), "{page}");
    }
}
