//! Consent of a customer to the provider's apps: the link, the callback that decides nothing, and the check that
//! proves it at the token endpoint.

pub mod check;
pub mod store;

use chrono::{DateTime, Utc};

use serde_json::json;

use crate::customers::model::{Asked, Standing, State, WhoseMove};
use crate::kit::audit::Event;
use crate::kit::ids::CustomerId;
use crate::kit::scope::Tx;
use crate::providers::AppKind;

/// Kind of work: proves each app's consent; hourly, and at once after a callback.
pub const WORK: &str = "consent";

/// The same standing with the move of whoever has it where a consent is waited for: that follows from the links that
/// are out, and from what became of them.
pub async fn settled(
    tx: &mut Tx,
    customer: CustomerId,
    found: Standing,
    now: DateTime<Utc>,
) -> Result<Standing, sqlx::Error> {
    Ok(match found.state {
        State::ConsentWanted | State::ConsentLost => {
            let asked = store::asked(tx, customer, AppKind::Reader, now).await?;
            found.without_reader(found.state == State::ConsentLost, asked)
        }
        State::OperatorWanted => match store::asked(tx, customer, AppKind::Operator, now).await? {
            Asked::Declined => Standing {
                whose_move: WhoseMove::Us,
                next_move: "customers-next-consent-declined".to_owned(),
                ..found
            },
            Asked::Open => {
                let next_move = "onboarding-next-operator".to_owned();
                Standing { whose_move: WhoseMove::Customer, next_move, ..found }
            }
            // Nobody asked him yet, or the link ran out: the next move is to send one.
            Asked::Not => {
                let next_move = "onboarding-next-operator-link".to_owned();
                Standing { whose_move: WhoseMove::Us, next_move, ..found }
            }
        },
        _ => found,
    })
}

/// The event of a consent that stands otherwise than before, as `store::keep` told; none where it does not.
pub fn news(
    customer: CustomerId,
    app: AppKind,
    (before, now): (Option<String>, String),
    missing: &[String],
) -> Option<Event> {
    (before.as_deref() != Some(&now)).then(|| {
        Event::new("consent.changed")
            .of(customer)
            .before(json!({ "app": app.key(), "state": before }))
            .after(json!({ "app": app.key(), "state": now, "missing": missing }))
    })
}
