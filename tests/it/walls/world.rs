//! Providers with a row in every table behind the walls. Every text of theirs holds a word of their own, so that it
//! is seen at once when another reads it.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use mssp_portal::access_requests::model::{Key, PENDING, ReadRequest, Verdict};
use mssp_portal::access_requests::store::{self as requests, Begun, Intent, Kept};
use mssp_portal::connections::model::Account;
use mssp_portal::connections::store::{self as connections, Attempt, Made};
use mssp_portal::customers::consent::store::{self as consent, Found};
use mssp_portal::customers::model::Contact;
use mssp_portal::customers::{self, State};
use mssp_portal::kit::audit::Event;
use mssp_portal::kit::chance::Chance;
use mssp_portal::kit::happening::{self, Happening, Kind};
use mssp_portal::kit::ids::{CustomerId, EntraTenantId, ObjectId, PersonId, PlanId, ProviderId, RunId};
use mssp_portal::kit::reading;
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::{Scope, Tx};
use mssp_portal::kit::session::{self, Session};
use mssp_portal::kit::work;
use mssp_portal::onboarding::facts::{Administrator, Declaration, Rbac};
use mssp_portal::onboarding::observation::{Observation, Preflight, SeenGroup};
use mssp_portal::onboarding::replan::replan;
use mssp_portal::onboarding::step::{StepKey, StepKind};
use mssp_portal::onboarding::store::{self as onboarding, RunState, RunStepState};
use mssp_portal::people::store as people;
use mssp_portal::providers::store::{self as providers, NewProof};
use mssp_portal::providers::{AppKind, certificate, next_place_of, place_of};
use mssp_portal::sign_in::oidc::Secrets;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row, raw_sql};
use uuid::Uuid;

use super::holders::{approvers_read, has_access, holders_are_ours};
use super::notices::{self, Notices};
use crate::support::app::{Person, TestApp};

/// Kind and cause of the failing work that each customer has.
pub const WORK: &str = "requests";
pub const CAUSE: &str = "throttled";

/// How far a customer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// A plan stands proposed, nothing was asked before.
    Proposed,
    /// The plan's run stands at a step that failed.
    FailedRun,
}

/// A customer with everything that a customer can have.
#[derive(Clone, Copy, Debug)]
pub struct Furnished {
    pub id: CustomerId,
    pub tenant: EntraTenantId,
    pub plan: PlanId,
    pub run: RunId,
    /// Whoever holds packages there, another entry that may be the same, and his removal.
    pub holder: Uuid,
    pub twin: Uuid,
    pub leaver: Uuid,
}

/// A provider of this installation, and the word that stands in all his texts.
pub struct Furniture {
    pub provider: ProviderId,
    pub slug: &'static str,
    pub word: &'static str,
    /// Everything, for everybody of his customers.
    pub everyone: Person,
    /// Somebody who sees only the customer with the failed run.
    pub other: PersonId,
    /// Somebody who may not come in any more.
    pub shut_out: PersonId,
    pub proposed: Furnished,
    pub failed: Furnished,
    /// A customer that was only added.
    pub new: CustomerId,
    /// A signed webhook, a rule, a message that could not be sent, and a snooze of the proposed customer.
    pub notices: Notices,
}

