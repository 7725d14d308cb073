-- The house: providers, their people and customers, the engine's journal, background work, audit.
-- Runs as portal_owner. The roles portal_owner, portal_app and portal_door exist before (design: "The walls").
-- provider_id leads every primary and foreign key of a provider-owned table.

-- Providers and their staff ---------------------------------------------------------------------------------

create table provider (
    provider_id      uuid primary key,
    slug             text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{1,40}$'),
    name             text not null check (length(name) between 1 and 120),
    mail_domains     text[] not null default '{}',
    -- Exact issuer of the sign-in tenant, e.g. https://login.microsoftonline.com/{tid}/v2.0
    sign_in_issuer   text not null,
    sign_in_tenant   uuid,
    analyst_tenant   uuid,
    analyst_domain   text,
    default_language text not null default 'en' check (default_language in ('en', 'nl')),
    -- Whether somebody who signs in first sees every customer at once, or none until an admin gives him some.
    new_people_see_all boolean not null default true,
    created_at       timestamptz not null
);

create table app_registration (
    provider_id   uuid not null references provider,
    app           text not null check (app in ('sign-in', 'reader', 'operator', 'approver')),
    client_id     text not null,
    proof         text not null check (proof in ('certificate', 'secret', 'federated')),
    -- DER of the certificate whose key the portal made; null for a secret.
    certificate   bytea,
    not_after     timestamptz,
    -- AEAD: private key in PKCS#8 PEM, client secret, or path of the federated token file.
    sealed_proof  bytea,
    checked_at    timestamptz,
    check_outcome jsonb,
    changed_at    timestamptz not null,
    primary key (provider_id, app)
);
-- A client id belongs to one provider, and to one of its apps.
create unique index app_registration_client on app_registration (provider_id, client_id) where client_id <> '';

