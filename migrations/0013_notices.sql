-- Telling people: mail server, channels, rules, quiet hours, snoozes, own choices, and the outbox that messages leave by.
-- Runs as portal_owner; an old portal goes on beside it.

create table notice_settings (
    provider_id     uuid primary key references provider,
    -- The mail server; an empty host: none yet.
    mail_host       text not null default '' check (length(mail_host) <= 253),
    mail_port       integer not null default 587 check (mail_port between 1 and 65535),
    mail_tls        text not null default 'starttls' check (mail_tls in ('tls', 'starttls', 'none')),
    mail_user       text not null default '' check (length(mail_user) <= 254),
    mail_sealed     bytea,
    mail_from       text not null default '' check (length(mail_from) <= 254),
    -- An IANA name or a fixed offset such as +02:00.
    time_zone       text not null default 'Europe/Amsterdam' check (length(time_zone) between 1 and 60),
    -- Minutes after midnight there; both null: no quiet hours. From 22:00 until 07:00 passes midnight.
    quiet_from      integer check (quiet_from between 0 and 1439),
    quiet_until     integer check (quiet_until between 0 and 1439),
    quiet_weekend   boolean not null default false,
    -- When the daily digest is written, and for which roles; no role: none.
    digest_at       integer not null default 480 check (digest_at between 0 and 1439),
    digest_roles    text[] not null default '{}',
    changed_at      timestamptz not null,
    check ((quiet_from is null) = (quiet_until is null))
);

create table notice_channel (
    provider_id    uuid not null references provider,
    channel_id     uuid not null,
    kind           text not null check (kind in ('mail', 'teams', 'slack', 'webhook')),
    name           text not null check (length(name) between 1 and 80),
    language       text not null check (language in ('en', 'nl')),
    -- Whoever knows the address of an incoming webhook may write there, so it is sealed.
    sealed_target  bytea not null,
    -- What is shown of it: the mail address, or the host alone.
    shown_target   text not null,
    -- Of a signed webhook: the secret in use and, for a while, the one before it.
    sealed_secret  bytea,
    sealed_before  bytea,
    before_until   timestamptz,
    enabled        boolean not null default true,
    made_at        timestamptz not null,
    changed_at     timestamptz not null,
    primary key (provider_id, channel_id),
    check ((sealed_before is null) = (before_until is null)),
    check (kind = 'webhook' or num_nonnulls(sealed_secret, sealed_before) = 0)
);

-- Who is told of what. An empty list of kinds, stages, tiers or tags: whichever.
create table notice_rule (
    provider_id uuid not null references provider,
    rule_id     uuid not null,
    name        text not null check (length(name) between 1 and 80),
    kinds       text[] not null default '{}',
    -- Of a pending request: new, 50, 80, last-day.
    stages      text[] not null default '{}',
    tiers       text[] not null default '{}',
    tags        text[] not null default '{}',
    severity    text not null default 'low' check (severity in ('low', 'medium', 'high')),
    -- Either a channel, or people by role: those of the five roles, and 'manager', the customer's account manager.
    channel_id  uuid,
    roles       text[] not null default '{}',
    -- Only people of this language; empty: whichever.
    language    text not null default '' check (language in ('', 'en', 'nl')),
    -- Does not wait for the end of quiet hours.
    urgent      boolean not null default false,
    enabled     boolean not null default true,
    made_at     timestamptz not null,
    changed_at  timestamptz not null,
    primary key (provider_id, rule_id),
    foreign key (provider_id, channel_id) references notice_channel (provider_id, channel_id) on delete cascade,
    check ((channel_id is null) <> (roles = '{}'))
);

-- What a person chose for himself; without a row he gets both.
create table notice_choice (
    provider_id uuid not null,
    person_id   uuid not null,
    mail        boolean not null,
    digest      boolean not null,
    changed_at  timestamptz not null,
    primary key (provider_id, person_id),
    foreign key (provider_id, person_id) references person on delete cascade
);

-- Nobody is told of these for a while, and why.
create table notice_snooze (
    provider_id uuid not null,
    snooze_id   uuid not null,
    customer_id uuid not null,
    -- A kind of happening; empty: every kind.
    kind        text not null default '',
    reason      text not null check (length(reason) between 1 and 300),
    made_by     uuid not null,
    made_at     timestamptz not null,
    ends_at     timestamptz not null,
    primary key (provider_id, snooze_id),
    foreign key (provider_id, customer_id) references customer on delete cascade,
    foreign key (provider_id, made_by) references person (provider_id, person_id),
    check (ends_at > made_at)
);
create index notice_snooze_of on notice_snooze (provider_id, customer_id, ends_at);

