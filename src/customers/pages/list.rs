//! The list of customers. Search, filter, sort and page are all in the address.

use askama::Template;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::customers::model::{State as CustomerState, WhoseMove};
use crate::customers::store::{self, Cursor, Filter, ListRow, Sort};
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::ids::PersonId;
use crate::kit::page::Page;
use crate::kit::right::{Right, Role};
use crate::kit::text::T;

/// The address's query. What cannot be read counts as not given: an old bookmark still opens.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    q: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    state: String,
    #[serde(skip_serializing_if = "String::is_empty", rename = "move")]
    whose_move: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    manager: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    paused: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sort: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

impl Asked {
    fn filter(&self, page: &Page) -> Filter {
        let manager = match self.manager.as_str() {
            "me" => page.scope().person(),
            other => other.parse::<PersonId>().ok(),
        };
        let usual = if page.scope().roles().has(Role::AccountManager) { Sort::Mine } else { Sort::Name };
        Filter {
            search: self.q.chars().take(80).collect(),
            state: CustomerState::from_key(&self.state),
            whose_move: WhoseMove::from_key(&self.whose_move),
            tag: Some(self.tag.trim().to_lowercase()).filter(|tag| !tag.is_empty()),
            manager,
            paused: match self.paused.as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            sort: Sort::from_key(&self.sort).unwrap_or(usual),
            after: cursor(&self.after),
        }
    }

    /// The same view with another part; the page starts anew unless it is the page that changes.
    fn with(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut other = self.clone();
        other.after.clear();
        change(&mut other);
        let query = serde_html_form::to_string(&other).unwrap_or_default();
        if query.is_empty() { "/customers".to_owned() } else { format!("/customers?{query}") }
    }

    fn narrowed(&self) -> bool {
        [&self.q, &self.state, &self.whose_move, &self.tag, &self.manager, &self.paused]
            .iter()
            .any(|part| !part.is_empty())
    }
}

fn cursor(text: &str) -> Option<Cursor> {
    let (part, value, id) = serde_json::from_str(text).ok()?;
    Some(Cursor { part, value, id })
}

struct RowView {
    href: String,
    name: String,
    domain: String,
    state: String,
    state_key: String,
    whose_move: String,
    next_move: String,
    since: String,
    since_moment: String,
    steps_done: i32,
    steps_total: i32,
    open_requests: i32,
    /// None: never read.
    alerts: Option<String>,
    /// How long ago the newest was made.
    last_alert: Option<(String, String)>,
    expiry: Option<String>,
    read: Option<(String, String)>,
    paused: bool,
    manager: Option<String>,
    tags: Vec<String>,
    mine: bool,
}

impl RowView {
    fn new(row: ListRow, t: T, now: chrono::DateTime<chrono::Utc>) -> Self {
        Self {
            href: format!("/customers/{}", row.customer_id),
            state: t.text_or_key(&format!("customers-state-{}", row.state)),
            next_move: t.text_or_key(&row.next_move),
            since: t.span(&(now - row.since)),
            since_moment: t.moment(&row.since),
            expiry: row.next_expiry.map(|at| t.date(&at)),
            read: row.read_at.map(|at| (t.age(&at, &now), t.moment(&at))),
            paused: row.paused_at.is_some(),
            name: row.name,
            domain: row.domain,
            state_key: row.state,
            whose_move: row.whose_move,
            steps_done: row.steps_done,
            steps_total: row.steps_total,
            open_requests: row.open_requests,
            alerts: match row.alerts_state.as_str() {
                "" => None,
                "read" => Some(t.alerts_cell().high(row.high_alerts).open(row.open_alerts)),
                _ => Some(t.alerts_cell_closed()),
            },
            last_alert: row.last_alert_at.map(|at| (t.age(&at, &now), t.moment(&at))),
            manager: row.manager_name,
            tags: row.tags,
            mine: row.mine,
        }
    }
}

struct ChoiceView {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "customers/list.html")]
struct ListView {
    frame: Frame,
    t: T,
    q: String,
    tag: String,
    states: Vec<ChoiceView>,
    moves: Vec<ChoiceView>,
    managers: Vec<ChoiceView>,
    paused: Vec<ChoiceView>,
    sorts: Vec<ChoiceView>,
    rows: Vec<RowView>,
    next: Option<String>,
    first: Option<String>,
    narrowed: bool,
    may_add: bool,
    /// Account managers look at them here.
    alerts: bool,
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let (t, now) = (page.t, app.clock.now());
    let filter = asked.filter(&page);
    let mut tx = page.scope().begin(&app.db).await?;
    let found = store::list(&mut tx, &filter).await?;
    let managers = store::managers(&mut tx).await?;
    drop(tx);
    let next = found
        .next
        .as_ref()
        .and_then(|cursor| serde_json::to_string(&(cursor.part, &cursor.value, cursor.id)).ok());
    let choice = |value: &str, label: String, chosen: &str| ChoiceView {
        chosen: value == chosen,
        value: value.to_owned(),
        label,
    };
    let mut people = vec![choice("me", t.customers_filter_me(), &asked.manager)];
    people.extend(managers.into_iter().map(|(id, name)| choice(&id.to_string(), name, &asked.manager)));
    let view = ListView {
        t,
        states: CustomerState::ALL
            .iter()
            .map(|state| {
                let label = t.text_or_key(&format!("customers-state-{}", state.key()));
                choice(state.key(), label, &asked.state)
            })
            .collect(),
        moves: WhoseMove::ALL
            .iter()
            .map(|one| {
                choice(one.key(), t.text_or_key(&format!("layout-move-{}", one.key())), &asked.whose_move)
            })
            .collect(),
        managers: people,
        paused: [("no", t.customers_filter_not_paused()), ("yes", t.customers_filter_paused())]
            .into_iter()
            .map(|(value, label)| choice(value, label, &asked.paused))
            .collect(),
        sorts: Sort::ALL
            .into_iter()
            .map(|sort| {
                let label = t.text_or_key(&format!("customers-sort-{}", sort.key()));
                choice(sort.key(), label, filter.sort.key())
            })
            .collect(),
        rows: found.rows.into_iter().map(|row| RowView::new(row, t, now)).collect(),
        next: next.map(|cursor| asked.with(|other| other.after = cursor)),
        first: (!asked.after.is_empty()).then(|| asked.with(|_| ())),
        narrowed: asked.narrowed(),
        may_add: page.scope().may(Right::EditCustomers),
        alerts: page.scope().roles().has(Role::AccountManager),
        q: asked.q,
        tag: asked.tag,
        frame: page.frame.clone(),
    };
    page.show(&view)
}
