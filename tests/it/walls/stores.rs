//! Every function of every store: what it sees of a provider's, or changes of his.

use futures::future::BoxFuture;
use mssp_portal::audit;
use mssp_portal::customers::consent::store as consent;
use mssp_portal::customers::model::{Asked, Contact};
use mssp_portal::customers::{Standing, State, WhoseMove, store as customers};
use mssp_portal::health::store as health;
use mssp_portal::kit::happening::{self, Happening, Kind};
use mssp_portal::kit::ids::{CustomerId, EntraTenantId, ObjectId, PersonId, PlanId, RunId};
use mssp_portal::kit::scope::{Tx, in_view};
use mssp_portal::kit::{reading, session, work};
use mssp_portal::onboarding::apply::Wrote;
use mssp_portal::onboarding::facts::{Administrator, Declaration, Rbac};
use mssp_portal::onboarding::step::{StepKey, StepKind};
use mssp_portal::onboarding::store::{self as onboarding, RunState, RunStepState};
use mssp_portal::people::store as people;
use mssp_portal::providers::{AppKind, store as providers};
use mssp_portal::sign_in::oidc::Identity;
use mssp_portal::sign_in::store as sign_in;
use mssp_portal::today::store as today;
use serde_json::json;

use super::world::{CAUSE, Furniture, WORK, address_of, state_of};
use super::{access_stores, deciding, reading_stores};
use crate::support::app::TestApp;

/// Where the functions look: the portal, and the provider whose things they name.
pub struct At<'a> {
    pub app: &'a TestApp,
    pub of: &'a Furniture,
}

/// A function of a store, called about this provider; what it sees, or nothing where it writes.
pub struct Act {
    pub name: &'static str,
    pub run: for<'a> fn(&'a mut Tx, &'a At<'a>) -> BoxFuture<'a, anyhow::Result<bool>>,
}

macro_rules! acts {
    ($($name:literal => |$tx:ident, $at:ident| $body:expr;)*) => {
        vec![$(Act { name: $name, run: |$tx, $at| Box::pin(async move { Ok($body) }) }),*]
    };
}

mod notices;
pub(super) use acts;

impl At<'_> {
    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.app.app.clock.now()
    }

    pub fn later(&self) -> chrono::DateTime<chrono::Utc> {
        self.now() + chrono::TimeDelta::minutes(1)
    }

    pub fn ready(&self) -> CustomerId {
        self.of.proposed.id
    }

    pub fn failed(&self) -> CustomerId {
        self.of.failed.id
    }

    fn run(&self) -> RunId {
        self.of.failed.run
    }

    pub(super) fn person(&self) -> PersonId {
        self.of.everyone.id
    }

    fn identity(&self) -> Identity {
        Identity {
            tid: "tid".to_owned(),
            oid: self.person().to_string(),
            name: "Another name".to_owned(),
            mail: String::new(),
            roles: Vec::new(),
        }
    }

    fn group(&self) -> StepKey {
        StepKey::new(StepKind::Group, "tier2")
    }

    fn new_customer(&self) -> customers::NewCustomer {
        let chance = &self.app.app.chance;
        customers::NewCustomer {
            id: CustomerId(chance.uuid_v4()),
            entra_tenant_id: EntraTenantId(chance.uuid_v4()),
            domain: "new.example".to_owned(),
            name: "New".to_owned(),
            name_verified: false,
            account_manager: None,
            standing: standing(),
        }
    }
}

fn standing() -> Standing {
    Standing {
        state: State::Onboarded,
        whose_move: WhoseMove::Nobody,
        next_move: "customers-next-send-link".to_owned(),
        steps_done: 7,
        steps_total: 7,
    }
}

fn declaration(at: &At<'_>) -> Declaration {
    Declaration {
        by: "Somebody".to_owned(),
        at: at.later(),
        proof: "another proof".to_owned(),
        about: Vec::new(),
    }
}