/// A provider with four apps, people, a blueprint of his own and two customers.
pub async fn provider(app: &TestApp, slug: &'static str, word: &'static str) -> Furniture {
    let provider = app.provider(slug).await;
    sqlx::query!(
        "update provider set name = $2, analyst_tenant = $3, sign_in_tenant = $3 where provider_id = $1",
        provider.0,
        format!("{word} SOC"),
        app.app.chance.uuid_v4(),
    )
    .execute(&app.owner)
    .await
    .unwrap();
    let everyone = app.person(provider, &format!("{word} Everyone"), &Role::ALL, true).await;
    // He is signed in elsewhere too.
    app.session(provider, everyone.id).await;
    let mut tx = begin(app, provider).await;
    let now = app.app.clock.now();
    let made = certificate::make(word, now).unwrap();
    for kind in AppKind::ALL {
        assert!(
            providers::set_client_id(&mut tx, kind, &app.app.chance.uuid_v4().to_string(), now)
                .await
                .unwrap()
        );
        let sealed = app.app.seal.seal(&place_of(provider, kind, "certificate"), &made.key_pem).unwrap();
        let (der, not_after) = (Some(made.der.clone()), Some(made.not_after));
        let proof = NewProof { kind: "certificate", certificate: der, not_after, sealed };
        providers::set_proof(&mut tx, kind, &proof, now).await.unwrap();
        providers::set_checked(&mut tx, kind, &json!({ "ok": true }), now).await.unwrap();
    }
    for kind in [AppKind::Reader, AppKind::Operator] {
        let sealed = app.app.seal.seal(&next_place_of(provider, kind, "certificate"), &made.key_pem).unwrap();
        let (der, not_after) = (Some(made.der.clone()), Some(made.not_after));
        let proof = NewProof { kind: "certificate", certificate: der, not_after, sealed };
        assert!(providers::set_next(&mut tx, kind, &proof, now).await.unwrap());
    }
    let (version, blueprint) = onboarding::current_blueprint(&mut tx, now).await.unwrap();
    onboarding::save_blueprint(&mut tx, version + 1, &blueprint, word, now).await.unwrap();
    people::say(&mut tx, everyone.id, &address_of(word), true, now).await.unwrap();
    tx.commit(&app.app.clock, Event::new("blueprint.saved").why(word)).await.unwrap();
    let proposed = customer(app, provider, word, Under::Proposed).await;
    let failed = customer(app, provider, word, Under::FailedRun).await;
    give(app, provider, everyone.id, failed.id).await;
    let other = app.person(provider, &format!("{word} Other"), &[Role::Approver], false).await.id;
    give(app, provider, other, failed.id).await;
    for id in [proposed.id, failed.id] {
        deciding(app, provider, (&everyone, id), word).await;
    }
    let shut_out = app.person(provider, &format!("{word} Former"), &[], true).await.id;
    let mut tx = begin(app, provider).await;
    people::disable(&mut tx, shut_out, word, now).await.unwrap();
    tx.commit(&app.app.clock, Event::new("person.disabled").why(word)).await.unwrap();
    let new = app.customer(provider, &format!("{word} New")).await;
    sqlx::query!("update customer set name_verified = false where customer_id = $1", new.0)
        .execute(&app.owner)
        .await
        .unwrap();
    // A figure that is to be counted anew, and a customer who was onboarded once.
    sqlx::query!(
        "update customer set open_requests = 99, onboarded_at = created_at, next_expiry = created_at where customer_id = $1",
        failed.id.0
    )
    .execute(&app.owner)
    .await
    .unwrap();
    let notices = notices::furnish(app, provider, word, everyone.id, (other, proposed.id)).await;
    Furniture { provider, slug, word, everyone, other, shut_out, proposed, failed, new, notices }
}

/// The state of the customer's link to this app. That of the operator was declined.
pub fn state_of(customer: CustomerId, app: AppKind) -> String {
    format!("state of {customer} {}", app.key())
}

/// Where the provider's analyst asks from.
pub fn address_of(word: &str) -> String {
    format!("{}@analysts.example", word.to_lowercase())
}

pub async fn begin(app: &TestApp, provider: ProviderId) -> Tx {
    Scope::of_command_line(provider).begin(&app.app.db).await.unwrap()
}

/// The live session behind this cookie.
pub async fn session(app: &TestApp, person: &Person) -> Session {
    let secret = person.cookie.split_once('=').unwrap().1;
    session::find(&app.app.db, &app.app.clock, secret).await.unwrap().unwrap()
}

/// The state of a way to Microsoft that is under way.
pub fn way_of(customer: CustomerId) -> String {
    format!("way to {customer}")
}

/// What was sent at once about this customer.
pub fn batch_of(customer: CustomerId) -> Uuid {
    customer.0
}

/// Whoever is connected to the customer, about to be so again, on a request, and has decided on it without an answer.
async fn deciding(app: &TestApp, provider: ProviderId, (person, id): (&Person, CustomerId), word: &str) {
    let now = app.app.clock.now();
    let session = session(app, person).await;
    let mut tx = begin(app, provider).await;
    let made = Made {
        entra_tenant_id: EntraTenantId(app.app.chance.uuid_v4()),
        account: Account { oid: word.to_owned(), name: word.to_owned(), mail: address_of(word) },
        access: word.into(),
        refresh: None,
        expires_at: now + TimeDelta::hours(1),
    };
    connections::keep(&mut tx, &app.app.seal, &session, id, (&made, now)).await.unwrap();
    let secrets = Secrets { nonce: word.to_owned(), verifier: word.to_owned() };
    let attempt = Attempt { customer: id, secrets, silent: false, back: "/".to_owned() };
    connections::keep_attempt(&mut tx, &app.app.seal, &session, (&way_of(id), now), &attempt).await.unwrap();
    let key = Key { customer: id, request: format!("{word}-{PENDING}") };
    assert!(requests::claim(&mut tx, &key, person.id, now).await.unwrap());
    let intent = Intent {
        batch: batch_of(id),
        key: &key,
        person: person.id,
        verdict: Verdict::Approve,
        reason: word,
        account: word,
    };
    assert_eq!(requests::intend(&mut tx, &intent, now).await.unwrap(), Begun::Yes);
    tx.commit_bookkeeping("a test's own world").await.unwrap();
}

