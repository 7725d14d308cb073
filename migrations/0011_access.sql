-- Who has access at which customer until when, the rounds in which it is reviewed, who is who across customers, what
-- warns of losing it, and people removed everywhere. Runs as portal_owner; an old portal goes on beside it.

-- A human as far as his accounts at customers tell. Nobody gets access by it; whoever removes a person everywhere removes
-- every account that stands with him here, and is shown each of them before he confirms.
create table person_match (
    provider_id uuid not null references provider,
    match_id    uuid not null,
    name        text not null default '',
    sort_name   text not null default '',
    mail        text not null default '',
    -- Of the analysts' directory, as far as is known.
    ours        boolean not null default false,
    -- What he holds now: at how many customers, how much, and when the first of it ends. Kept with the assignments.
    customers   integer not null default 0,
    held        integer not null default 0,
    next_end    timestamptz,
    primary key (provider_id, match_id)
);
create index person_match_by_name on person_match (provider_id, sort_name, match_id) where held > 0;
create index person_match_by_end on person_match (provider_id, next_end, match_id)
    where held > 0 and next_end is not null;
create index person_match_by_customers on person_match (provider_id, customers, match_id) where held > 0;

-- Words of names and addresses, for the search; prefix by range, as customer_word.
create table person_match_word (
    provider_id uuid not null,
    word        text collate "C" not null,
    match_id    uuid not null,
    primary key (provider_id, word, match_id),
    foreign key (provider_id, match_id) references person_match on delete cascade
);
create index person_match_word_of on person_match_word (provider_id, match_id);

-- Whose an address of the analysts' directory is. Without a reason it follows from the address itself.
create table person_match_mail (
    provider_id uuid not null,
    mail        text not null,
    match_id    uuid not null,
    said_by     uuid,
    said_at     timestamptz,
    why         text not null default '',
    primary key (provider_id, mail),
    foreign key (provider_id, match_id) references person_match,
    foreign key (provider_id, said_by) references person (provider_id, person_id)
);
create index person_match_mail_of on person_match_mail (provider_id, match_id);

-- An account of one customer that somebody said to be another's than its address tells.
create table person_match_account (
    provider_id uuid not null,
    customer_id uuid not null,
    account     text not null,
    match_id    uuid not null,
    said_by     uuid,
    said_at     timestamptz not null,
    why         text not null,
    primary key (provider_id, customer_id, account),
    foreign key (provider_id, customer_id) references customer on delete cascade,
    foreign key (provider_id, match_id) references person_match,
    foreign key (provider_id, said_by) references person (provider_id, person_id)
);
create index person_match_account_of on person_match_account (provider_id, match_id);

-- What a person holds of a package of ours, as Microsoft lists it.
create table assignment (
    provider_id   uuid not null,
    customer_id   uuid not null,
    assignment_id text not null,
    -- The blueprint's key, and Microsoft's id and name.
    package       text not null,
    package_id    text not null,
    package_name  text not null default '',
    -- Microsoft's words.
    state         text not null,
    status        text not null default '',
    target_oid    text not null default '',
    target_name   text not null default '',
    -- In small letters.
    target_mail   text not null default '',
    organization  text not null default '',
    ours          boolean not null,
    -- The address, or the object id where there is none: what tells one account of a customer from another.
    account       text not null,
    match_id      uuid not null,
    policy_id     text not null default '',
    starts_at     timestamptz,
    -- When it will end by itself, and when it did end.
    ends_at       timestamptz,
    expired_at    timestamptz,
    -- Warned of this many days ahead last; 0: not yet.
    warned        smallint not null default 0,
    first_seen_at timestamptz not null,
    changed_at    timestamptz not null,
    -- Microsoft lists it no more.
    gone_at       timestamptz,
    holds         boolean not null generated always as
        (gone_at is null and state in ('delivered', 'partiallyDelivered')) stored,
    primary key (provider_id, customer_id, assignment_id),
    foreign key (provider_id, customer_id) references customer on delete cascade,
    foreign key (provider_id, match_id) references person_match
);
create index assignment_ending on assignment (provider_id, ends_at, customer_id, assignment_id)
    where holds and ends_at is not null;
create index assignment_of_match on assignment (provider_id, match_id, customer_id);
create index assignment_by_account on assignment (provider_id, account, customer_id);

-- Whether a guest whose last access ended can still sign in.
create table guest (
    provider_id uuid not null,
    customer_id uuid not null,
    oid         text not null,
    match_id    uuid not null,
    -- Null: not known.
    enabled     boolean,
    looked_at   timestamptz not null,
    -- Since when we have seen him blocked.
    blocked_at  timestamptz,
    -- The directory knows him no more.
    deleted_at  timestamptz,
    primary key (provider_id, customer_id, oid),
    foreign key (provider_id, customer_id) references customer on delete cascade,
    foreign key (provider_id, match_id) references person_match
);

-- Reviews of our packages: Microsoft's definition, its rounds, and what was decided about whom.
create table review_definition (
    provider_id   uuid not null,
    customer_id   uuid not null,
    definition_id text not null,
    package       text not null,
    package_id    text not null,
    policy_id     text not null default '',
    name          text not null default '',
    state         text not null default '',
    gone_at       timestamptz,
    primary key (provider_id, customer_id, definition_id),
    foreign key (provider_id, customer_id) references customer on delete cascade
);

