//! The first page after sign-in.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, Utc};

use crate::access::model::WarningKind;
use crate::access_requests::model::{Pressing as How, RequestRow, pressure, type_key};
use crate::access_requests::{asks, store as requests};
use crate::app::App;
use crate::customers::model::{State as CustomerState, WhoseMove};
use crate::customers::store::{self as customers, Counts, Filter, ListRow, Sort};
use crate::kit::counted::Counted;
use crate::kit::error::{AppError, AppResult};
use crate::kit::frame::Frame;
use crate::kit::ids::PersonId;
use crate::kit::page::Page;
use crate::kit::right::{Right, Role};
use crate::kit::router::Routes;
use crate::kit::scope::Tx;
use crate::kit::text::T;
use crate::kit::view::plan_each;
use crate::people::model::Oneself;
use crate::today::model::{Gap, Pressing, gaps};
use crate::today::store;
use crate::{access, health, people, providers};

/// Rows of each list here; the others are behind its link.
const SHOWN: usize = 10;
/// What each has a tile for.
const MOVING: [WhoseMove; 3] = [WhoseMove::Us, WhoseMove::Customer, WhoseMove::Microsoft];
const TELLING: [CustomerState; 4] =
    [CustomerState::Failed, CustomerState::QuestionsOpen, CustomerState::ConsentLost, CustomerState::Drifted];
/// Customers named where one's own access ends.
const OWN: i64 = 5;

pub fn routes() -> Routes<App> {
    Routes::default().get("/", Right::SignedIn, show)
}

/// A figure that leads to what it counts.
struct Tile {
    href: String,
    label: String,
    count: String,
    /// Class of the figure: a word of whose move, or how pressing.
    tone: &'static str,
    icon: &'static str,
}

struct CustomerView {
    href: String,
    name: String,
    state: String,
    whose_move: String,
    next_move: String,
    since: String,
    since_moment: String,
    expiry: Option<String>,
    open_requests: i32,
    paused: bool,
}

struct RequestView {
    href: String,
    left: String,
    pressure_key: &'static str,
    pressure_icon: &'static str,
    pressure: String,
    requestor: String,
    package: String,
    /// Where more than first access is asked: what.
    asks: Option<String>,
    customer: String,
    own: bool,
    /// The customer's My Access, where it is decided; none while his domain is not known.
    open: Option<String>,
}

struct GapView {
    href: String,
    text: String,
}

#[derive(Template)]
#[template(path = "today/home.html")]
struct TodayView {
    frame: Frame,
    t: T,
    tiles: Vec<Tile>,
    own_ending: Option<OwnEnding>,
    requests: Option<Vec<RequestView>>,
    ours: Option<Vec<CustomerView>>,
    mine: Option<Vec<CustomerView>>,
    gaps: Option<Vec<GapView>>,
    /// Nobody is a customer yet, and this person may add the first.
    first_run: bool,
    may_administer: bool,
}

fn customer_view(row: ListRow, t: T, now: DateTime<Utc>) -> CustomerView {
    CustomerView {
        href: format!("/customers/{}", row.customer_id),
        name: row.name,
        state: t.text_or_key(&format!("customers-state-{}", row.state)),
        whose_move: row.whose_move,
        next_move: t.text_or_key(&row.next_move),
        since: t.span(&(now - row.since)),
        since_moment: t.moment(&row.since),
        expiry: row.next_expiry.map(|at| t.date(&at)),
        open_requests: row.open_requests,
        paused: row.paused_at.is_some(),
    }
}

fn request_view(row: RequestRow, who: &Oneself, app: &App, t: T, now: DateTime<Utc>) -> RequestView {
    let pressing = pressure(row.created_at, row.denied_at, now);
    RequestView {
        href: format!("/customers/{}/requests", row.customer),
        left: row.denied_at.map_or_else(|| t.requests_end_unknown(), |at| t.time_left(&at, &now)),
        pressure_key: pressing.key(),
        pressure_icon: pressing.icon(),
        pressure: t.text_or_key(&format!("requests-pressure-{}", pressing.key())),
        asks: (type_key(&row.request_type) != "add").then(|| asks(t, &row.request_type)),
        own: who.asks_as(&row.requestor_mail).is_some(),
        open: (!row.domain.is_empty()).then(|| app.cloud.my_access_link(&row.domain)),
        requestor: if row.requestor_name.is_empty() { row.requestor_mail } else { row.requestor_name },
        package: row.package_name,
        customer: row.customer_name,
    }
}

