-- Reading at scale: when each part of a customer was read and is due next; requests followed to their end and kept, with
-- who decided them. Runs as portal_owner; an old portal goes on beside it.

-- By part: 'requests', 'assignments', 'reviews', 'alerts', 'audit', … A part that is read in every turn and does not
-- change writes nothing here: the age of its data is the work's `done_at`.
create table reading (
    provider_id uuid not null,
    customer_id uuid not null,
    part        text not null check (length(part) between 1 and 40),
    -- When it was read last, and when something in it had changed.
    read_at     timestamptz,
    changed_at  timestamptz,
    -- When it is due next; null: in every turn.
    due_at      timestamptz,
    -- Up to where it was read, by Microsoft's own times.
    watermark   timestamptz,
    failures    integer not null default 0,
    -- Why it failed the last time; null: it did not.
    problem     jsonb,
    primary key (provider_id, customer_id, part),
    foreign key (provider_id, customer_id) references customer on delete cascade
);
create index reading_failing on reading (provider_id, customer_id, part) where failures > 0;

do $$
declare
    name text;
begin
    foreach name in array array['reading'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy wall on %I for all to portal_app
            using (provider_id = (select nullif(current_setting(''portal.provider_id'', true), '''')::uuid))
            with check (provider_id = (select nullif(current_setting(''portal.provider_id'', true), '''')::uuid))', name);
        execute format('create policy owner_rows on %I for all to portal_owner using (true) with check (true)', name);
        execute format('grant select, insert, update, delete on %I to portal_app', name);
    end loop;
end $$;

-- When the work ended well the last time: written with its outcome, so the age of what was read costs no write of its own.
alter table work add column done_at timestamptz;
update work w set done_at = g.read_at
  from access_request_reading g
 where w.provider_id = g.provider_id and w.customer_id = g.customer_id and w.kind = 'requests';
comment on table access_request_reading is 'Not written any more (work.done_at); goes once no portal of before runs.';

alter table access_request
    -- Who decided, as the customer's audit log or our own approver tells; empty: not known (yet).
    add column decider_name    text not null default '',
    add column decider_mail    text not null default '',
    add column decider_oid     text not null default '',
    add column decided_at      timestamptz,
    add column decision        text not null default '' check (decision in ('', 'approved', 'denied')),
    -- 'here', or as the log tells: by a person, or by nobody (an automatic denial or approval).
    add column decision_from   text not null default '' check (decision_from in ('', 'here', 'log', 'nobody')),
    add column decision_reason text not null default '',
    add column answers         jsonb not null default '[]',
    -- Of the requestor: the connected organization's id.
    add column organization    text not null default '',
    -- The end that was asked for.
    add column ends_at         timestamptz,
    -- Since when Microsoft lists it no more.
    add column gone_at         timestamptz,
    -- When the directory first said that it does not know it; a second time is believed.
    add column missed_at       timestamptz,
    add column failed_at       timestamptz,
    add column assignment_id   text not null default '',
    -- When it stopped waiting for a decision: as Microsoft tells, else when we saw it. Set once.
    add column waited_until    timestamptz;
update access_request set waited_until = coalesce(completed_at, read_at), failed_at = case
        when state in ('deliveryFailed', 'partiallyDelivered') then coalesce(completed_at, read_at) end,
       gone_at = case when state = 'gone' then read_at end,
       decision = case when state = 'denied' then 'denied'
                       when state in ('delivering', 'delivered', 'partiallyDelivered', 'deliveryFailed')
                            and lower(request_type) in ('useradd', 'userupdate', 'userextend', '') then 'approved'
                       else '' end
 where state <> 'pendingApproval';

-- History, over all customers and of one.
create index access_request_history on access_request (provider_id, waited_until desc, customer_id, request_id)
    where waited_until is not null;
create index access_request_history_of on access_request (provider_id, customer_id, waited_until desc, request_id)
    where waited_until is not null;
create index access_request_failed on access_request (provider_id, failed_at, customer_id, request_id)
    where failed_at is not null;
create index access_request_by_nobody on access_request (provider_id, waited_until desc, customer_id, request_id)
    where decision_from = 'nobody' and decision = 'denied';
-- What is followed until it is final, and what lacks who decided it.
create index access_request_open_of on access_request (provider_id, customer_id)
    where gone_at is null and state not in ('delivered', 'denied', 'canceled', 'deliveryFailed',
                                            'partiallyDelivered', 'gone');
create index access_request_undecided on access_request (provider_id, customer_id, waited_until)
    where decision <> '' and decision_from = '';

-- How long requests are kept once they are final: 7 years unless the provider says otherwise.
alter table provider add column keep_requests_days integer not null default 2557
    check (keep_requests_days between 30 and 36525);
