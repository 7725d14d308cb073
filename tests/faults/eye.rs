//! Looks into the portal's database past its walls: everything of one provider as JSON.

#![expect(clippy::disallowed_methods, reason = "looks past the walls, at what no room asks for")]

use mssp_portal::kit::ids::ProviderId;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool, query_scalar, raw_sql};

/// The first column of the only row, as JSON. `$1` is the provider.
pub async fn ask(owner: &PgPool, provider: ProviderId, sql: &'static str) -> Value {
    let text: Option<String> = query_scalar(sql).bind(provider.0).fetch_one(owner).await.unwrap();
    text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
}

pub async fn run(owner: &PgPool, sql: String) {
    raw_sql(AssertSqlSafe(sql)).execute(owner).await.unwrap();
}

/// Where every customer stands, and what waits for a person there.
pub async fn standing(owner: &PgPool, provider: ProviderId) -> Value {
    ask(
        owner,
        provider,
        "select json_agg(x)::text from (
                select c.customer_id, c.entra_tenant_id, c.state, c.whose_move, c.next_move,
                       (select p.plan_id from plan p where p.provider_id = c.provider_id
                           and p.customer_id = c.customer_id and p.state = 'proposed') as plan,
                       (select json_build_object('run', r.run_id, 'state', r.state) from run r
                         where r.provider_id = c.provider_id and r.customer_id = c.customer_id
                           and r.state not in ('done', 'cancelled')) as run,
                       (select json_agg(s.problem ->> 'cause') from run_step s join run r using (provider_id, run_id)
                         where r.provider_id = c.provider_id and r.customer_id = c.customer_id
                           and r.state = 'failed' and s.state = 'failed') as causes,
                       (select json_object_agg(o.object, o.graph_id) from owned_object o
                         where o.provider_id = c.provider_id and o.customer_id = c.customer_id) as owned,
                       (select o.read_at from observation o where o.provider_id = c.provider_id
                           and o.customer_id = c.customer_id) as read_at,
                       (select l.url from link l where l.provider_id = c.provider_id
                           and l.customer_id = c.customer_id and l.package = 'approvers') as linked,
                       (select json_object_agg(k.app, k.state) from consent k
                         where k.provider_id = c.provider_id and k.customer_id = c.customer_id) as consent,
                       (select json_agg(json_build_object('kind', w.kind, 'due', w.due_at, 'leased', w.leased_until,
                               'outcome', w.outcome, 'problem', w.problem, 'attempts', w.attempts)) from work w
                         where w.provider_id = c.provider_id and w.customer_id = c.customer_id) as work
                  from customer c where c.provider_id = $1 order by c.customer_id) x",
    )
    .await
}
