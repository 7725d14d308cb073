-- Which due work comes first: what somebody waits for at its due time, what comes round by itself some patience later.
-- So no backlog of readings delays an approved run, and no stream of urgent work starves the readings.
alter table work add column rank_at timestamptz;
update work set rank_at = due_at;
alter table work add constraint work_ranked check (due_at is null or (rank_at is not null and rank_at >= due_at));
create index work_rank on work (provider_id, rank_at) where rank_at is not null;
grant update (rank_at), insert (rank_at) on work to portal_door;

create or replace function door_consent(wanted bytea, at timestamptz)
returns table (provider_id uuid, customer_id uuid, app text)
language sql volatile security definer set search_path = pg_catalog, public
as $$
    with found as (
        select l.provider_id, l.customer_id, l.app
          from consent_link l
         where l.state_hash = wanted and l.ends_at > at and l.spent_at is null
    ), woken as (
        insert into work (provider_id, customer_id, kind, due_at, rank_at)
        select f.provider_id, f.customer_id, 'consent', at, at from found f
        on conflict (provider_id, customer_id, kind) do update
           set due_at = least(coalesce(work.due_at, excluded.due_at), excluded.due_at),
               rank_at = least(coalesce(work.rank_at, excluded.rank_at), excluded.rank_at),
               woken = work.leased_until is not null, attempts = 0, failures = 0
        returning 1
    )
    select f.provider_id, f.customer_id, f.app from found f
$$;

-- Claims due work, the most urgent of each provider first: fair between providers, then between customers; each row
-- counted and fenced at the claim. A customer's patient work waits while two pieces of his are under way, or one if it
-- failed last: a tenant that answers slowly or never takes few places.
create or replace function door_claim_work(at timestamptz, lease_until timestamptz, most integer,
                                           max_attempts integer, kinds text[])
returns table (provider_id uuid, customer_id uuid, kind text, fence bigint, attempts integer, failures integer,
               was_due timestamptz)
language sql volatile security definer set search_path = pg_catalog, public
as $$
    with nearest as (
        select n.*
          from provider p
          cross join lateral (
            select w.provider_id, w.customer_id, w.kind, w.rank_at
              from work w
             where w.provider_id = p.provider_id and w.rank_at is not null and w.due_at <= at
               and (w.leased_until is null or w.leased_until <= at)
               and w.attempts < max_attempts and w.kind = any (kinds)
               and (w.rank_at = w.due_at
                    or (select count(*) from work o
                         where o.provider_id = w.provider_id and o.customer_id = w.customer_id
                           and o.leased_until > at) < case when w.failures > 0 then 1 else 2 end)
             order by w.rank_at
             limit greatest(4 * most, 64)
          ) n
    ), turns as (
        select n.*, row_number() over (partition by n.provider_id, n.customer_id order by n.rank_at) as turn
          from nearest n
    ), fair as (
        select t.*, row_number() over (partition by t.provider_id order by t.turn, t.rank_at) as round
          from turns t
    ), picked as (
        select w.provider_id, w.customer_id, w.kind
          from work w
          join fair f on f.provider_id = w.provider_id and f.customer_id = w.customer_id and f.kind = w.kind
         where w.due_at <= at and (w.leased_until is null or w.leased_until <= at) and w.attempts < max_attempts
         order by f.round, f.rank_at
         limit most
           for update of w skip locked
    )
    update work w
       set leased_until = lease_until, fence = w.fence + 1, attempts = w.attempts + 1, started_at = at,
           woken = false
      from picked p
     where w.provider_id = p.provider_id and w.customer_id = p.customer_id and w.kind = p.kind
    returning w.provider_id, w.customer_id, w.kind, w.fence, w.attempts, w.failures, w.due_at
$$;
