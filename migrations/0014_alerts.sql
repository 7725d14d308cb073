-- Alerts of Defender that are open at each customer: counts, age, link. Runs as portal_owner; an old portal goes on beside.

create table alert (
    provider_id uuid not null,
    customer_id uuid not null,
    alert_id    text not null,
    severity    text not null,
    -- new: nobody has looked yet. A resolved one is not kept.
    status      text not null,
    title       text not null default '',
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (provider_id, customer_id, alert_id),
    foreign key (provider_id, customer_id) references customer on delete cascade
);

alter table alert enable row level security;
alter table alert force row level security;
create policy wall on alert for all to portal_app
    using (provider_id = (select nullif(current_setting('portal.provider_id', true), '')::uuid))
    with check (provider_id = (select nullif(current_setting('portal.provider_id', true), '')::uuid));
create policy owner_rows on alert for all to portal_owner using (true) with check (true);
grant select, insert, update, delete on alert to portal_app;

-- Kept with the customer so that lists need one table.
alter table customer
    add column open_alerts  integer not null default 0,
    add column high_alerts  integer not null default 0,
    -- When the newest of all was made, open or not.
    add column last_alert_at timestamptz,
    -- Empty: never read. read, or no-permission: the customer's consent does not open his alerts.
    add column alerts_state text not null default '' check (alerts_state in ('', 'read', 'no-permission'));
