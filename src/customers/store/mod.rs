//! SQL of the customers room.

mod counts;
mod list;
mod search;
mod standing;
mod write;

pub use counts::{Counts, any, counts};
pub use list::{Cursor, Filter, ListRow, PAGE, Page, Sort, list};
pub use standing::{Identity, set_identity, set_standing, standing_of};
pub use write::{
    NewCustomer, PackageLink, TakenBy, add, contacts, is_customer, link_sent, links, managers, pause, resume,
    set_contacts, set_details, set_notes, set_tags, wake_all,
};

use crate::customers::model::{Customer, Pause, Standing, State, WhoseMove};
use crate::kit::ids::{CustomerId, EntraTenantId, PersonId};
use crate::kit::scope::Tx;

/// The customer, if he is in view. Missing, foreign and out of view are the same `None`.
pub async fn find(tx: &mut Tx, customer: CustomerId) -> Result<Option<Customer>, sqlx::Error> {
    let (provider, viewer) = (tx.scope().provider(), tx.scope().limited_to());
    let row = sqlx::query!(
        r#"select c.customer_id, c.entra_tenant_id, c.domain, c.name, c.name_verified, c.account_manager, c.notes,
                  c.state, c.whose_move, c.since, c.next_move, c.steps_done, c.steps_total, c.open_requests,
                  c.warnings, c.next_expiry, c.read_at, c.onboarded_at, c.paused_at, c.paused_reason, c.created_at,
                  m.name as "manager_name?", p.name as "paused_by_name?",
                  array(select t.tag from customer_tag t where t.provider_id = $1
                         and t.customer_id = c.customer_id order by t.tag) as "tags!"
             from customer c
             left join person m on m.provider_id = $1 and m.person_id = c.account_manager
             left join person p on p.provider_id = $1 and p.person_id = c.paused_by
            where c.provider_id = $1 and c.customer_id = $2
              and ($3::uuid is null or exists (select 1 from person_customer v where v.provider_id = $1
                   and v.person_id = $3 and v.customer_id = c.customer_id))"#,
        provider.0,
        customer.0,
        viewer.map(|person| person.0),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Customer {
        id: CustomerId(row.customer_id),
        entra_tenant_id: EntraTenantId(row.entra_tenant_id),
        domain: row.domain,
        name: row.name,
        name_verified: row.name_verified,
        account_manager: row.account_manager.map(PersonId),
        account_manager_name: row.manager_name,
        notes: row.notes,
        standing: Standing {
            state: State::from_key(&row.state).unwrap_or(State::New),
            whose_move: WhoseMove::from_key(&row.whose_move).unwrap_or(WhoseMove::Us),
            next_move: row.next_move,
            steps_done: row.steps_done,
            steps_total: row.steps_total,
        },
        since: row.since,
        open_requests: row.open_requests,
        warnings: row.warnings,
        next_expiry: row.next_expiry,
        read_at: row.read_at,
        onboarded_at: row.onboarded_at,
        pause: row.paused_at.map(|at| Pause {
            at,
            by: row.paused_by_name,
            reason: row.paused_reason.unwrap_or_default(),
        }),
        tags: row.tags,
        created_at: row.created_at,
    }))
}
