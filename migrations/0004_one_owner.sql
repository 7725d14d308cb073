-- What belongs to one provider of the installation, however many there are; and who acted, told apart by kind.

-- To whom a client id belongs: it must be asked across providers, so it stands behind no wall. It holds hashes only,
-- and the portal's login has no right here: it asks through the door, which answers yes or no.
create table client_claim (
    client_hash bytea primary key check (length(client_hash) = 32),
    provider_id uuid not null references provider
);
-- Where two providers had the same one, it stays with who set it first; the other is told when he sets it again.
insert into client_claim (client_hash, provider_id)
select sha256(convert_to(lower(client_id), 'UTF8')), provider_id from app_registration where client_id <> ''
 order by changed_at
on conflict do nothing;
grant select, insert, update, delete on client_claim to portal_door;

-- Gives up one client id and claims another, for the provider of this transaction. False: another provider has it,
-- and nothing was changed. Either may be null.
create function door_claim_client(freed bytea, wanted bytea)
returns boolean
language sql volatile security definer set search_path = pg_catalog, public
as $$
    with asker as (
        select nullif(current_setting('portal.provider_id', true), '')::uuid as provider_id
    ), claimed as (
        insert into client_claim as c (client_hash, provider_id)
        select wanted, a.provider_id from asker a where wanted is not null and a.provider_id is not null
        on conflict (client_hash) do update set provider_id = excluded.provider_id
              where c.provider_id = excluded.provider_id
        returning 1
    ), given_up as (
        delete from client_claim c using asker a
         where c.client_hash = freed and c.provider_id = a.provider_id and freed is distinct from wanted
           and (wanted is null or exists (select 1 from claimed))
    )
    select wanted is null or exists (select 1 from claimed)
$$;
grant create on schema public to portal_door;
alter function door_claim_client(bytea, bytea) owner to portal_door;
revoke create on schema public from portal_door;
revoke all on function door_claim_client(bytea, bytea) from public;
grant execute on function door_claim_client(bytea, bytea) to portal_app;

-- A person may be called "command line". Empty: written before this was kept.
alter table audit_event add column actor_kind text not null default ''
    check (actor_kind in ('', 'person', 'stranger', 'work', 'command-line'));
