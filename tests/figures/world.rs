//! A provider's world of any size, as years of work leave it. Rows are laid directly: what is measured is reading them.

use mssp_portal::kit::ids::ProviderId;
use mssp_portal::kit::right::Role;
use sqlx::{AssertSqlSafe, raw_sql};

use crate::support::app::{Person, TestApp};

pub struct World {
    pub app: TestApp,
    /// Sees every customer.
    pub everyone: Person,
    /// Sees a hundred of them.
    pub some: Person,
    pub customers: i64,
}

/// Historic requests of each customer.
pub const REQUESTS_EACH: i64 = 20;

impl World {
    pub async fn of(customers: i64) -> Self {
        let app = TestApp::offline().await;
        let provider = app.provider("contoso").await;
        let roles = [Role::Admin, Role::Onboarding, Role::Approver, Role::AccountManager, Role::Auditor];
        let everyone = app.person(provider, "Everyone", &roles, true).await;
        let some = app.person(provider, "Some", &roles, false).await;
        let mut world = Self { app, everyone, some, customers };
        world.lay(provider).await;
        world
    }

    /// Text in braces is filled in: the provider, the people, how many.
    async fn run(&self, provider: ProviderId, sql: &str) {
        let sql = sql
            .replace("{provider}", &format!("'{provider}'::uuid"))
            .replace("{everyone}", &format!("'{}'::uuid", self.everyone.id))
            .replace("{some}", &format!("'{}'::uuid", self.some.id))
            .replace("{customers}", &self.customers.to_string())
            .replace("{each}", &REQUESTS_EACH.to_string())
            .replace("{now}", "'2026-11-23T12:00:00Z'::timestamptz");
        raw_sql(AssertSqlSafe(sql)).execute(&self.app.owner).await.unwrap();
    }

    async fn lay(&mut self, provider: ProviderId) {
        for part in [CUSTOMERS, REQUESTS] {
            self.run(provider, part).await;
        }
        raw_sql("analyze").execute(&self.app.owner).await.unwrap();
    }
}

/// Ids are made of numbers, so that parts find each other: customer 17 is md5('c17').
const CUSTOMERS: &str = "
insert into customer (provider_id, customer_id, entra_tenant_id, domain, name, name_verified, sort_name, account_manager,
                      state, whose_move, since, next_move, steps_done, steps_total, open_requests, next_expiry, read_at,
                      created_at, onboarded_at)
select {provider}, md5('c' || n)::uuid, md5('t' || n)::uuid, 'firm-' || n || '.example', 'Firm ' || n || ' Holding', true,
       'firm ' || lpad(n::text, 6, '0') || ' holding', case when n % 100 = 0 then {everyone} end,
       (array['onboarded', 'onboarded', 'onboarded', 'plan-ready', 'manual-step', 'consent-wanted', 'drifted'])[1 + n % 7],
       (array['nobody', 'nobody', 'nobody', 'us', 'customer', 'customer', 'us'])[1 + n % 7],
       {now} - n * interval '1 minute', 'customers-next-none', n % 17, 17, (n % 50 = 0)::integer,
       {now} + (n % 365) * interval '1 day', {now} - interval '1 minute', {now} - interval '400 days',
       case when n % 7 < 3 then {now} - interval '300 days' end
  from generate_series(1, {customers}) n;
insert into customer_word (provider_id, word, customer_id)
select {provider}, w, md5('c' || n)::uuid
  from generate_series(1, {customers}) n, unnest(array['firm', n::text, 'holding', 'example']) w;
insert into customer_tag (provider_id, customer_id, tag)
select {provider}, md5('c' || n)::uuid, (array['gold', 'silver', 'bronze'])[1 + n % 3] from generate_series(1, {customers}) n;
insert into person_customer (provider_id, person_id, customer_id)
select {provider}, {some}, md5('c' || n * ({customers} / 100))::uuid from generate_series(1, 100) n;
insert into consent (provider_id, customer_id, app, state, since)
select {provider}, md5('c' || n)::uuid, 'reader', 'granted', {now} - interval '300 days' from generate_series(1, {customers}) n;
insert into work (provider_id, customer_id, kind, due_at, rank_at, outcome, ended_at, done_at)
select {provider}, md5('c' || n)::uuid, k, {now} + interval '30 seconds', {now} + interval '45 seconds', 'done',
       {now} - interval '15 seconds', {now} - interval '15 seconds'
  from generate_series(1, {customers}) n, unnest(array['requests', 'look', 'consent']) k;
insert into link (provider_id, customer_id, package, package_id, name, url, made_at, decide_within)
select {provider}, md5('c' || n)::uuid, p, md5(p || n), initcap(p), 'https://myaccess.example/' || n || p, {now}, 1209600
  from generate_series(1, {customers}) n, unnest(array['approvers', 'tier1', 'tier2']) p;
";

/// One in fifty waits for a decision; of the others some failed and some nobody decided.
const REQUESTS: &str = "
insert into access_request (provider_id, customer_id, request_id, state, status, request_type, package, package_id,
       package_name, requestor_name, requestor_mail, justification, created_at, denied_at, completed_at, first_seen_at,
       read_at, decision, decision_from, decided_at, decider_name, waited_until, failed_at)
select {provider}, md5('c' || n)::uuid, md5('r' || n || '-' || k)::uuid::text, s.state, s.state, 'UserAdd', 'tier1',
       md5('tier1' || n), 'Tier1', 'Analyst ' || (n * 7 + k) % 500, 'analyst' || (n * 7 + k) % 500 || '@soc.example', 'On call',
       s.asked, s.asked + interval '14 days', s.ended, s.asked, s.asked, s.decision, s.way, s.ended,
       case when s.way = 'log' then 'Anna' else '' end, s.ended, case when s.state = 'deliveryFailed' then s.ended end
  from generate_series(1, {customers}) n, generate_series(1, {each}) k,
       lateral (select {now} - interval '1 day' * (10 + ((n * 31 + k * 137) % 2500)) as past, (n * {each} + k) % 50 as turn) t,
       lateral (select case when turn = 0 then {now} - interval '1 hour' * (n % 300) else past end as asked,
                       case when turn = 0 then null else past + interval '1 day' end as ended,
                       case turn when 0 then 'pendingApproval' when 1 then 'deliveryFailed' when 2 then 'denied'
                                 else 'delivered' end as state,
                       case turn when 0 then '' when 2 then 'denied' else 'approved' end as decision,
                       case turn when 0 then '' when 2 then 'nobody' else 'log' end as way) s;
";
