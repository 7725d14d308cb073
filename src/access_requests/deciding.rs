//! Deciding on a request with one's own account: what is meant is kept, then Microsoft is asked, once; what it said is
//! kept. Nothing is ever sent a second time: where no answer came, the next readings tell what became of it.

use serde_json::json;
use uuid::Uuid;

use crate::access_requests::WORK;
use crate::access_requests::model::{APPROVERS, Key, PENDING, STAGE, Verdict};
use crate::access_requests::settle;
use crate::access_requests::store::{self, Begun, Intent};
use crate::app::App;
use crate::connections::{self, Own, Reach};
use crate::customers::Customer;
use crate::graph::approvals::ApprovalStage;
use crate::graph::requests::RequestState;
use crate::graph::{AccessRequestId, GraphError, GraphErrorKind};
use crate::kit::audit::Event;

use crate::kit::error::AppError;
use crate::kit::ids::PersonId;
use crate::kit::session::Session;
use crate::kit::work;
use crate::people;
use crate::providers::{self, AppKind};

/// One decision of a sent form.
#[derive(Clone, Debug)]
pub struct Wish {
    pub batch: Uuid,
    pub request: String,
    pub verdict: Verdict,
    pub reason: String,
}

/// How it ended: state, outcome (a key of the catalogue), Microsoft's words.
type End = (&'static str, String, String);

fn refused(outcome: &str) -> End {
    ("refused", outcome.to_owned(), String::new())
}

struct Deciding<'a> {
    app: &'a App,
    session: &'a Session,
    customer: &'a Customer,
    wish: &'a Wish,
    key: Key,
    person: PersonId,
}

/// Keeps what a form wants, before the first of it is begun.
pub async fn want(app: &App, session: &Session, wishes: &[(Customer, Vec<Wish>)]) -> Result<(), AppError> {
    let (person, now) = (session.scope.person().ok_or(AppError::Forbidden)?, app.clock.now());
    let mut all: Vec<(Key, &Wish)> = Vec::new();
    for (customer, wishes) in wishes {
        all.extend(
            wishes.iter().map(|wish| (Key { customer: customer.id, request: wish.request.clone() }, wish)),
        );
    }
    let mut intents = Vec::with_capacity(all.len());
    for (key, wish) in &all {
        let (verdict, reason) = (wish.verdict, wish.reason.as_str());
        intents.push(Intent { batch: wish.batch, key, person, verdict, reason, account: "" });
    }
    let mut tx = session.scope.begin(&app.db).await?;
    store::want(&mut tx, &intents, now).await?;
    for (customer, _) in wishes {
        // Should this process end before all had their turn, this says so.
        work::wake(&mut tx, customer.id, settle::WORK, now + settle::FIRST).await?;
    }
    Ok(tx.commit_bookkeeping("what is wanted is told when it is begun").await?)
}

/// Carries one wish out, to whatever end; the end stands in the store.
pub async fn decide(app: &App, session: &Session, customer: &Customer, wish: &Wish) -> Result<(), AppError> {
    let person = session.scope.person().ok_or(AppError::Forbidden)?;
    let key = Key { customer: customer.id, request: wish.request.clone() };
    let deciding = Deciding { app, session, customer, wish, key, person };
    if let Some(why) = deciding.at_once().await? {
        return deciding.refuse("", why).await;
    }
    match connections::reach(app, session, customer).await? {
        Reach::Not => deciding.refuse("", "not-connected").await,
        Reach::Lapsed(account) => deciding.refuse(account.shown(), "lapsed").await,
        Reach::Connected(own) => deciding.carry_out(&own).await,
    }
}

/// Leaves a wish whose person may decide at this customer no more.
pub async fn leave(app: &App, session: &Session, customer: &Customer, wish: &Wish) -> Result<(), AppError> {
    let person = session.scope.person().ok_or(AppError::Forbidden)?;
    let key = Key { customer: customer.id, request: wish.request.clone() };
    Deciding { app, session, customer, wish, key, person }.refuse("", "no-more").await
}