/// Whether each sees anything of the provider's.
#[expect(clippy::too_many_lines, reason = "one entry per function")]
pub fn looks() -> Vec<Act> {
    let mut all = access_stores::looks();
    all.extend(reading_stores::looks());
    all.extend(acts! {
        "onboarding::observations" => |tx, at| !onboarding::observations(tx, &[at.ready()]).await?.is_empty();
        "audit::list" => |tx, _at| !audit::store::list(tx, &audit::store::Filter::default()).await?.0.is_empty();
        "audit::actions" => |tx, _at| !audit::store::actions(tx).await?.is_empty();
        "audit::people" => |tx, _at| !audit::store::people(tx).await?.is_empty();
        "audit::walk_past" => |tx, _at| audit::verify::walk_past(tx, &[]).await?.sound > 0;
        "audit::walk" => |tx, _at| audit::verify::walk(tx).await?.sound > 0;
        "consent::all" => |tx, at| !consent::all(tx, at.ready()).await?.is_empty();
        "consent::open_links" => |tx, at| !consent::open_links(tx, at.ready(), at.now()).await?.is_empty();
        "consent::declined" => |tx, at| !consent::declined(tx, at.ready()).await?.is_empty();
        "consent::asked" => |tx, at| {
            consent::asked(tx, at.ready(), AppKind::Operator, at.now()).await? != Asked::Not
        };
        "consent::is_spent" => |tx, at| {
            consent::is_spent(tx, at.ready(), &state_of(at.ready(), AppKind::Reader)).await?.is_some()
        };
        "customers::standing_of" => |tx, at| customers::standing_of(tx, at.ready()).await?.is_some();
        "customers::find" => |tx, at| customers::find(tx, at.ready()).await?.is_some();
        "customers::list" => |tx, _at| {
            !customers::list(tx, &customers::Filter::default()).await?.rows.is_empty()
        };
        "customers::counts" => |tx, _at| {
            let moves = [WhoseMove::Us, WhoseMove::Customer, WhoseMove::Microsoft, WhoseMove::Nobody];
            let counts = customers::counts(tx, &[], &moves).await?;
            moves.iter().any(|whose| !counts.moving(*whose).is_none())
        };
        "customers::any" => |tx, _at| customers::any(tx).await?;
        "customers::contacts" => |tx, at| !customers::contacts(tx, at.ready()).await?.is_empty();
        "customers::managers" => |tx, _at| !customers::managers(tx).await?.is_empty();
        "customers::is_customer" => |tx, at| customers::is_customer(tx, at.of.proposed.tenant).await?;
        "customers::links" => |tx, at| !customers::links(tx, at.ready()).await?.is_empty();
        "health::kinds" => |tx, at| !health::kinds(tx, at.now()).await?.is_empty();
        "health::causes" => |tx, _at| !health::causes(tx).await?.is_empty();
        "health::failed" => |tx, _at| !health::failed(tx, &health::Filter::default()).await?.0.is_empty();
        "health::kept" => |tx, _at| !health::kept(tx).await?.is_empty();
        "health::failing" => |tx, _at| health::failing(tx).await?.0 > 0;
        "health::unknown_codes" => |tx, _at| !health::unknown_codes(tx).await?.is_empty();
        "health::slowest" => |tx, _at| !health::slowest(tx).await?.is_empty();
        "onboarding::current_blueprint" => |tx, at| onboarding::current_blueprint(tx, at.now()).await?.0 == 2;
        "onboarding::blueprint" => |tx, _at| onboarding::blueprint(tx, 2).await?.is_some();
        "onboarding::blueprints" => |tx, _at| !onboarding::blueprints(tx).await?.is_empty();
        "onboarding::blueprint_version" => |tx, _at| onboarding::blueprint_version(tx, 2).await?.is_some();
        "onboarding::onboarded" => |tx, _at| onboarding::onboarded(tx).await? > 0;
        "onboarding::past_tiers" => |tx, _at| !onboarding::past_tiers(tx).await?.is_empty();
        "onboarding::facts" => |tx, at| {
            let facts = onboarding::facts(tx, at.ready()).await?;
            !(facts.owned.is_empty() && facts.declared.is_empty() && facts.answers.is_empty())
        };
        "onboarding::unreadable" => |tx, at| onboarding::unreadable(tx, at.ready()).await?.is_some();
        "onboarding::observation" => |tx, at| onboarding::observation(tx, at.ready()).await?.is_some();
        "onboarding::observation_held" => |tx, at| onboarding::observation_held(tx, at.ready()).await?.is_some();
        "onboarding::stored_plan" => |tx, at| onboarding::stored_plan(tx, at.ready()).await?.is_some();
        "onboarding::plan_of_run" => |tx, at| onboarding::plan_of_run(tx, at.run()).await?.is_some();
        "onboarding::latest_run" => |tx, at| onboarding::latest_run(tx, at.failed()).await?.is_some();
        "onboarding::open_run" => |tx, at| onboarding::open_run(tx, at.failed()).await?.is_some();
        "onboarding::run_steps" => |tx, at| !onboarding::run_steps(tx, at.run()).await?.is_empty();
        "onboarding::frozen" => |tx, at| onboarding::frozen(tx, at.run()).await?.is_some();
        "onboarding::sent" => |tx, at| !onboarding::sent(tx, at.run(), &at.group()).await?.unanswered().is_empty();
        "onboarding::log_lines" => |tx, at| !onboarding::log_lines(tx, at.run(), None).await?.is_empty();
        "onboarding::moved" => |tx, at| {
            onboarding::moved(tx, at.ready(), at.now() - chrono::TimeDelta::days(1)).await?.is_some()
        };
        "people::list" => |tx, _at| !people::list(tx, "", None).await?.0.is_empty();
        "people::find" => |tx, at| people::find(tx, at.person()).await?.is_some();
        "people::given" => |tx, at| !people::given(tx, at.person()).await?.is_empty();
        "people::oneself" => |tx, at| !people::oneself(tx, at.person()).await?.his.is_empty();
        "people::addresses" => |tx, at| !people::addresses(tx, at.person()).await?.is_empty();
        "people::seen_asking" => |tx, at| {
            let name = format!("{} Analyst", at.of.word);
            people::seen_asking(tx, &name, &address_of(at.of.word)).await?
        };
        "providers::credential" => |tx, at| {
            providers::credential(tx, &at.app.app.seal, AppKind::Reader).await?.is_some()
        };
        "providers::next" => |tx, _at| providers::next(tx, AppKind::Reader).await?.is_some();
        "providers::next_credential" => |tx, at| {
            providers::next_credential(tx, &at.app.app.seal, AppKind::Reader).await?.is_some()
        };
        "providers::sign_in_tenant" => |tx, _at| providers::sign_in_tenant(tx).await?.is_some();
        "providers::provider" => |tx, at| providers::provider(tx).await?.name.contains(at.of.word);
        "providers::apps" => |tx, _at| !providers::apps(tx).await?.is_empty();
        "sign_in::known" => |tx, at| sign_in::known(tx, &at.identity()).await?.is_some();
        "sign_in::slug" => |tx, at| sign_in::slug(tx).await? == at.of.slug;
        "today::pressing" => |tx, at| !today::pressing(tx, at.now()).await?.all.is_none();
        "kit::in_view" => |tx, at| in_view(tx, at.ready()).await?;
        "kit::due" => |tx, at| {
            let due = reading::due(tx, at.ready(), reading::ALERTS, at.now() + chrono::TimeDelta::hours(1)).await?;
            due.is_some_and(|due| due.failures > 0)
        };
    });
    all.extend(deciding::looks());
    all.extend(notices::looks());
    all
}

