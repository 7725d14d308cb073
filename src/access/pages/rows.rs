//! What is held, as every list of this room shows it: until when, in which review, with which extension asked for.

use chrono::{DateTime, Utc};

use crate::access::model::nearness;
use crate::access::store::HeldRow;
use crate::kit::text::T;

pub struct HeldView {
    pub customer_href: String,
    pub customer: String,
    pub person_href: String,
    pub name: String,
    pub mail: String,
    /// Which account of his it is: its name there, and its address or object id.
    pub account: (String, String),
    pub ours: bool,
    pub package: String,
    pub state: String,
    pub since: Option<String>,
    /// When it ends, how long that is, and how near.
    pub ends: Option<(String, String)>,
    pub near_key: &'static str,
    pub near_icon: &'static str,
    pub ended: Option<String>,
    /// When it must be reviewed, where that is not the day on which it ends.
    pub review: Option<String>,
    pub review_open: bool,
    /// An extension waits, and how much time its approvers have left.
    pub extension: Option<String>,
    /// Where the extension is decided.
    pub requests_href: String,
}

/// Microsoft's word for where an assignment stands, in the person's language.
pub fn state(t: T, state: &str) -> String {
    t.text(&format!("access-state-{}", state.to_lowercase())).unwrap_or_else(|| state.to_owned())
}

impl HeldView {
    pub fn new(row: HeldRow, t: T, now: DateTime<Utc>) -> Self {
        let (near_key, near_icon) = nearness(row.ends_at, now);
        let differs =
            row.review_due.filter(|due| row.ends_at.is_none_or(|end| end.date_naive() != due.date_naive()));
        Self {
            customer_href: format!("/customers/{}/people", row.customer),
            person_href: format!("/access/people/{}", row.match_id),
            requests_href: format!("/customers/{}/requests", row.customer),
            state: state(t, &row.state),
            since: row.starts_at.map(|at| t.date(&at)),
            ends: row.ends_at.map(|at| (t.date(&at), t.time_left(&at, &now))),
            near_key,
            near_icon,
            ended: row.ended_at.map(|at| t.date(&at)),
            review: differs.map(|at| t.date(&at)),
            review_open: row.review_open,
            extension: row.extension.then(|| {
                row.extension_until.map_or_else(
                    || t.access_extension(),
                    |at| t.access_extension_left(t.time_left(&at, &now)),
                )
            }),
            account: (row.target_name, row.account.trim_start_matches("oid:").to_owned()),
            customer: row.customer_name,
            name: row.name,
            mail: row.mail,
            ours: row.ours,
            package: row.package_name,
        }
    }
}