-- The outbox. A row is written in the transaction that decided it; whoever claims it sends it.
create table outgoing (
    provider_id  uuid not null references provider,
    outgoing_id  uuid not null,
    -- What it tells, by identity: with the recipient the reason why nobody is told twice.
    event        text not null check (length(event) between 1 and 500),
    recipient    text not null check (length(recipient) between 1 and 80),
    customer_id  uuid,
    channel_id   uuid,
    person_id    uuid,
    -- What is to be said; the words are found when it is sent.
    told         jsonb not null,
    -- Waits for quiet hours: their end is its due time, and moves with them.
    held         boolean not null default false,
    -- Does not wait for them, whenever it would leave.
    urgent       boolean not null default false,
    made_at      timestamptz not null,
    -- Null: sent, dropped, or dead.
    due_at       timestamptz,
    leased_until timestamptz,
    fence        bigint not null default 0,
    attempts     integer not null default 0,
    -- Tries of which nobody knows whether the receiver has the message: the answer was lost, or the process.
    doubts       integer not null default 0,
    tried_at     timestamptz,
    -- waiting, sent, dropped (nobody needs it any more), dead (left for a person).
    state        text not null default 'waiting' check (state in ('waiting', 'sent', 'dropped', 'dead')),
    problem      jsonb,
    primary key (provider_id, outgoing_id),
    unique (provider_id, event, recipient),
    foreign key (provider_id, customer_id) references customer on delete cascade,
    foreign key (provider_id, channel_id) references notice_channel (provider_id, channel_id) on delete cascade,
    foreign key (provider_id, person_id) references person on delete cascade,
    check ((state = 'waiting') = (due_at is not null))
);
create index outgoing_due on outgoing (provider_id, due_at) where due_at is not null;
create index outgoing_newest on outgoing (provider_id, made_at, outgoing_id);
create index outgoing_by_state on outgoing (provider_id, state, made_at, outgoing_id);
create index outgoing_of_customer on outgoing (provider_id, customer_id, made_at);

do $$
declare
    name text;
begin
    foreach name in array array[
        'notice_settings', 'notice_channel', 'notice_rule', 'notice_choice', 'notice_snooze', 'outgoing'
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

-- The door: claims due messages before it is known whose they are.
create policy door_see  on outgoing for select to portal_door using (true);
create policy door_take on outgoing for update to portal_door using (true) with check (true);
grant select on outgoing to portal_door;
grant update (leased_until, fence, attempts, tried_at) on outgoing to portal_door;

-- Claims due messages, the longest due of each provider first, providers in turn; each counted and fenced at the claim.
-- Receivers that the process is sending to (without a channel: the provider's people) are passed over, and so are
-- providers that fill their part of it.
create function door_claim_outgoing(at timestamptz, lease_until timestamptz, most integer, busy_providers uuid[],
                                    busy_channels uuid[], full_providers uuid[])
returns table (provider_id uuid, outgoing_id uuid, channel_id uuid, fence bigint, attempts integer, doubts integer)
language sql volatile security definer set search_path = pg_catalog, public
as $$
    with nearest as (
        select n.provider_id, n.outgoing_id, n.due_at,
               row_number() over (partition by n.provider_id order by n.due_at, n.outgoing_id) as turn
          from provider p
          cross join lateral (
            select o.provider_id, o.outgoing_id, o.due_at
              from outgoing o
             where o.provider_id = p.provider_id and o.due_at <= at
               and (o.leased_until is null or o.leased_until <= at)
               and not exists (select from unnest(busy_providers, busy_channels) as b (provider, channel)
                                where b.provider = o.provider_id and b.channel is not distinct from o.channel_id)
             order by o.due_at, o.outgoing_id
             limit most
          ) n
         where p.provider_id <> all (full_providers)
    ), picked as (
        select o.provider_id, o.outgoing_id
          from outgoing o
          join nearest n on n.provider_id = o.provider_id and n.outgoing_id = o.outgoing_id
         where o.due_at <= at and (o.leased_until is null or o.leased_until <= at)
         order by n.turn, n.due_at
         limit most
           for update of o skip locked
    )
    update outgoing o
       set leased_until = lease_until, fence = o.fence + 1, attempts = o.attempts + 1, tried_at = at
      from picked p
     where o.provider_id = p.provider_id and o.outgoing_id = p.outgoing_id
    returning o.provider_id, o.outgoing_id, o.channel_id, o.fence, o.attempts, o.doubts
$$;

grant create on schema public to portal_door;
alter function door_claim_outgoing(timestamptz, timestamptz, integer, uuid[], uuid[], uuid[]) owner to portal_door;
revoke create on schema public from portal_door;
revoke all on function door_claim_outgoing(timestamptz, timestamptz, integer, uuid[], uuid[], uuid[]) from public;
grant execute on function door_claim_outgoing(timestamptz, timestamptz, integer, uuid[], uuid[], uuid[]) to portal_app;

-- What is done for a provider himself, whatever becomes of his customers, is a row of his outbox that comes again and
-- again. He has it from the beginning.
create function give_provider_round() returns trigger language plpgsql set search_path = pg_catalog, public
as $$
begin
    insert into outgoing (provider_id, outgoing_id, event, recipient, told, made_at, due_at)
    values (new.provider_id, gen_random_uuid(), 'provider-round', 'nobody', '{"what": "provider-round"}',
            new.created_at, new.created_at + interval '1 hour');
    return null;
end $$;
create trigger provider_round after insert on provider for each row execute function give_provider_round();
insert into outgoing (provider_id, outgoing_id, event, recipient, told, made_at, due_at)
select p.provider_id, gen_random_uuid(), 'provider-round', 'nobody', '{"what": "provider-round"}', p.created_at,
       p.created_at
  from provider p;

-- Of a key of one of his apps: the end and the step before it that were told, so that each is told once.
alter table app_registration add column end_told text not null default '';

-- What was told before anybody could be told of it is weighed now.
insert into work (provider_id, customer_id, kind, due_at, rank_at)
select distinct h.provider_id, h.customer_id, 'notices', h.at, h.at from happening h
    on conflict do nothing;
