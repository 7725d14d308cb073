-- Deciding in place: an approver's own connection to a customer, what he meant to decide and what became of it, who is
-- on a request; the tabs of the list of requests. Runs as portal_owner; an old portal goes on beside it.

-- Whether approvers' connections may be kept alive by refresh tokens.
alter table provider add column keeps_refresh_tokens boolean not null default false;

-- On the way to Microsoft and back: belongs to one session, and dies with it.
create table connection_attempt (
    provider_id     uuid not null,
    state_hash      bytea not null,
    session_hash    bytea not null,
    person_id       uuid not null,
    customer_id     uuid not null,
    sealed_verifier bytea not null,
    -- Without a page of Microsoft's: it either goes through or does not.
    silent          boolean not null,
    back            text not null,
    ends_at         timestamptz not null,
    primary key (provider_id, state_hash),
    foreign key (provider_id, session_hash) references session on delete cascade,
    foreign key (provider_id, person_id) references person on delete cascade,
    foreign key (provider_id, customer_id) references customer on delete cascade
);
create index connection_attempt_of on connection_attempt (provider_id, session_hash);

-- A person's own sign-in to a customer's directory. It belongs to one session, and dies with it.
create table connection (
    provider_id     uuid not null,
    session_hash    bytea not null,
    customer_id     uuid not null,
    person_id       uuid not null,
    entra_tenant_id uuid not null,
    -- His object id in that directory, where he may be a guest.
    oid             text not null,
    account_name    text not null,
    account_mail    text not null,
    sealed_access   bytea not null,
    -- Only where the provider lets refresh tokens be kept.
    sealed_refresh  bytea,
    connected_at    timestamptz not null,
    expires_at      timestamptz not null,
    primary key (provider_id, session_hash, customer_id),
    foreign key (provider_id, session_hash) references session on delete cascade,
    foreign key (provider_id, person_id) references person on delete cascade,
    foreign key (provider_id, customer_id) references customer on delete cascade
);
create index connection_of on connection (provider_id, person_id);

-- What a person meant to decide: kept before Microsoft is asked, and what became of it. A batch is one sending of one
-- form: the same form sent twice is the same decision.
create table decision (
    provider_id  uuid not null,
    batch_id     uuid not null,
    customer_id  uuid not null,
    request_id   text not null,
    person_id    uuid not null,
    verdict      text not null check (verdict in ('approve', 'deny')),
    reason       text not null default '',
    -- wanted: a form asks for it, its turn has not come; intended: kept, Microsoft not asked yet; sent: on its way; accepted and refused: Microsoft said so; unknown: no
    -- usable answer came; settled: what became of an unknown one was read.
    state        text not null check (state in ('wanted', 'intended', 'sent', 'accepted', 'refused', 'unknown', 'settled')),
    -- Why it was refused, or as what it was settled: a key of the catalogue.
    outcome      text not null default '',
    -- Microsoft's words, with the request id.
    detail       text not null default '',
    account_mail text not null default '',
    intended_at  timestamptz not null,
    sent_at      timestamptz,
    ended_at     timestamptz,
    primary key (provider_id, batch_id, customer_id, request_id),
    foreign key (provider_id, person_id) references person,
    foreign key (provider_id, customer_id, request_id) references access_request on delete cascade
);
-- While one is open, nobody decides beside it.
create unique index decision_open on decision (provider_id, customer_id, request_id)
    where state in ('intended', 'sent', 'unknown');
create index decision_of_request on decision (provider_id, customer_id, request_id, intended_at);

-- "I am on it".
create table request_claim (
    provider_id uuid not null,
    customer_id uuid not null,
    request_id  text not null,
    person_id   uuid not null,
    claimed_at  timestamptz not null,
    until       timestamptz not null,
    primary key (provider_id, customer_id, request_id),
    foreign key (provider_id, person_id) references person on delete cascade,
    foreign key (provider_id, customer_id, request_id) references access_request on delete cascade
);

do $$
declare name text;
begin
    foreach name in array array['connection_attempt', 'connection', 'decision', 'request_claim'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy wall on %I for all to portal_app '
            'using (provider_id = (select nullif(current_setting(''portal.provider_id'', true), '''')::uuid)) '
            'with check (provider_id = (select nullif(current_setting(''portal.provider_id'', true), '''')::uuid))',
            name);
        execute format('create policy owner_rows on %I for all to portal_owner using (true) with check (true)', name);
        execute format('grant select, insert, update, delete on %I to portal_app', name);
    end loop;
end $$;

-- Nobody decided in time: the customer's audit log says so, or, while it does not, the time that was over.
create index access_request_expired on access_request (provider_id, waited_until desc, customer_id, request_id)
    where decision = 'denied' and (decision_from = 'nobody'
          or (decision_from = '' and coalesce(waited_until >= denied_at, false))) and waited_until is not null;
create index access_request_asked on access_request (provider_id, created_at, customer_id, request_id)
    where state = 'pendingApproval';
