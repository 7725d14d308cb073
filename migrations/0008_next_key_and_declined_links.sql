-- A key that waits beside the one in use until it has proven itself; links that were superseded or declined; what the
-- browser of a customer's administrator does is told as his. Runs as portal_owner; an old portal goes on beside it.

-- The next proof of an app: sealed like the one in use, which it replaces only once it works or an admin says so.
alter table app_registration
    add column next_proof       text check (next_proof in ('certificate', 'secret')),
    add column next_certificate bytea,
    add column next_not_after   timestamptz,
    add column next_sealed      bytea,
    add column next_made_at     timestamptz,
    add column next_checked_at  timestamptz,
    add column next_outcome     jsonb,
    add constraint next_is_whole
        check (num_nulls(next_proof, next_sealed, next_made_at) in (0, 3)
               and (next_proof is not null or num_nonnulls(next_certificate, next_not_after, next_checked_at,
                                                           next_outcome) = 0));

-- A newer link was made: this one is not counted as out any more, but who comes back by it has the consent checked.
alter table consent_link
    add column superseded_at timestamptz,
    add column declined_at   timestamptz;

-- A customer's administrator, who came back by a link of ours and is nobody here.
alter table audit_event drop constraint audit_event_actor_kind_check;
alter table audit_event add constraint audit_event_actor_kind_check
    check (actor_kind in ('', 'person', 'stranger', 'work', 'command-line', 'browser'));

-- Finds whose state it is, whatever became of the link, and has the consent checked unless it was proven by it.
create or replace function door_consent(wanted bytea, at timestamptz)
returns table (provider_id uuid, customer_id uuid, app text)
language sql volatile security definer set search_path = pg_catalog, public
as $$
    with found as (
        select l.provider_id, l.customer_id, l.app, l.spent_at
          from consent_link l
         where l.state_hash = wanted and l.ends_at > at
    ), woken as (
        insert into work (provider_id, customer_id, kind, due_at, rank_at)
        select f.provider_id, f.customer_id, 'consent', at, at from found f where f.spent_at is null
        on conflict (provider_id, customer_id, kind) do update
           set due_at = least(coalesce(work.due_at, excluded.due_at), excluded.due_at),
               rank_at = least(coalesce(work.rank_at, excluded.rank_at), excluded.rank_at),
               woken = work.leased_until is not null, attempts = 0, failures = 0
        returning 1
    )
    select f.provider_id, f.customer_id, f.app from found f
$$;
