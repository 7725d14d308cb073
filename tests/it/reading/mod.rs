//! Reading every customer: what goes together, what is due, what is kept, and what nobody has to wait for.

mod batch;
mod history;
mod now;
mod turns;

use chrono::{DateTime, Utc};

use crate::access_requests::live::There;

/// What is kept of one request.
#[derive(Debug)]
pub struct Held {
    pub state: String,
    pub decision: String,
    pub from: String,
    pub name: String,
    pub mail: String,
    pub reason: String,
    pub decided_at: Option<DateTime<Utc>>,
    pub waited_until: Option<DateTime<Utc>>,
    pub gone_at: Option<DateTime<Utc>>,
    pub assignment: String,
}

impl There {
    pub async fn held(&self, id: &str) -> Option<Held> {
        sqlx::query_as!(
            Held,
            r#"select state, decision, decision_from as "from", decider_name as name, decider_mail as mail,
                      decision_reason as reason, decided_at, waited_until, gone_at, assignment_id as assignment
                 from access_request where request_id = $1"#,
            id
        )
        .fetch_optional(&self.app.owner)
        .await
        .unwrap()
    }
}