fn gap_view(gap: &Gap, t: T) -> GapView {
    let app = gap.app.map(|app| t.text_or_key(&format!("providers-app-{}", app.key()))).unwrap_or_default();
    let ends = gap.ends.map(|at| t.date(&at)).unwrap_or_default();
    let arguments = vec![("app", app.into()), ("date", ends.into())];
    let key = format!("today-gap-{}", gap.kind.key());
    GapView {
        href: gap.app.map_or_else(|| "/admin".to_owned(), |app| format!("/admin/apps/{}", app.key())),
        text: t.text_with(&key, arguments).unwrap_or(key),
    }
}

/// The first rows of the list of customers, filtered.
async fn some_customers(
    tx: &mut Tx,
    filter: Filter,
    t: T,
    now: DateTime<Utc>,
) -> Result<Vec<CustomerView>, AppError> {
    let found = customers::list(tx, &filter).await?;
    Ok(found.rows.into_iter().take(SHOWN).map(|row| customer_view(row, t, now)).collect())
}

/// An account manager's customers: first those that wait for somebody, ours first and each longest first; then those
/// where nobody has a move; the paused ones last.
async fn own_customers(
    tx: &mut Tx,
    manager: Option<PersonId>,
    t: T,
    now: DateTime<Utc>,
) -> Result<Vec<CustomerView>, AppError> {
    let moving = [WhoseMove::Us, WhoseMove::Customer, WhoseMove::Microsoft, WhoseMove::Nobody];
    let parts = moving.map(|whose| (Some(whose), false)).into_iter().chain([(None, true)]);
    let mut found = Vec::new();
    for (whose_move, paused) in parts {
        if found.len() >= SHOWN {
            break;
        }
        let filter =
            Filter { manager, whose_move, paused: Some(paused), sort: Sort::Since, ..Filter::default() };
        found.extend(some_customers(tx, filter, t, now).await?);
    }
    found.truncate(SHOWN);
    Ok(found)
}

fn request_tiles(t: T, pressing: Pressing) -> Vec<Tile> {
    let tile = |left: Option<How>, label, count: Counted, tone, icon| Tile {
        href: left.map_or_else(|| "/requests".to_owned(), |left| format!("/requests?left={}", left.key())),
        label,
        count: count.figure(t),
        tone,
        icon,
    };
    let mut tiles = vec![tile(None, t.today_requests_all(), pressing.all, "badge-plain", "inbox")];
    if !pressing.last_day.is_none() {
        tiles.push(tile(
            Some(How::LastDay),
            t.today_requests_urgent(),
            pressing.last_day,
            "pressure-last-day",
            "alert-triangle",
        ));
    }
    if !pressing.soon.is_none() {
        tiles.push(tile(
            Some(How::Soon),
            t.today_requests_soon(),
            pressing.soon,
            "pressure-soon",
            "calendar-due",
        ));
    }
    tiles
}

/// Customers by whose move it is, and those that failed or ask something, from one count.
fn customer_tiles(t: T, counts: &Counts) -> Vec<Tile> {
    let of_move = |whose: WhoseMove, tone, icon| Tile {
        href: format!("/customers?move={}&sort=since&paused=no", whose.key()),
        label: t.text_or_key(&format!("layout-move-{}", whose.key())),
        count: counts.moving(whose).figure(t),
        tone,
        icon,
    };
    let of_state = |one: CustomerState, tone, icon| {
        let count = counts.in_state(one);
        (!count.is_none()).then(|| Tile {
            href: format!("/customers?state={}&sort=since&paused=no", one.key()),
            label: t.text_or_key(&format!("customers-state-{}", one.key())),
            count: count.figure(t),
            tone,
            icon,
        })
    };
    let mut tiles = vec![
        of_move(WhoseMove::Us, "move-us", "hand-stop"),
        of_move(WhoseMove::Customer, "move-customer", "building"),
        of_move(WhoseMove::Microsoft, "move-microsoft", "loader"),
    ];
    let telling = [
        of_state(CustomerState::Failed, "pressure-last-day", "circle-x"),
        of_state(CustomerState::QuestionsOpen, "move-us", "help-circle"),
        of_state(CustomerState::ConsentLost, "pressure-last-day", "lock"),
        of_state(CustomerState::Drifted, "move-us", "history"),
    ];
    tiles.extend(telling.into_iter().flatten());
    tiles
}

fn health_tiles(t: T, failing: i64, stopped: i64) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let mut tile = |href: &str, label, count: i64, tone, icon| {
        if count > 0 {
            tiles.push(Tile { href: href.to_owned(), label, count: count.to_string(), tone, icon });
        }
    };
    tile("/health", t.today_work_failing(), failing, "move-us", "heartbeat");
    tile("/health/rows?stopped=yes", t.today_work_stopped(), stopped, "pressure-last-day", "hand-stop");
    tiles
}

