-- What happened that people may want to be told. Runs as portal_owner; an old portal goes on beside it.

create table happening (
    provider_id uuid not null,
    -- A word of kit::happening::Kind.
    kind        text not null check (length(kind) between 1 and 40),
    customer_id uuid not null,
    -- What it is about, within kind and customer: told twice is told once.
    about       text not null check (length(about) between 1 and 300),
    -- What a message says of it.
    facts       jsonb not null,
    at          timestamptz not null,
    -- When the rules were held against it; null: not yet.
    weighed_at  timestamptz,
    primary key (provider_id, kind, customer_id, about),
    foreign key (provider_id, customer_id) references customer on delete cascade
);
create index happening_unweighed on happening (provider_id, customer_id, at) where weighed_at is null;
create index happening_by_time on happening (provider_id, at);

alter table happening enable row level security;
alter table happening force row level security;
create policy wall on happening for all to portal_app
    using (provider_id = (select nullif(current_setting('portal.provider_id', true), '')::uuid))
    with check (provider_id = (select nullif(current_setting('portal.provider_id', true), '')::uuid));
create policy owner_rows on happening for all to portal_owner using (true) with check (true);
grant select, insert, update, delete on happening to portal_app;
