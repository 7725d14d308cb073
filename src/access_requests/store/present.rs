//! What requestors hold already of the packages they ask for. The rows of `assignment` are the access room's, which
//! stands above this one and keeps them; here they are only looked at.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::access_requests::model::RequestRow;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;

/// A package that a requestor has at a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    pub customer: CustomerId,
    /// As `account_of` tells a requestor.
    pub account: String,
    pub package: String,
    pub ends_at: Option<DateTime<Utc>>,
}

/// What tells the requestor from others at his customer: his address in small letters, else his object id.
pub fn account_of(row: &RequestRow) -> String {
    if row.requestor_mail.is_empty() {
        format!("oid:{}", row.requestor_oid)
    } else {
        row.requestor_mail.to_lowercase()
    }
}

/// What these customers' accounts hold, as far as they are in view.
pub async fn present(tx: &mut Tx, accounts: &[(CustomerId, String)]) -> Result<Vec<Present>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let customers: Vec<Uuid> = accounts.iter().map(|(customer, _)| customer.0).collect();
    let names: Vec<String> = accounts.iter().map(|(_, account)| account.clone()).collect();
    sqlx::query_as!(
        Present,
        r#"select distinct a.customer_id as "customer: CustomerId", a.account, a.package_name as package, a.ends_at
             from unnest($3::uuid[], $4::text[]) as w (customer_id, account)
             join assignment a on a.provider_id = $1 and a.account = w.account and a.customer_id = w.customer_id
            where a.holds
              and ($2::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $2 and v.customer_id = a.customer_id))
            order by a.package_name, a.ends_at"#,
        provider.0,
        viewer.map(|person| person.0),
        &customers,
        &names,
    )
    .fetch_all(&mut **tx)
    .await
}
