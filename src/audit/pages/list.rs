//! Who did what, to which customer, what was before and after, and why. Newest first; filters in the address.

use askama::Template;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use super::row::{Names, RowView, action_text};
use crate::app::App;
use crate::audit::store::{self, By, Filter};
use crate::customers::{Tab, Viewed, model::words, store as customers, tabs};
use crate::kit::error::AppResult;
use crate::kit::frame::Frame;
use crate::kit::ids::{CustomerId, PersonId};
use crate::kit::page::Page;
use crate::kit::text::T;

/// The address's query. What cannot be read counts as not given.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    customer: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    q: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    person: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    action: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

/// In the address: what no person did.
const NOBODY: &str = "none";

impl Asked {
    fn filter(&self) -> Filter {
        let search: String = self.q.chars().take(80).collect();
        let mut typed = words([search.as_str()]).into_iter();
        Filter {
            customer: self.customer.parse().ok(),
            words: (typed.next(), typed.next()),
            by: match self.person.as_str() {
                NOBODY => Some(By::Nobody),
                person => person.parse().ok().map(By::Person),
            },
            action: Some(self.action.clone()).filter(|action| !action.is_empty()),
            after: self.after.parse().ok(),
        }
    }

    fn at(&self, path: &str, change: impl FnOnce(&mut Self)) -> String {
        let mut other = self.clone();
        change(&mut other);
        let query = serde_html_form::to_string(&other).unwrap_or_default();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    fn narrowed(&self) -> bool {
        [&self.customer, &self.q, &self.person, &self.action].iter().any(|part| !part.is_empty())
    }
}

struct ChoiceView {
    value: String,
    label: String,
    chosen: bool,
}

/// The events of one page. Templates call it `list`.
struct List {
    rows: Vec<RowView>,
    of_customer: bool,
    narrowed: bool,
    next: Option<String>,
    first: Option<String>,
}

#[derive(Template)]
#[template(path = "audit/list.html")]
struct ListView {
    frame: Frame,
    t: T,
    q: String,
    /// A customer chosen by a link: his name, id, and the same view without him.
    customer: Option<(String, String, String)>,
    people: Vec<ChoiceView>,
    actions: Vec<ChoiceView>,
    list: List,
}

#[derive(Template)]
#[template(path = "audit/customer.html")]
struct CustomerView {
    frame: Frame,
    t: T,
    tabs: Vec<Tab>,
    list: List,
}

fn names(people: &[(PersonId, String)]) -> Names {
    people.iter().map(|(id, name)| (id.to_string(), name.clone())).collect()
}

fn choice(value: &str, label: String, chosen: &str) -> ChoiceView {
    ChoiceView { chosen: value == chosen, value: value.to_owned(), label }
}

pub async fn show(State(app): State<App>, page: Page, Query(asked): Query<Asked>) -> AppResult {
    let t = page.t;
    let mut tx = page.scope().begin(&app.db).await?;
    let (rows, next) = store::list(&mut tx, &asked.filter()).await?;
    let actions = store::actions(&mut tx).await?;
    let people = store::people(&mut tx).await?;
    let customer = match asked.customer.parse::<CustomerId>() {
        Ok(id) => customers::find(&mut tx, id).await?,
        Err(_) => None,
    };
    drop(tx);
    let names = names(&people);
    let mut choices = vec![choice(NOBODY, t.audit_filter_nobody(), &asked.person)];
    choices.extend(people.into_iter().map(|(id, name)| choice(&id.to_string(), name, &asked.person)));
    let mut actions: Vec<ChoiceView> =
        actions.iter().map(|action| choice(action, action_text(t, action), &asked.action)).collect();
    actions.sort_by(|one, other| one.label.cmp(&other.label));
    let without = asked.at("/audit", |other| {
        other.customer.clear();
        other.after.clear();
    });
    page.show(&ListView {
        t,
        customer: customer.map(|customer| (customer.name, customer.id.to_string(), without)),
        people: choices,
        actions,
        list: List {
            rows: rows.into_iter().map(|row| RowView::new(row, t, &names)).collect(),
            of_customer: false,
            narrowed: asked.narrowed(),
            next: next.map(|seq| asked.at("/audit", |other| other.after = seq.to_string())),
            first: (!asked.after.is_empty()).then(|| asked.at("/audit", |other| other.after.clear())),
        },
        q: asked.q,
        frame: page.frame.clone(),
    })
}

/// The events of one customer, for everybody who may see him.
pub async fn of_customer(
    State(app): State<App>,
    Viewed { page, customer }: Viewed,
    Query(asked): Query<Asked>,
) -> AppResult {
    let t = page.t;
    let filter = Filter { customer: Some(customer.id), after: asked.after.parse().ok(), ..Filter::default() };
    let mut tx = page.scope().begin(&app.db).await?;
    let (rows, next) = store::list(&mut tx, &filter).await?;
    let names = names(&store::people(&mut tx).await?);
    drop(tx);
    let path = format!("/customers/{}/activity", customer.id);
    page.show(&CustomerView {
        t,
        tabs: tabs(&page, customer.id, "activity"),
        list: List {
            rows: rows.into_iter().map(|row| RowView::new(row, t, &names)).collect(),
            of_customer: true,
            narrowed: false,
            next: next.map(|seq| format!("{path}?after={seq}")),
            first: filter.after.map(|_| path.clone()),
        },
        frame: page.frame.clone(),
    })
}