/// The customer is one of those that this person sees.
pub async fn give(app: &TestApp, provider: ProviderId, person: PersonId, customer: CustomerId) {
    let mut tx = begin(app, provider).await;
    assert!(people::give(&mut tx, person, customer).await.unwrap());
    tx.commit(&app.app.clock, Event::new("person.customer-given").of(customer)).await.unwrap();
}

/// A customer of this provider with a row in every table that a customer can have rows in.
pub async fn customer(app: &TestApp, provider: ProviderId, word: &str, under: Under) -> Furnished {
    let (clock, chance, now) = (&app.app.clock, &app.app.chance, app.app.clock.now());
    let id = app.customer(provider, &format!("{word} {}", chance.token())).await;
    holders_are_ours(app, provider).await;
    let mut tx = begin(app, provider).await;
    kept_by_people(app, &mut tx, id, word).await;
    let granted = Found {
        granted: true,
        permissions: vec![word.to_owned()],
        missing: Vec::new(),
        cause: String::new(),
        detail: word.to_owned(),
    };
    consent::keep(&mut tx, id, AppKind::Reader, &granted, now).await.unwrap();
    for kind in [AppKind::Operator, AppKind::Reader] {
        assert!(consent::keep_link(&mut tx, id, kind, &state_of(id, kind), now).await.unwrap());
    }
    let later = now + TimeDelta::minutes(1);
    assert!(consent::decline(&mut tx, id, &state_of(id, AppKind::Operator), later).await.unwrap());
    asked_for(&mut tx, id, word, now).await;
    let seen = Observation {
        organization: format!("{word} of {id}"),
        domains: vec![format!("{}.example", word.to_lowercase())],
        hint: format!("{}.example", word.to_lowercase()),
        preflight: Preflight { licence: true, defender_p2: true, ..Preflight::default() },
        ..Observation::default()
    };
    onboarding::keep_observation(&mut tx, id, &seen, now).await.unwrap();
    let (holder, twin, leaver) = has_access(app, &mut tx, id, word).await;
    engine_facts(app, &mut tx, id, word).await;
    replan(&mut tx, &app.app, id).await.unwrap().unwrap();
    let plan = onboarding::stored_plan(&mut tx, id).await.unwrap().unwrap();
    assert_eq!(plan.plan.questions().count(), 0, "nothing is left to ask");
    let run = RunId::new(clock, chance);
    if under == Under::FailedRun {
        let steps: Vec<StepKey> = plan.plan.acts().map(|step| step.key.clone()).collect();
        assert!(onboarding::approve(&mut tx, id, plan.id, now).await.unwrap());
        assert!(onboarding::start_run(&mut tx, run, (id, plan.id), &steps, now).await.unwrap());
        onboarding::begin_step(&mut tx, run, &steps[0], now).await.unwrap();
        let problem = json!({ "cause": CAUSE, "request": word });
        let end = (&steps[0], RunStepState::Failed);
        onboarding::step_found(&mut tx, run, &steps[0], &json!({ "name": word })).await.unwrap();
        onboarding::end_step(&mut tx, run, end, Some(&problem), now).await.unwrap();
        // One that a process left in the middle, and one whose write nobody answered.
        onboarding::begin_step(&mut tx, run, &steps[1], now).await.unwrap();
        onboarding::mark_sending(&mut tx, run, &steps[2], "group", now).await.unwrap();
        onboarding::set_run_state(&mut tx, run, RunState::Failed, now).await.unwrap();
        let said = [("name", word.to_owned())];
        onboarding::log(&mut tx, run, ("", "approved"), &said, now).await.unwrap();
    }
    if under == Under::FailedRun {
        approvers_read(app, &mut tx, id, &seen, word).await;
    }
    if under == Under::Proposed {
        // Read since: something bears one of our names, and nobody was asked about it yet.
        let (_, blueprint) = onboarding::current_blueprint(&mut tx, now).await.unwrap();
        let theirs = SeenGroup {
            id: ObjectId(chance.uuid_v4()),
            name: blueprint.tiers[0].group.name.clone(),
            unique_name: String::new(),
            usable: true,
            members: Vec::new(),
            owners: vec![word.to_owned()],
            owned_by: Vec::new(),
        };
        let seen = Observation { groups: vec![theirs], ..seen };
        onboarding::keep_observation(&mut tx, id, &seen, now).await.unwrap();
    }
    work::wake(&mut tx, id, WORK, now).await.unwrap();
    let odd = json!({ "unknown": true, "code": word, "call": word, "request": word });
    mssp_portal::kit::unknown::count(&mut tx, id, &odd, now).await.unwrap();
    let facts = json!({ "who": format!("{word} Analyst"), "why": word });
    let told = Happening { kind: Kind::RequestPending, customer: id, about: word.to_owned(), facts };
    assert!(happening::tell(&mut tx, &told, now).await.unwrap());
    let event = Event::new("customer.notes-changed").of(id).before(word).after(word).why(word);
    tx.commit_all(clock, vec![event, Event::new("customer.refreshed").of(id)]).await.unwrap();
    failing(app, provider, id, word).await;
    let tenant = sqlx::query_scalar!("select entra_tenant_id from customer where customer_id = $1", id.0);
    let tenant = EntraTenantId(tenant.fetch_one(&app.owner).await.unwrap());
    Furnished { id, tenant, plan: plan.id, run, holder, twin, leaver }
}