create table review (
    provider_id   uuid not null,
    customer_id   uuid not null,
    instance_id   text not null,
    definition_id text not null,
    package       text not null,
    package_name  text not null default '',
    state         text not null,
    starts_at     timestamptz,
    due_at        timestamptz,
    people        integer not null default 0,
    approved      integer not null default 0,
    denied        integer not null default 0,
    -- Its decisions were read after it was over: nothing will change any more.
    settled       boolean not null default false,
    first_seen_at timestamptz not null,
    changed_at    timestamptz not null,
    gone_at       timestamptz,
    open          boolean not null generated always as
        (gone_at is null and state not in ('Completed', 'AutoReviewed', 'Applied', 'Completing', 'AutoReviewing')) stored,
    primary key (provider_id, customer_id, instance_id),
    foreign key (provider_id, customer_id, definition_id) references review_definition on delete cascade
);
create index review_open on review (provider_id, due_at, customer_id, instance_id) where open and due_at is not null;
create index review_by_due on review (provider_id, due_at, customer_id, instance_id) where due_at is not null;

create table review_decision (
    provider_id    uuid not null,
    customer_id    uuid not null,
    instance_id    text not null,
    decision_id    text not null,
    principal_oid  text not null default '',
    principal_name text not null default '',
    decision       text not null,
    recommendation text not null default '',
    result         text not null default '',
    decided_by     text not null default '',
    decided_at     timestamptz,
    reason         text not null default '',
    primary key (provider_id, customer_id, instance_id, decision_id),
    foreign key (provider_id, customer_id, instance_id) references review on delete cascade
);

-- What warns that access, or the power to give it, is about to be lost. A row lives as long as its reason.
create table access_warning (
    provider_id uuid not null,
    customer_id uuid not null,
    kind        text not null check (kind in ('approver-last', 'approvers-few', 'approvers-empty', 'guest-blocked')),
    -- What tells it from others of its kind: a guest's object id, say.
    about       text not null default '',
    since       timestamptz not null,
    ends_at     timestamptz,
    facts       jsonb not null default '{}',
    primary key (provider_id, customer_id, kind, about),
    foreign key (provider_id, customer_id) references customer on delete cascade
);
create index access_warning_by_kind on access_warning (provider_id, kind, since, customer_id);

-- One person removed everywhere, and what became of each thing he held.
create table leaver (
    provider_id uuid not null references provider,
    leaver_id   uuid not null,
    -- No reference: who is who may be said anew, and this is a record of what was done.
    match_id    uuid not null,
    name        text not null,
    mail        text not null default '',
    why         text not null,
    started_by  uuid,
    started_at  timestamptz not null,
    -- Begun by somebody who sees every customer; else it concerns only those that he sees.
    whole       boolean not null,
    primary key (provider_id, leaver_id),
    foreign key (provider_id, started_by) references person (provider_id, person_id)
);
create index leaver_by_time on leaver (provider_id, started_at, leaver_id);
create index leaver_of_match on leaver (provider_id, match_id);

create table leaver_removal (
    provider_id   uuid not null,
    leaver_id     uuid not null,
    customer_id   uuid not null,
    assignment_id text not null,
    package       text not null,
    package_id    text not null,
    package_name  text not null default '',
    target_oid    text not null default '',
    -- Whose account it is; he may have several.
    target_name   text not null default '',
    target_mail   text not null default '',
    ends_at       timestamptz,
    -- waiting: not tried yet; sending: the request may have left; asked: Microsoft has it; by-customer: only he can;
    -- failed: Microsoft refuses; verified: seen to be gone.
    state         text not null check (state in ('waiting', 'sending', 'asked', 'by-customer', 'failed', 'verified')),
    -- Who removed it, as far as is known: 'portal', 'customer', 'elsewhere'.
    way           text not null default '',
    request_id    text not null default '',
    problem       jsonb,
    attempts      integer not null default 0,
    asked_at      timestamptz,
    looked_at     timestamptz,
    verified_at   timestamptz,
    primary key (provider_id, leaver_id, customer_id, assignment_id),
    foreign key (provider_id, leaver_id) references leaver,
    foreign key (provider_id, customer_id) references customer on delete cascade
);
create index leaver_removal_open on leaver_removal (provider_id, customer_id) where state <> 'verified';
-- What somebody has asked for and has not yet, by his address.
create index access_request_open_mail on access_request (provider_id, lower(requestor_mail))
    where gone_at is null and state in ('submitted', 'pendingApproval', 'scheduled', 'delivering');

do $$
declare
    name text;
begin
    foreach name in array array[
        'person_match', 'person_match_word', 'person_match_mail', 'person_match_account', 'assignment', 'guest',
        'review_definition', 'review', 'review_decision', 'access_warning', 'leaver', 'leaver_removal'
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

revoke delete on leaver from portal_app;

-- How many warnings a customer has, kept with them: for his page and for lists.
alter table customer add column warnings integer not null default 0;
