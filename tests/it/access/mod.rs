//! Access: who holds what at which customer until when, who is who, reviews, the estate, and people who leave.

mod exports;
mod known;
mod leave;
mod left;
mod lists;
mod reading;
mod there;
mod who;

use chrono::{DateTime, TimeDelta, Utc};
use mssp_portal::access::model::Holding;
use mssp_portal::access::store;
use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::scope::Scope;
use mssp_portal::onboarding::store as onboarding;

use crate::support::app::TestApp;

/// Whoever has this name holds this package of the customer, until so many days from now.
pub fn held(app: &TestApp, name: &str, domain: &str, package: &str, days: i64) -> Holding {
    let now = app.app.clock.now();
    Holding {
        id: format!("{name}-{package}"),
        package: package.to_owned(),
        package_id: format!("id-of-{package}"),
        package_name: format!("Package {package}"),
        state: "delivered".to_owned(),
        status: "Delivered".to_owned(),
        target_oid: format!("oid-of-{name}"),
        target_name: name.to_owned(),
        target_mail: format!("{}@{domain}", name.to_lowercase().replace(' ', ".")),
        starts_at: Some(now - TimeDelta::days(30)),
        ends_at: (days > 0).then(|| now + TimeDelta::days(days)),
        ..Holding::default()
    }
}

/// A provider whose analysts come from soc.example.
pub async fn provider(app: &TestApp, slug: &str) -> ProviderId {
    let provider = app.provider(slug).await;
    sqlx::query!("update provider set analyst_domain = 'soc.example' where provider_id = $1", provider.0)
        .execute(&app.owner)
        .await
        .unwrap();
    provider
}

/// As if everything of the customer's packages had been read just now; gives how many rows were written.
pub async fn keep(app: &TestApp, provider: ProviderId, customer: CustomerId, held: &[Holding]) -> u64 {
    let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
    let written = store::keep_assignments(&mut tx, customer, held, app.app.clock.now()).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
    written
}

/// A package of ours with its durable link.
pub async fn link(app: &TestApp, provider: ProviderId, customer: CustomerId, package: &str) {
    let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
    let (id, name) = (format!("id-of-{package}"), format!("Package {package}"));
    let url = format!("https://myaccess.example/{package}");
    let link = (id.as_str(), name.as_str(), url.as_str());
    onboarding::store_link(&mut tx, customer, package, link, None, app.app.clock.now()).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
}

/// When the customer's first access ends, as the list of customers has it.
pub async fn next_expiry(app: &TestApp, customer: CustomerId) -> Option<DateTime<Utc>> {
    sqlx::query_scalar!("select next_expiry from customer where customer_id = $1", customer.0)
        .fetch_one(&app.owner)
        .await
        .unwrap()
}