/// Each changes something of the provider's, where it is let.
#[expect(clippy::too_many_lines, reason = "one entry per function")]
pub fn writes() -> Vec<Act> {
    let mut all = access_stores::writes();
    all.extend(reading_stores::writes());
    all.extend(acts! {
        "consent::keep" => |tx, at| {
            let found = consent::Found {
                granted: false,
                permissions: Vec::new(),
                missing: vec!["changed".to_owned()],
                cause: "changed".to_owned(),
                detail: String::new(),
            };
            consent::keep(tx, at.ready(), AppKind::Reader, &found, at.later()).await.map(|_| true)?
        };
        "consent::keep_link" => |tx, at| {
            consent::keep_link(tx, at.ready(), AppKind::Operator, "state", at.later()).await?
        };
        "consent::decline" => |tx, at| {
            consent::decline(tx, at.ready(), &state_of(at.ready(), AppKind::Reader), at.later()).await?
        };
        "consent::spend_links" => |tx, at| {
            consent::spend_links(tx, at.ready(), AppKind::Operator, at.later()).await.map(|()| true)?
        };
        "customers::add" => |tx, at| {
            customers::add(tx, &at.new_customer(), at.now()).await.map(|()| true)?
        };
        "customers::set_details" => |tx, at| {
            customers::set_details(tx, at.ready(), "changed", None).await.map(|()| true)?
        };
        "customers::set_notes" => |tx, at| customers::set_notes(tx, at.ready(), "changed").await.map(|()| true)?;
        "customers::set_tags" => |tx, at| {
            customers::set_tags(tx, at.ready(), &["changed".to_owned()]).await.map(|()| true)?
        };
        "customers::pause" => |tx, at| {
            customers::pause(tx, at.ready(), "changed", at.now()).await.map(|()| true)?
        };
        "customers::resume" => |tx, at| customers::resume(tx, at.ready(), at.later()).await.map(|()| true)?;
        "customers::set_contacts" => |tx, at| {
            let text = || "changed".to_owned();
            let contact = Contact { name: text(), mail: text(), phone: text(), role: text() };
            customers::set_contacts(tx, &at.app.app.chance, at.ready(), &[contact]).await.map(|()| true)?
        };
        "customers::wake_all" => |tx, at| customers::wake_all(tx, at.ready(), at.later()).await.map(|()| true)?;
        "customers::link_sent" => |tx, at| customers::link_sent(tx, at.of.new, at.later()).await.map(|()| true)?;
        "customers::set_standing" => |tx, at| {
            customers::set_standing(tx, at.ready(), &standing(), at.later()).await.map(|()| true)?
        };
        "customers::set_identity" => |tx, at| {
            let domain = "changed.example".to_owned();
            let told = customers::Identity {
                name: "changed".to_owned(),
                domains: vec![domain.clone()],
                default_domain: Some(domain),
            };
            customers::set_identity(tx, at.of.new, &told).await?.is_some()
        };
        "health::again" => |tx, at| health::again(tx, at.ready(), WORK, at.later()).await?;
        "health::again_all" => |tx, at| health::again_all(tx, WORK, CAUSE, at.later()).await? > 0;
        "onboarding::save_blueprint" => |tx, at| {
            let (_, blueprint) = onboarding::current_blueprint(tx, at.now()).await?;
            onboarding::save_blueprint(tx, 3, &blueprint, "changed", at.now()).await?
        };
        "onboarding::declare" => |tx, at| {
            let step = StepKey::from(StepKind::DeviceGroups);
            onboarding::declare(tx, at.ready(), &step, &declaration(at)).await.map(|()| true)?
        };
        "onboarding::forget" => |tx, at| {
            onboarding::forget(tx, at.ready(), &StepKey::from(StepKind::Rbac)).await?
        };
        "onboarding::set_unreadable" => |tx, at| {
            onboarding::set_unreadable(tx, at.ready(), "changed", at.later()).await.map(|()| true)?
        };
        "onboarding::set_readable" => |tx, at| onboarding::set_readable(tx, at.ready()).await?;
        "onboarding::answer_beside" => |tx, at| {
            onboarding::answer_beside(tx, at.ready(), &at.group(), at.later()).await.map(|()| true)?
        };
        "onboarding::forget_answers" => |tx, at| {
            onboarding::forget_answers(tx, at.ready(), &at.group().to_string()).await?
        };
        "onboarding::set_administrator" => |tx, at| {
            let text = || "changed".to_owned();
            let id = ObjectId(at.app.app.chance.uuid_v4());
            let administrator = Administrator { id, name: text(), principal_name: text() };
            onboarding::set_administrator(tx, at.ready(), &administrator, at.later()).await.map(|()| true)?
        };
        "onboarding::set_rbac" => |tx, at| {
            onboarding::set_rbac(tx, at.ready(), Rbac::Classic, at.later()).await.map(|()| true)?
        };
        "onboarding::adopt" => |tx, at| {
            onboarding::adopt(tx, at.ready(), &at.group(), "changed", at.later()).await.map(|()| true)?
        };
        "onboarding::own" => |tx, at| {
            onboarding::own(tx, at.ready(), "unknown-object", "changed", at.later()).await.map(|()| true)?
        };
        "onboarding::store_link" => |tx, at| {
            let link = ("changed", "changed", "https://changed.example");
            onboarding::store_link(tx, at.ready(), "tier1", link, None, at.later()).await.map(|()| true)?
        };
        "onboarding::keep_observation" => |tx, at| {
            let seen = mssp_portal::onboarding::observation::Observation::default();
            onboarding::keep_observation(tx, at.ready(), &seen, at.later()).await.map(|()| true)?
        };
        "onboarding::keep_meaning" => |tx, at| {
            let seen = mssp_portal::onboarding::observation::Observation::default();
            onboarding::keep_meaning(tx, at.ready(), &seen, at.later()).await.map(|()| true)?
        };
        "onboarding::propose" => |tx, at| {
            let plan = mssp_portal::onboarding::plan::plan(
                &Default::default(),
                &Default::default(),
                &onboarding::facts(tx, at.ready()).await?,
            );
            let id = PlanId(at.app.app.chance.uuid_v4());
            onboarding::propose(tx, at.ready(), id, (1, &plan), at.later()).await?
        };
        "onboarding::supersede" => |tx, at| onboarding::supersede(tx, at.ready()).await.map(|()| true)?;
        "onboarding::approve" => |tx, at| {
            onboarding::approve(tx, at.ready(), at.of.proposed.plan, at.later()).await?
        };
        "onboarding::start_run" => |tx, at| {
            let (run, of) = (RunId(at.app.app.chance.uuid_v4()), (at.ready(), at.of.proposed.plan));
            onboarding::start_run(tx, run, of, &[at.group()], at.later()).await?
        };
        "onboarding::begin_step" => |tx, at| {
            onboarding::begin_step(tx, at.run(), &at.group(), at.later()).await.map(|()| true)?
        };
        "onboarding::end_step" => |tx, at| {
            let end = (&at.group(), RunStepState::Done);
            onboarding::end_step(tx, at.run(), end, None, at.later()).await.map(|()| true)?
        };
        "onboarding::mark_sending" => |tx, at| {
            onboarding::mark_sending(tx, at.run(), &at.group(), "member", at.later()).await.map(|()| true)?
        };
        "onboarding::mark_refused" => |tx, at| {
            onboarding::mark_refused(tx, at.run(), &at.group(), "group").await.map(|()| true)?
        };
        "onboarding::mark_wrote" => |tx, at| {
            let (id, before, after) = (None, json!(null), json!({ "name": "New" }));
            let wrote = Wrote { what: "group", id, before, after };
            onboarding::mark_wrote(tx, at.run(), &at.group(), &wrote, at.later()).await.map(|()| true)?
        };
        "onboarding::step_found" => |tx, at| {
            let found = json!({ "name": "New" });
            onboarding::step_found(tx, at.run(), &at.group(), &found).await.map(|()| true)?
        };
        "onboarding::resume_steps" => |tx, at| {
            !onboarding::resume_steps(tx, at.run(), at.later()).await?.is_empty()
        };
        "onboarding::skip_steps" => |tx, at| !onboarding::skip_steps(tx, at.run(), "group").await?.is_empty();
        "onboarding::retry_steps" => |tx, at| onboarding::retry_steps(tx, at.run(), None).await? > 0;
        "onboarding::set_run_state" => |tx, at| {
            onboarding::set_run_state(tx, at.run(), RunState::Cancelled, at.later()).await?
        };
        "onboarding::log" => |tx, at| {
            onboarding::log(tx, at.run(), ("", "retry"), &[], at.later()).await.map(|()| true)?
        };
        "people::set_sees_all" => |tx, at| people::set_sees_all(tx, at.person(), false).await.map(|()| true)?;
        "people::give" => |tx, at| people::give(tx, at.person(), at.ready()).await?;
        "people::take" => |tx, at| people::take(tx, at.person(), at.failed()).await?;
        "people::disable" => |tx, at| {
            people::disable(tx, at.person(), "changed", at.now()).await.map(|()| true)?
        };
        "people::enable" => |tx, at| people::enable(tx, at.of.shut_out).await.map(|()| true)?;
        "people::say" => |tx, at| {
            people::say(tx, at.person(), "changed@analysts.example", false, at.now()).await.map(|()| true)?
        };
        "people::unsay" => |tx, at| {
            people::unsay(tx, at.person(), &address_of(at.of.word)).await.map(|()| true)?
        };
        "providers::set_provider" => |tx, _at| {
            let settings = providers::Settings {
                name: "changed".to_owned(),
                analyst_tenant: None,
                analyst_domain: None,
                analyst_mail_domains: vec!["changed.example".to_owned()],
                default_language: "nl".to_owned(),
                new_people_see_all: false,
                keep_requests_days: Some(400),
                keeps_refresh_tokens: true,
            };
            providers::set_provider(tx, &settings).await.map(|()| true)?
        };
        "providers::set_verified_domains" => |tx, _at| {
            let analysts = providers::provider(tx).await?.analyst_tenant.unwrap_or_default();
            providers::set_verified_domains(tx, EntraTenantId(analysts), &["changed.example".to_owned()]).await?
        };
        "providers::set_client_id" => |tx, at| {
            let id = at.app.app.chance.uuid_v4().to_string();
            providers::set_client_id(tx, AppKind::Reader, &id, at.later()).await?
        };
        "providers::release_client_id" => |tx, at| {
            let held = providers::apps(tx).await?.into_iter().find(|row| row.app == "reader");
            let held = held.map(|row| row.client_id).unwrap_or_default().parse().unwrap_or_default();
            providers::release_client_id(tx, held, at.later()).await?.is_some()
        };
        "providers::set_proof" => |tx, at| {
            let proof =
                providers::NewProof { kind: "secret", certificate: None, not_after: None, sealed: vec![1] };
            providers::set_proof(tx, AppKind::Reader, &proof, at.later()).await.map(|()| true)?
        };
        "providers::set_next" => |tx, at| {
            let proof =
                providers::NewProof { kind: "secret", certificate: None, not_after: None, sealed: vec![1] };
            providers::set_next(tx, AppKind::Approver, &proof, at.later()).await?
        };
        "providers::set_next_checked" => |tx, at| {
            let said = json!({ "ok": false });
            providers::set_next_checked(tx, AppKind::Reader, at.now(), &said, at.later()).await.map(|()| true)?
        };
        "providers::take_next" => |tx, at| {
            providers::take_next(tx, &at.app.app.seal, AppKind::Reader, at.now(), at.later()).await?
        };
        "providers::drop_next" => |tx, _at| providers::drop_next(tx, AppKind::Reader).await?;
        "providers::set_checked" => |tx, at| {
            providers::set_checked(tx, AppKind::Reader, &json!({ "ok": false }), at.later()).await.map(|()| true)?
        };
        "sign_in::without_roles" => |tx, at| sign_in::without_roles(tx, at.person()).await.map(|()| true)?;
        "sign_in::meet" => |tx, at| {
            sign_in::meet(tx, at.later(), at.person(), &at.identity(), &[]).await.map(|_| true)?
        };
        "sign_in::choose" => |tx, at| {
            sign_in::choose(tx, at.person(), Some("nl"), Some("dark")).await.map(|()| true)?
        };
        "kit::done" => |tx, at| {
            let (due, kept) = (reading::Due::default(), reading::Kept { changed: true, watermark: None, rest: None });
            let chance = &at.app.app.chance;
            reading::done(tx, chance, at.ready(), reading::ALERTS, (&due, &kept), at.later()).await.map(|()| true)?
        };
        "kit::failed" => |tx, at| {
            let (due, problem) = (reading::Due::default(), json!({ "cause": "changed" }));
            let told = (&due, &problem, None);
            let chance = &at.app.app.chance;
            reading::failed(tx, chance, at.ready(), reading::ALERTS, told, at.later()).await.map(|()| true)?
        };
        "kit::hurry" => |tx, at| reading::hurry(tx, at.ready(), &[], at.now()).await.map(|()| true)?;
        "kit::forget" => |tx, at| reading::forget(tx, at.ready(), reading::ASSIGNMENTS).await?;
        "kit::wake" => |tx, at| work::wake(tx, at.ready(), "another", at.now()).await.map(|()| true)?;
        "kit::tell" => |tx, at| {
            let (customer, about) = (at.ready(), "changed".to_owned());
            let told = Happening { kind: Kind::Drifted, customer, about, facts: json!({}) };
            happening::tell(tx, &told, at.later()).await?
        };
        "kit::sweep" => |tx, at| session::sweep(tx, at.now() + chrono::TimeDelta::days(1)).await? > 0;
        "kit::sleep" => |tx, at| work::sleep(tx, at.ready()).await.map(|()| true)?;
        "kit::open" => |tx, at| {
            let app = &at.app.app;
            session::open(tx, &app.clock, &app.chance, at.person(), "changed").await.map(|_| true)?
        };
    });
    all.extend(deciding::writes());
    all.extend(notices::writes());
    all
}
