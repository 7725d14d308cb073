-- Codes of Microsoft that the error catalogue does not explain, counted per customer. Runs as portal_owner; an old portal
-- goes on beside it.

create table unknown_code (
    provider_id uuid not null,
    customer_id uuid not null,
    code        text not null check (length(code) between 1 and 100),
    many        bigint not null default 1,
    -- Of the last time.
    call        text not null,
    request     text not null default '',
    first_at    timestamptz not null,
    last_at     timestamptz not null,
    primary key (provider_id, customer_id, code),
    foreign key (provider_id, customer_id) references customer on delete cascade
);

alter table unknown_code enable row level security;
alter table unknown_code force row level security;
create policy wall on unknown_code for all to portal_app
    using (provider_id = (select nullif(current_setting('portal.provider_id', true), '')::uuid))
    with check (provider_id = (select nullif(current_setting('portal.provider_id', true), '')::uuid));
create policy owner_rows on unknown_code for all to portal_owner using (true) with check (true);
grant select, insert, update, delete on unknown_code to portal_app;