create table person (
    provider_id  uuid not null references provider,
    person_id    uuid not null,
    -- Identity is (issuer's directory, object id); mail and name are for display only.
    identity_tid text not null,
    identity_oid text not null,
    name         text not null,
    mail         text not null default '',
    roles        text[] not null default '{}',
    language     text check (language in ('en', 'nl')),
    theme        text not null default 'auto' check (theme in ('auto', 'light', 'dark')),
    sees_all     boolean not null default true,
    disabled_at  timestamptz,
    disabled_reason text,
    created_at   timestamptz not null,
    seen_at      timestamptz not null,
    primary key (provider_id, person_id),
    unique (provider_id, identity_tid, identity_oid)
);

create table session (
    provider_id  uuid not null,
    session_hash bytea not null,
    person_id    uuid not null,
    roles        text[] not null,
    created_at   timestamptz not null,
    seen_at      timestamptz not null,
    ends_at      timestamptz not null,
    user_agent   text not null default '',
    primary key (provider_id, session_hash),
    foreign key (provider_id, person_id) references person on delete cascade
);
create unique index session_by_hash on session (session_hash);

-- A sign-in under way: nobody is known yet, so it belongs to no wall. Holds hashes and sealed values only.
create table sign_in_attempt (
    state_hash      bytea primary key,
    browser_hash    bytea not null,
    provider_id     uuid not null references provider,
    sealed_verifier bytea not null,
    back            text not null,
    ends_at         timestamptz not null
);
create index sign_in_attempt_ends on sign_in_attempt (ends_at);

-- Customers -------------------------------------------------------------------------------------------------

create table customer (
    provider_id     uuid not null references provider,
    customer_id     uuid not null,
    entra_tenant_id uuid not null,
    domain          text not null,
    name            text not null check (length(name) between 1 and 200),
    name_verified   boolean not null default false,
    sort_name       text not null,
    account_manager uuid,
    notes           text not null default '',
    -- Standing, derived by the engine after each reading; kept here so that lists need one table.
    state           text not null,
    whose_move      text not null check (whose_move in ('us', 'customer', 'microsoft', 'nobody')),
    since           timestamptz not null,
    next_move       text not null default '',
    steps_done      integer not null default 0,
    steps_total     integer not null default 0,
    open_requests   integer not null default 0,
    next_expiry     timestamptz,
    read_at         timestamptz,
    paused_at       timestamptz,
    paused_by       uuid,
    paused_reason   text,
    created_at      timestamptz not null,
    primary key (provider_id, customer_id),
    unique (provider_id, entra_tenant_id),
    foreign key (provider_id, account_manager) references person (provider_id, person_id),
    foreign key (provider_id, paused_by) references person (provider_id, person_id)
);
create index customer_by_name  on customer (provider_id, sort_name, customer_id);
create index customer_by_since on customer (provider_id, since, customer_id);
create index customer_by_state on customer (provider_id, state, sort_name, customer_id);
create index customer_by_move  on customer (provider_id, whose_move, since, customer_id);
create index customer_by_manager on customer (provider_id, account_manager, sort_name, customer_id);
create index customer_by_expiry on customer (provider_id, next_expiry, customer_id);

-- Search: lower-case words of name, domain and tags. Prefix by range, since LIKE keeps no index under row security.
create table customer_word (
    provider_id uuid not null,
    word        text collate "C" not null,
    customer_id uuid not null,
    primary key (provider_id, word, customer_id),
    foreign key (provider_id, customer_id) references customer on delete cascade
);
create index customer_word_of on customer_word (provider_id, customer_id);

create table customer_tag (
    provider_id uuid not null,
    customer_id uuid not null,
    tag         text not null check (length(tag) between 1 and 40),
    primary key (provider_id, customer_id, tag),
    foreign key (provider_id, customer_id) references customer on delete cascade
);
create index customer_tag_by_tag on customer_tag (provider_id, tag, customer_id);

create table customer_contact (
    provider_id uuid not null,
    customer_id uuid not null,
    contact_id  uuid not null,
    name        text not null check (length(name) between 1 and 120),
    mail        text not null default '',
    phone       text not null default '',
    role        text not null default '',
    primary key (provider_id, customer_id, contact_id),
    foreign key (provider_id, customer_id) references customer on delete cascade
);

-- Which customers a person sees, where he does not see all.
create table person_customer (
    provider_id uuid not null,
    person_id   uuid not null,
    customer_id uuid not null,
    primary key (provider_id, person_id, customer_id),
    foreign key (provider_id, person_id) references person on delete cascade,
    foreign key (provider_id, customer_id) references customer on delete cascade
);
create index person_customer_by_customer on person_customer (provider_id, customer_id);

-- Consent of a customer to one of the provider's apps, as proven by the token endpoint.
create table consent (
    provider_id uuid not null,
    customer_id uuid not null,
    app         text not null check (app in ('reader', 'operator', 'approver')),
    state       text not null check (state in ('unknown', 'missing', 'partial', 'granted', 'lost')),
    since       timestamptz not null,
    permissions text[] not null default '{}',
    missing     text[] not null default '{}',
    cause       text not null default '',
    detail      text not null default '',
    checked_at  timestamptz,
    primary key (provider_id, customer_id, app),
    foreign key (provider_id, customer_id) references customer on delete cascade
);

create table consent_link (
    provider_id uuid not null,
    customer_id uuid not null,
    app         text not null check (app in ('reader', 'operator', 'approver')),
    state_hash  bytea not null,
    made_by     uuid not null,
    made_at     timestamptz not null,
    ends_at     timestamptz not null,
    spent_at    timestamptz,
    primary key (provider_id, customer_id, state_hash),
    foreign key (provider_id, customer_id) references customer on delete cascade
);
create unique index consent_link_by_state on consent_link (state_hash);

-- The engine ------------------------------------------------------------------------------------------------

create table blueprint (
    provider_id uuid not null references provider,
    version     integer not null,
    document    jsonb not null,
    made_by     uuid,
    made_at     timestamptz not null,
    why         text not null default '',
    primary key (provider_id, version)
);

create table observation (
    provider_id uuid not null,
    customer_id uuid not null,
    document    jsonb not null,
    fingerprint bytea not null,
    read_at     timestamptz not null,
    primary key (provider_id, customer_id),
    foreign key (provider_id, customer_id) references customer on delete cascade
);

-- What people declared: manual steps with proof, answers about adoption, the customer's named administrator.
create table fact (
    provider_id uuid not null,
    customer_id uuid not null,
    fact        text not null,
    value       jsonb not null,
    declared_by uuid,
    declared_at timestamptz not null,
    primary key (provider_id, customer_id, fact),
    foreign key (provider_id, customer_id) references customer on delete cascade
);

-- Objects in the customer's directory that are ours: made by us, or adopted by a person's answer.
create table owned_object (
    provider_id uuid not null,
    customer_id uuid not null,
    object      text not null,
    graph_id    text not null,
    adopted     boolean not null default false,
    since       timestamptz not null,
    primary key (provider_id, customer_id, object),
    foreign key (provider_id, customer_id) references customer on delete cascade
);

create table plan (
    provider_id       uuid not null,
    plan_id           uuid not null,
    customer_id       uuid not null,
    blueprint_version integer not null,
    document          jsonb not null,
    fingerprint       bytea not null,
    state             text not null check (state in ('proposed', 'approved', 'superseded')),
    made_at           timestamptz not null,
    approved_by       uuid,
    approved_at       timestamptz,
    primary key (provider_id, plan_id),
    foreign key (provider_id, customer_id) references customer on delete cascade,
    foreign key (provider_id, blueprint_version) references blueprint (provider_id, version)
);
create index plan_of_customer on plan (provider_id, customer_id, made_at desc);
create unique index plan_proposed on plan (provider_id, customer_id) where state = 'proposed';

create table run (
    provider_id uuid not null,
    run_id      uuid not null,
    customer_id uuid not null,
    plan_id     uuid not null,
    state       text not null check (state in ('running', 'waiting', 'failed', 'cancelling', 'cancelled', 'done')),
    started_by  uuid,
    started_at  timestamptz not null,
    changed_at  timestamptz not null,
    ended_at    timestamptz,
    primary key (provider_id, run_id),
    foreign key (provider_id, customer_id) references customer on delete cascade,
    foreign key (provider_id, plan_id) references plan
);
create index run_of_customer on run (provider_id, customer_id, started_at desc);
create unique index run_open on run (provider_id, customer_id)
    where state in ('running', 'waiting', 'failed', 'cancelling');

create table run_step (
    provider_id uuid not null,
    run_id      uuid not null,
    step        text not null,
    ordinal     integer not null,
    state       text not null,
    attempts    integer not null default 0,
    before      jsonb,
    after       jsonb,
    problem     jsonb,
    started_at  timestamptz,
    ended_at    timestamptz,
    primary key (provider_id, run_id, step),
    foreign key (provider_id, run_id) references run on delete cascade
);

create table run_log (
    provider_id uuid not null,
    run_id      uuid not null,
    seq         bigint not null,
    step        text not null default '',
    at          timestamptz not null,
    message     text not null,
    arguments   jsonb not null default '{}',
    primary key (provider_id, run_id, seq),
    foreign key (provider_id, run_id) references run on delete cascade
);

-- The durable My Access link of one package.
create table link (
    provider_id uuid not null,
    customer_id uuid not null,
    package     text not null,
    package_id  text not null,
    -- The package's display name.
    name        text not null,
    url         text not null,
    made_at     timestamptz not null,
    checked_at  timestamptz,
    alive       boolean not null default true,
    -- Seconds the approvers have, by the policy in force at the last reading; null where not known.
    decide_within bigint,
    primary key (provider_id, customer_id, package),
    foreign key (provider_id, customer_id) references customer on delete cascade
);

-- Requests --------------------------------------------------------------------------------------------------

create table access_request (
    provider_id      uuid not null,
    customer_id      uuid not null,
    request_id       text not null,
    state            text not null,
    status           text not null default '',
    request_type     text not null default '',
    package          text not null default '',
    package_id       text not null default '',
    package_name     text not null default '',
    requestor_name   text not null default '',
    requestor_mail   text not null default '',
    requestor_oid    text not null default '',
    justification    text not null default '',
    created_at       timestamptz not null,
    -- When Microsoft denies it by itself, from the policy in force; null where the policy is not known.
    denied_at        timestamptz,
    completed_at     timestamptz,
    first_seen_at    timestamptz not null,
    read_at          timestamptz not null,
    primary key (provider_id, customer_id, request_id),
    foreign key (provider_id, customer_id) references customer on delete cascade
);
create index access_request_open on access_request
    (provider_id, coalesce(denied_at, '9999-01-01 00:00:00+00'::timestamptz), customer_id, request_id)
    where state = 'pendingApproval';
create index access_request_changed on access_request (provider_id, read_at);

-- When a customer's requests were last read, whatever was found: the age of what the list shows of him.
create table access_request_reading (
    provider_id uuid not null,
    customer_id uuid not null,
    read_at     timestamptz not null,
    primary key (provider_id, customer_id),
    foreign key (provider_id, customer_id) references customer on delete cascade
);

-- Background work -------------------------------------------------------------------------------------------

create table work (
    provider_id  uuid not null,
    customer_id  uuid not null,
    kind         text not null,
    -- Null: asleep until somebody wakes it.
    due_at       timestamptz,
    -- Woken while it was leased: due again as soon as it comes back.
    woken        boolean not null default false,
    leased_until timestamptz,
    -- Raised at each claim; a holder of an older fence can write nothing.
    fence        bigint not null default 0,
    -- Claims since the work last came back: counted at the claim, so that a crash counts too.
    attempts     integer not null default 0,
    -- Known failures in a row, for the back-off.
    failures     integer not null default 0,
    started_at   timestamptz,
    ended_at     timestamptz,
    outcome      text not null default '',
    problem      jsonb,
    primary key (provider_id, customer_id, kind),
    foreign key (provider_id, customer_id) references customer on delete cascade
);
create index work_due on work (due_at);

-- Audit -----------------------------------------------------------------------------------------------------

create table audit_event (
    provider_id   uuid not null references provider,
    seq           bigint not null,
    at            timestamptz not null,
    actor         text not null,
    person_id     uuid,
    action        text not null,
    customer_id   uuid,
    -- The stored bytes are what is hashed: canonical JSON of everything above and of before, after and why.
    body          bytea not null,
    previous_hash bytea not null,
    hash          bytea not null,
    primary key (provider_id, seq)
);
create index audit_event_of_customer on audit_event (provider_id, customer_id, seq);
create index audit_event_of_person on audit_event (provider_id, person_id, seq);
create index audit_event_of_action on audit_event (provider_id, action, seq);

-- The walls -------------------------------------------------------------------------------------------------

do $$
declare
    name text;
begin
    foreach name in array array[
        'provider', 'app_registration', 'person', 'session', 'customer', 'customer_word', 'customer_tag',
        'customer_contact', 'person_customer', 'consent', 'consent_link', 'blueprint', 'observation', 'fact',
        'owned_object', 'plan', 'run', 'run_step', 'run_log', 'link', 'access_request', 'access_request_reading',
        'work', 'audit_event'
    ] loop
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

revoke update, delete on audit_event from portal_app;
revoke insert, delete on provider from portal_app;
revoke delete on person, plan, run from portal_app;
grant select, insert, delete on sign_in_attempt to portal_app;

do $$ begin
    -- Made by the migrator before the first migration; the portal reads it to know whether it may serve.
    if to_regclass('_sqlx_migrations') is not null then
        grant select on _sqlx_migrations to portal_app;
    end if;
end $$;

-- The door: the only ways to a row before the provider is known. Owned by portal_door, which may see just these.

create policy door on session          for select to portal_door using (true);
create policy door on person           for select to portal_door using (true);
create policy door on provider         for select to portal_door using (true);
create policy door on app_registration for select to portal_door using (app = 'sign-in');
create policy door on consent_link     for select to portal_door using (true);
create policy door_see  on work        for select to portal_door using (true);
create policy door_take on work        for update to portal_door using (true) with check (true);
create policy door_wake on work        for insert to portal_door with check (kind = 'consent');
grant select on session, person, provider, app_registration, consent_link, work to portal_door;
grant update (leased_until, fence, attempts, failures, started_at, due_at, woken) on work to portal_door;
grant insert (provider_id, customer_id, kind, due_at) on work to portal_door;

create function door_session(wanted bytea, at timestamptz, idle_since timestamptz)
returns table (provider_id uuid, provider_slug text, provider_name text, default_language text,
               person_id uuid, person_name text, person_mail text, person_language text, person_theme text,
               sees_all boolean, roles text[], seen_at timestamptz, identity_tid text, identity_oid text)
language sql stable security definer set search_path = pg_catalog, public
as $$
    select s.provider_id, v.slug, v.name, v.default_language, p.person_id, p.name, p.mail, p.language, p.theme,
           p.sees_all,
           -- A role taken away since ends in every open session.
           array(select r from unnest(s.roles) as r where r = any (p.roles)), s.seen_at, p.identity_tid, p.identity_oid
      from session s
      join person p on p.provider_id = s.provider_id and p.person_id = s.person_id
      join provider v on v.provider_id = s.provider_id
     where s.session_hash = wanted and s.ends_at > at and s.seen_at > idle_since and p.disabled_at is null
$$;

create function door_sign_in(wanted_slug text, wanted_domain text)
returns table (provider_id uuid, slug text, name text, default_language text, sign_in_issuer text,
               client_id text, proof text, certificate bytea, sealed_proof bytea)
language sql stable security definer set search_path = pg_catalog, public
as $$
    select v.provider_id, v.slug, v.name, v.default_language, v.sign_in_issuer,
           coalesce(a.client_id, ''), coalesce(a.proof, ''), a.certificate, a.sealed_proof
      from provider v
      left join app_registration a on a.provider_id = v.provider_id and a.app = 'sign-in'
     where v.slug = wanted_slug or (wanted_domain <> '' and wanted_domain = any (v.mail_domains))
       -- A domain that two providers claim leads to neither.
       and (wanted_domain = '' or v.slug = wanted_slug
            or not exists (select 1 from provider o where o.provider_id <> v.provider_id
                            and wanted_domain = any (o.mail_domains)))
     order by v.slug
     limit 1
$$;

-- A consent callback: finds whom the state belongs to and has his consent checked now. It decides nothing else.
create function door_consent(wanted bytea, at timestamptz)
returns table (provider_id uuid, customer_id uuid, app text)
language sql volatile security definer set search_path = pg_catalog, public
as $$
    with found as (
        select l.provider_id, l.customer_id, l.app
          from consent_link l
         where l.state_hash = wanted and l.ends_at > at and l.spent_at is null
    ), woken as (
        insert into work (provider_id, customer_id, kind, due_at)
        select f.provider_id, f.customer_id, 'consent', at from found f
        on conflict (provider_id, customer_id, kind) do update
           set due_at = least(coalesce(work.due_at, excluded.due_at), excluded.due_at),
               woken = work.leased_until is not null, attempts = 0, failures = 0
        returning 1
    )
    select f.provider_id, f.customer_id, f.app from found f
$$;

-- Claims due work: fair between providers, then between customers; each row counted and fenced at the claim.
create function door_claim_work(at timestamptz, lease_until timestamptz, most integer, max_attempts integer,
                                kinds text[])
returns table (provider_id uuid, customer_id uuid, kind text, fence bigint, attempts integer, failures integer,
               was_due timestamptz)
language sql volatile security definer set search_path = pg_catalog, public
as $$
    with waiting as (
        select w.provider_id, w.customer_id, w.kind, w.due_at,
               row_number() over (partition by w.provider_id, w.customer_id order by w.due_at) as turn
          from work w
         where w.due_at <= at and (w.leased_until is null or w.leased_until <= at)
           and w.attempts < max_attempts and w.kind = any (kinds)
    ), fair as (
        select x.*, row_number() over (partition by x.provider_id order by x.turn, x.due_at) as round
          from waiting x
    ), picked as (
        select w.provider_id, w.customer_id, w.kind
          from work w
          join fair f on f.provider_id = w.provider_id and f.customer_id = w.customer_id and f.kind = w.kind
         where w.due_at <= at and (w.leased_until is null or w.leased_until <= at) and w.attempts < max_attempts
         order by f.round, f.due_at
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

grant create on schema public to portal_door;
alter function door_session(bytea, timestamptz, timestamptz) owner to portal_door;
alter function door_sign_in(text, text) owner to portal_door;
alter function door_consent(bytea, timestamptz) owner to portal_door;
alter function door_claim_work(timestamptz, timestamptz, integer, integer, text[]) owner to portal_door;
revoke create on schema public from portal_door;

do $$
declare
    door regprocedure;
begin
    foreach door in array array[
        'door_session(bytea, timestamptz, timestamptz)', 'door_sign_in(text, text)',
        'door_consent(bytea, timestamptz)', 'door_claim_work(timestamptz, timestamptz, integer, integer, text[])'
    ]::regprocedure[] loop
        execute format('revoke all on function %s from public', door);
        execute format('grant execute on function %s to portal_app', door);
    end loop;
end $$;