/// What warns of losing access, by kind.
fn warning_tiles(t: T, counts: &[(WarningKind, Counted)]) -> Vec<Tile> {
    let kinds = WarningKind::ALL.into_iter();
    let found = kinds.filter_map(|kind| Some((kind, counts.iter().find(|(of, _)| *of == kind)?.1)));
    let tile = |(kind, count): (WarningKind, Counted)| Tile {
        href: format!("/access/warnings?kind={}", kind.key()),
        label: access::labelled(t, kind),
        count: count.figure(t),
        tone: match kind {
            WarningKind::ApproversEmpty | WarningKind::ApproverLast => "pressure-last-day",
            WarningKind::ApproversFew => "move-us",
            WarningKind::GuestBlocked => "move-customer",
        },
        icon: "alert-triangle",
    };
    found.map(tile).collect()
}

/// The own access of somebody who decides, where it ends soon.
struct OwnEnding {
    told: String,
    /// Customer's people, his name, when.
    some: Vec<(String, String, String)>,
}

async fn own_ending(
    tx: &mut Tx,
    who: &Oneself,
    t: T,
    now: DateTime<Utc>,
) -> Result<Option<OwnEnding>, AppError> {
    let mut addresses = who.his.clone();
    if !who.mail.is_empty() && !who.anothers.contains(&who.mail) {
        addresses.push(who.mail.clone());
    }
    let until = now + chrono::TimeDelta::days(access::model::STEPS[0]);
    let (many, some) = access::store::own_endings(tx, &addresses, until, OWN).await?;
    let view = |(customer, name, at): (crate::kit::ids::CustomerId, String, DateTime<Utc>)| {
        (format!("/customers/{customer}/people"), name, t.access_own_ends(t.date(&at)))
    };
    Ok((many > 0)
        .then(|| OwnEnding { told: t.access_own_ending(many), some: some.into_iter().map(view).collect() }))
}

async fn show(State(app): State<App>, page: Page) -> AppResult {
    let (t, now, scope) = (page.t, app.clock.now(), page.scope());
    let roles = scope.roles();
    let mut tx = scope.begin(&app.db).await?;
    plan_each(&mut tx).await?;
    let counts = customers::counts(&mut tx, &TELLING, &MOVING).await?;
    let mut tiles = request_tiles(t, store::pressing(&mut tx, now).await?);
    tiles.extend(warning_tiles(t, &access::store::warning_counts(&mut tx).await?));
    tiles.extend(customer_tiles(t, &counts));
    if scope.may(Right::ViewHealth) {
        let (failing, stopped) = health::store::failing(&mut tx).await?;
        tiles.extend(health_tiles(t, failing, stopped));
    }
    let mut view = TodayView {
        t,
        tiles,
        own_ending: None,
        requests: None,
        ours: None,
        mine: None,
        gaps: None,
        first_run: scope.may(Right::EditCustomers) && !customers::any(&mut tx).await?,
        may_administer: scope.may(Right::Administer),
        frame: page.frame.clone(),
    };
    if roles.has(Role::Approver) {
        let found =
            requests::pending(&mut tx, &requests::Filter { ours: true, ..Default::default() }).await?;
        let who = match scope.person() {
            Some(person) => people::store::oneself(&mut tx, person).await?,
            None => Oneself::default(),
        };
        view.own_ending = own_ending(&mut tx, &who, t, now).await?;
        let rows = found.rows.into_iter().take(SHOWN);
        view.requests = Some(rows.map(|row| request_view(row, &who, &app, t, now)).collect());
    }
    if scope.may(Right::Onboard) {
        let filter = Filter {
            whose_move: Some(WhoseMove::Us),
            paused: Some(false),
            sort: Sort::Since,
            ..Filter::default()
        };
        view.ours = Some(some_customers(&mut tx, filter, t, now).await?);
    }
    if roles.has(Role::AccountManager) {
        view.mine = Some(own_customers(&mut tx, scope.person(), t, now).await?);
    }
    if roles.has(Role::Admin) || roles.has(Role::Auditor) {
        let provider = providers::store::provider(&mut tx).await?;
        let apps = providers::store::apps(&mut tx).await?;
        view.gaps = Some(gaps(&provider, &apps, now).iter().map(|gap| gap_view(gap, t)).collect());
    }
    drop(tx);
    page.show(&view)
}
