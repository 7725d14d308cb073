-- Analyst addresses of people; a customer's domain that is not known yet; requests of our packages only; what the
-- lists read by index. Runs as portal_owner; an old portal goes on beside it.

-- What was said of an address in the analysts' directory. It greys a person's own requests and decides nothing else.
create table analyst_address (
    provider_id uuid not null,
    person_id   uuid not null,
    address     text not null check (address = lower(address) and length(address) between 3 and 254),
    -- False: it is somebody else, however alike the names.
    is_his      boolean not null,
    said_by     uuid,
    said_at     timestamptz not null,
    primary key (provider_id, person_id, address),
    foreign key (provider_id, person_id) references person on delete cascade,
    foreign key (provider_id, said_by) references person (provider_id, person_id)
);
create unique index analyst_address_once on analyst_address (provider_id, address) where is_his;

alter table analyst_address enable row level security;
alter table analyst_address force row level security;
create policy wall on analyst_address for all to portal_app
    using (provider_id = (select nullif(current_setting('portal.provider_id', true), '')::uuid))
    with check (provider_id = (select nullif(current_setting('portal.provider_id', true), '')::uuid));
create policy owner_rows on analyst_address for all to portal_owner using (true) with check (true);
grant select, insert, update, delete on analyst_address to portal_app;

-- A customer who was added by his Entra tenant id had that for a domain, which leads nowhere. Empty: not known yet;
-- the next check of his consent fills it in.
delete from customer_word w using customer c
 where c.provider_id = w.provider_id and c.customer_id = w.customer_id and position('.' in c.domain) = 0
   and (w.word = c.domain or w.word = any (string_to_array(c.domain, '-')));
update customer set domain = '' where position('.' in domain) = 0;

-- Only requests of packages that are ours are kept.
delete from access_request r
 where not exists (select from link l where l.provider_id = r.provider_id and l.customer_id = r.customer_id
                      and l.package_id = r.package_id)
   and not exists (select from owned_object o where o.provider_id = r.provider_id
                      and o.customer_id = r.customer_id and o.graph_id = r.package_id
                      and starts_with(o.object, 'package.'));
update customer c
   set open_requests = (select count(*) from access_request r where r.provider_id = c.provider_id
                           and r.customer_id = c.customer_id and r.state = 'pendingApproval')
 where c.open_requests > 0;

-- Contacts are found by the search too.
insert into customer_word (provider_id, word, customer_id)
select distinct k.provider_id, left(w, 80), k.customer_id
  from customer_contact k, regexp_split_to_table(lower(k.name || ' ' || k.mail), '[^[:alnum:]]+') as w
 where w <> ''
    on conflict do nothing;

create index customer_paused on customer (provider_id, sort_name, customer_id) where paused_at is not null;