impl Deciding<'_> {
    fn intent<'a>(&'a self, account: &'a str) -> Intent<'a> {
        Intent {
            batch: self.wish.batch,
            key: &self.key,
            person: self.person,
            verdict: self.wish.verdict,
            reason: &self.wish.reason,
            account,
        }
    }

    /// What is known to be refused before anything is begun.
    async fn at_once(&self) -> Result<Option<&'static str>, AppError> {
        let mut tx = self.session.scope.begin(&self.app.db).await?;
        let row = store::find(&mut tx, &self.key).await?.ok_or(AppError::NotFound)?;
        let who = people::store::oneself(&mut tx, self.person).await?;
        Ok(match () {
            () if row.state != PENDING => Some("over"),
            () if row.package == APPROVERS => Some("theirs"),
            () if who.asks_as(&row.requestor_mail).is_some() => Some("own"),
            () => None,
        })
    }

    /// Nothing was sent; the form's answer says why.
    async fn refuse(&self, account: &str, outcome: &str) -> Result<(), AppError> {
        let mut tx = self.session.scope.begin(&self.app.db).await?;
        let now = self.app.clock.now();
        store::refuse(&mut tx, &self.intent(account), (outcome, ""), now).await?;
        Ok(tx
            .commit_bookkeeping("what was not begun is no act; the form's answer is kept for its page")
            .await?)
    }

    fn event(&self, action: &'static str, account: &str, outcome: &str) -> Event {
        Event::new(action)
            .of(self.customer.id)
            .after(json!({
                "request": self.key.request, "verdict": self.wish.verdict.key(), "account": account,
                "outcome": outcome,
            }))
            .why(self.wish.reason.clone())
    }

    async fn carry_out(&self, own: &Own) -> Result<(), AppError> {
        let account = own.account.shown();
        let (app, now) = (self.app, self.app.clock.now());
        let mut tx = self.session.scope.begin(&app.db).await?;
        match store::intend(&mut tx, &self.intent(account), now).await? {
            Begun::Yes => {}
            Begun::Before => return Ok(()),
            Begun::Busy(name) => {
                store::refuse(&mut tx, &self.intent(account), ("busy", &name), now).await?;
                return Ok(tx.commit_bookkeeping("what was not begun is no act").await?);
            }
            Begun::NotPending => {
                drop(tx);
                return self.refuse(account, "over").await;
            }
        }
        // Should this process end before the answer is kept, this finds out what became of it.
        work::wake(&mut tx, self.customer.id, settle::WORK, now + settle::FIRST).await?;
        tx.commit(&app.clock, self.event("decision.intended", account, "")).await?;
        let (end, last) = self.ask(own).await?;
        self.keep(own, &end, last).await
    }

    /// Asks Microsoft. Whether this is the last word on the request comes along.
    async fn ask(&self, own: &Own) -> Result<(End, bool), AppError> {
        let id = AccessRequestId::new(self.key.request.as_str());
        let stages = match own.directory.approval_stages(&id).await {
            Ok(stages) => stages,
            Err(error) => {
                let end = end_of(&error, false);
                // Whoever has no part in it any more is shown nothing of it.
                let over = end.1 == "not-mine" && self.is_over().await?;
                return Ok((if over { refused("elsewhere") } else { end }, false));
            }
        };
        let Some(stage) = stages.iter().find(|stage| stage.waits_for_me()) else {
            let outcome = if stages.iter().any(ApprovalStage::waits) { "not-mine" } else { "elsewhere" };
            return Ok((refused(outcome), false));
        };
        let approve = self.wish.verdict == Verdict::Approve;
        let last = !approve || stages.iter().all(|one| one.id == stage.id || !one.is_ahead());
        let mut tx = self.session.scope.begin(&self.app.db).await?;
        let now = self.app.clock.now();
        if !store::mark_sent(&mut tx, self.wish.batch, &self.key, now).await? {
            // It took so long that it was settled meanwhile.
            return Ok((refused("over"), false));
        }
        tx.commit_bookkeeping("a decision on its way was told when it was meant").await?;
        let sent = own.directory.decide_stage(&id, &stage.id, approve, &self.wish.reason).await;
        Ok(match sent {
            Ok(()) => (("accepted", if last { "" } else { STAGE }.to_owned(), String::new()), last),
            Err(error) => (end_of(&error, true), false),
        })
    }

    /// Whether the request waits no more, as the reader app sees it now.
    async fn is_over(&self) -> Result<bool, AppError> {
        let mut tx = self.session.scope.begin(&self.app.db).await?;
        let credential = providers::store::credential(&mut tx, &self.app.seal, AppKind::Reader).await?;
        drop(tx);
        let Some(credential) = credential else { return Ok(false) };
        let directory = self.app.graph.app(self.customer.entra_tenant_id, &credential).for_person();
        let read = directory.assignment_request(&AccessRequestId::new(self.key.request.as_str())).await;
        Ok(read.is_ok_and(|found| {
            found
                .and_then(|request| request.state)
                .is_some_and(|state| state != RequestState::PendingApproval)
        }))
    }

    async fn keep(&self, own: &Own, (state, outcome, detail): &End, last: bool) -> Result<(), AppError> {
        let (app, now, account) = (self.app, self.app.clock.now(), own.account.shown());
        let mut tx = self.session.scope.begin(&app.db).await?;
        let end = (*state, outcome.as_str(), detail.as_str());
        if !store::end(&mut tx, self.wish.batch, &self.key, end, now).await? {
            return Ok(());
        }
        if outcome == "lapsed" {
            connections::store::drop_here(&mut tx, self.session, self.customer.id).await?;
        }
        let action = match *state {
            "accepted" => "decision.accepted",
            "unknown" => "decision.unknown",
            _ => "decision.refused",
        };
        if *state == "accepted" && last {
            let who = (own.account.name.as_str(), own.account.mail.as_str(), own.account.oid.as_str());
            let why = (self.wish.reason.as_str(), now);
            store::decided_here(&mut tx, &self.key, self.wish.verdict, who, why).await?;
        }
        // What stands there now is other than what is shown here, in all but a few cases.
        work::wake(&mut tx, self.customer.id, WORK, now).await?;
        tx.commit(&app.clock, self.event(action, account, outcome)).await?;
        app.nudge.notify_waiters();
        Ok(())
    }
}

/// What an error of Microsoft's means for a decision. `sent`: it may have taken effect.
fn end_of(error: &GraphError, sent: bool) -> End {
    let outcome = match (&error.kind, error.status) {
        (_, Some(401)) => "lapsed",
        (GraphErrorKind::Conflict, _) => "elsewhere",
        (GraphErrorKind::NotFound, _) => "not-found",
        (GraphErrorKind::Throttled { .. }, _) => "throttled",
        (GraphErrorKind::LostAnswer | GraphErrorKind::NotUnderstood, _) if sent => "unknown",
        (GraphErrorKind::Unavailable | GraphErrorKind::LostAnswer | GraphErrorKind::NotUnderstood, _) => {
            "unavailable"
        }
        (GraphErrorKind::Forbidden, _) if error.cause() == "forbidden" => "not-mine",
        _ => error.cause(),
    };
    let state = if outcome == "unknown" { "unknown" } else { "refused" };
    (state, outcome.to_owned(), error.to_string())
}