/// The customer's work failed the last time, some time after it ended well.
async fn failing(app: &TestApp, provider: ProviderId, id: CustomerId, word: &str) {
    let now = app.app.clock.now();
    sqlx::query!(
        "update work set outcome = 'failed', failures = 2, problem = $2, done_at = $4
          where customer_id = $1 and kind = $3",
        id.0,
        json!({ "cause": CAUSE, "detail": word }),
        WORK,
        now - TimeDelta::hours(2)
    )
    .execute(&app.owner)
    .await
    .unwrap();
    // A table that only a portal of before writes.
    sqlx::query!(
        "insert into access_request_reading (provider_id, customer_id, read_at) values ($1, $2, $3)",
        provider.0,
        id.0,
        now
    )
    .execute(&app.owner)
    .await
    .unwrap();
}

async fn kept_by_people(app: &TestApp, tx: &mut Tx, id: CustomerId, word: &str) {
    let contact = Contact {
        name: format!("{word} Contact"),
        mail: format!("{word}@contact.example"),
        phone: word.to_owned(),
        role: word.to_owned(),
    };
    customers::store::set_contacts(tx, &app.app.chance, id, &[contact]).await.unwrap();
    customers::store::set_notes(tx, id, &format!("Notes of {word}")).await.unwrap();
    customers::store::set_tags(tx, id, &[word.to_owned()]).await.unwrap();
    let manager = customers::store::managers(tx).await.unwrap()[0].0;
    let name = format!("{word} {}", id.0.simple());
    customers::store::set_details(tx, id, &name, Some(manager)).await.unwrap();
    let standing = customers::Standing {
        state: State::PlanReady,
        whose_move: customers::WhoseMove::Us,
        next_move: "onboarding-next-approve".to_owned(),
        steps_done: 1,
        steps_total: 2,
    };
    customers::store::set_standing(tx, id, &standing, app.app.clock.now()).await.unwrap();
}

