//! What happened: told twice is told once, and every provider has his own.

use mssp_portal::kit::happening::{self, Happening, Kind};
use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::scope::Scope;
use serde_json::json;

use crate::support::app::TestApp;

fn pending(customer: CustomerId, about: &str, who: &str) -> Happening {
    let facts = json!({ "package": "tier1", "who": who });
    Happening { kind: Kind::RequestPending, customer, about: about.to_owned(), facts }
}

async fn told(app: &TestApp, provider: ProviderId, happening: &Happening) -> bool {
    let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
    let new = happening::tell(&mut tx, happening, app.app.clock.now()).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
    new
}

#[tokio::test]
async fn told_twice_is_told_once_whatever_is_said_of_it() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let customer = app.customer(provider, "Adatum").await;
    assert!(told(&app, provider, &pending(customer, "r1", "Ada")).await);
    assert!(!told(&app, provider, &pending(customer, "r1", "Ben")).await);
    // Another identity, another kind, another customer: each is something else.
    assert!(told(&app, provider, &pending(customer, "r1/80", "Ada")).await);
    let decided = Happening { kind: Kind::RequestDecided, ..pending(customer, "r1", "Ada") };
    assert!(told(&app, provider, &decided).await);
    let other = app.customer(provider, "Fabrikam").await;
    assert!(told(&app, provider, &pending(other, "r1", "Ada")).await);
    let kept = sqlx::query!(
        "select facts, at, weighed_at from happening where about = 'r1' and customer_id = $1
         and kind = 'request-pending'",
        customer.0
    );
    let kept = kept.fetch_one(&app.owner).await.unwrap();
    assert_eq!((kept.facts["who"].as_str(), kept.weighed_at), (Some("Ada"), None));
}

#[tokio::test]
async fn several_are_told_at_once_and_a_rolled_back_act_told_nothing() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let customer = app.customer(provider, "Adatum").await;
    let all =
        [pending(customer, "r1", "Ada"), pending(customer, "r2", "Ben"), pending(customer, "r1", "Ada")];
    let now = app.app.clock.now();
    let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
    assert_eq!(happening::tell_all(&mut tx, &all, now).await.unwrap(), 2);
    drop(tx);
    let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
    assert_eq!(happening::tell_all(&mut tx, &all, now).await.unwrap(), 2);
    assert_eq!(happening::tell_all(&mut tx, &all, now).await.unwrap(), 0);
    assert_eq!(happening::tell_all(&mut tx, &[], now).await.unwrap(), 0);
}

#[tokio::test]
async fn nothing_is_told_of_another_providers_customer() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let stranger = app.provider("fabrikam").await;
    let customer = app.customer(provider, "Adatum").await;
    let mut tx = Scope::of_command_line(stranger).begin(&app.app.db).await.unwrap();
    let new = happening::tell(&mut tx, &pending(customer, "r1", "Ada"), app.app.clock.now()).await;
    assert!(new.is_err(), "the customer is not his");
    drop(tx);
    assert!(told(&app, provider, &pending(customer, "r1", "Ada")).await, "and nobody took its place");
}