/// A pending request and one that was decided.
async fn asked_for(tx: &mut Tx, id: CustomerId, word: &str, now: chrono::DateTime<chrono::Utc>) {
    let request = |state: &str| ReadRequest {
        id: format!("{word}-{state}"),
        state: state.to_owned(),
        status: word.to_owned(),
        request_type: "userAdd".to_owned(),
        package_id: word.to_owned(),
        package_name: format!("{word} package"),
        requestor_name: format!("{word} Analyst"),
        requestor_mail: address_of(word),
        // Whoever leaves has asked for more.
        requestor_oid: if state == PENDING { format!("holder-{id}") } else { word.to_owned() },
        justification: format!("Because of {word}"),
        created_at: now,
        ..ReadRequest::default()
    };
    let (waits, decided) = (request(PENDING), request("delivered"));
    let kept = [&waits, &decided].map(|read| Kept {
        read,
        package: "tier1",
        denied_at: Some(now + TimeDelta::hours(12)),
    });
    requests::keep(tx, id, &kept, now).await.unwrap();
    requests::count_open(tx, id).await.unwrap();
    let due = reading::Due::default();
    let problem = json!({ "cause": CAUSE, "detail": word });
    reading::failed(tx, &Chance::seeded(1), id, reading::ALERTS, (&due, &problem, None), now).await.unwrap();
    let kept = reading::Kept { changed: true, watermark: Some(now), rest: None };
    reading::done(tx, &Chance::seeded(1), id, reading::ASSIGNMENTS, (&due, &kept), now).await.unwrap();
    let link = format!("https://myaccess.example/{word}");
    let package = (word, word, link.as_str());
    onboarding::store_link(tx, id, "tier1", package, Some(3600), now).await.unwrap();
}

async fn engine_facts(app: &TestApp, tx: &mut Tx, id: CustomerId, word: &str) {
    let now = app.app.clock.now();
    let administrator = Administrator {
        id: ObjectId(app.app.chance.uuid_v4()),
        name: format!("{word} Admin"),
        principal_name: format!("admin@{word}.example"),
    };
    onboarding::set_administrator(tx, id, &administrator, now).await.unwrap();
    let declared =
        Declaration { by: word.to_owned(), at: now, proof: format!("Seen by {word}"), about: Vec::new() };
    onboarding::declare(tx, id, &StepKey::from(StepKind::Rbac), &declared).await.unwrap();
    onboarding::set_rbac(tx, id, Rbac::Unified, now).await.unwrap();
    onboarding::set_unreadable(tx, id, "bad-credential", now).await.unwrap();
    onboarding::answer_beside(tx, id, &StepKey::new(StepKind::Group, "tier2"), now).await.unwrap();
    onboarding::own(tx, id, "unknown-object", word, now).await.unwrap();
}

/// Names of all tables that row security guards.
pub async fn walled(connection: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar!(
        r#"select c.relname::text as "name!" from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relrowsecurity
            order by 1"#
    )
    .fetch_all(connection)
    .await
    .unwrap()
}

/// By table: number of rows, and a sum that changes with any of them.
pub type Held = BTreeMap<String, (i64, String)>;

/// What every guarded table holds of these providers, as far as this connection sees it.
pub async fn held_by(connection: &mut PgConnection, providers: &[ProviderId]) -> Held {
    let ids: Vec<String> = providers.iter().map(|id| format!("'{id}'")).collect();
    let one = |table: &String| {
        format!(
            "select '{table}', count(*), coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '') \
               from {table} t where provider_id in ({})",
            ids.join(", ")
        )
    };
    let sql = walled(connection).await.iter().map(one).collect::<Vec<_>>().join(" union all ");
    let rows = raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect()
}

/// The same by the versions of rows instead of their content: cheap where many are compared, in one database only.
pub async fn versions(owner: &PgPool, providers: &[ProviderId]) -> Held {
    let mut connection = owner.acquire().await.unwrap();
    let ids: Vec<String> = providers.iter().map(|id| format!("'{id}'")).collect();
    let one = |table: &String| {
        format!(
            "select '{table}', count(*), concat(sum(t.xmin::text::bigint), ' to ', max(t.xmin::text::bigint)) \
               from {table} t where provider_id in ({})",
            ids.join(", ")
        )
    };
    let sql = walled(&mut connection).await.iter().map(one).collect::<Vec<_>>().join(" union all ");
    let rows = raw_sql(AssertSqlSafe(sql)).fetch_all(&mut *connection).await.unwrap();
    rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect()
}

/// The tables that do not hold the same.
pub fn changed<'a>(before: &'a Held, after: &Held) -> Vec<&'a str> {
    before
        .iter()
        .filter(|(table, held)| after.get(*table) != Some(held))
        .map(|(table, _)| table.as_str())
        .collect()
}

/// The same as the owner sees it, who sees everything.
pub async fn held(owner: &PgPool, providers: &[ProviderId]) -> Held {
    held_by(&mut owner.acquire().await.unwrap(), providers).await
}

/// A random id that nothing has.
pub fn nothing() -> Uuid {
    Uuid::from_u128(0x1234)
}
