-- When a session's roles were last vouched for by the provider's authority; nothing: when it began.
alter table session add column roles_at timestamptz;

-- As before, with the moment beside the roles. An older portal does not ask for it.
drop function door_session(bytea, timestamptz, timestamptz);
create function door_session(wanted bytea, at timestamptz, idle_since timestamptz)
returns table (provider_id uuid, provider_slug text, provider_name text, default_language text,
               person_id uuid, person_name text, person_mail text, person_language text, person_theme text,
               sees_all boolean, roles text[], seen_at timestamptz, identity_tid text, identity_oid text,
               roles_at timestamptz)
language sql stable security definer set search_path = pg_catalog, public
as $$
    select s.provider_id, v.slug, v.name, v.default_language, p.person_id, p.name, p.mail, p.language, p.theme,
           p.sees_all,
           -- A role taken away since ends in every open session.
           array(select r from unnest(s.roles) as r where r = any (p.roles)), s.seen_at, p.identity_tid,
           p.identity_oid, coalesce(s.roles_at, s.created_at)
      from session s
      join person p on p.provider_id = s.provider_id and p.person_id = s.person_id
      join provider v on v.provider_id = s.provider_id
     where s.session_hash = wanted and s.ends_at > at and s.seen_at > idle_since and p.disabled_at is null
$$;

grant create on schema public to portal_door;
alter function door_session(bytea, timestamptz, timestamptz) owner to portal_door;
revoke create on schema public from portal_door;
revoke all on function door_session(bytea, timestamptz, timestamptz) from public;
grant execute on function door_session(bytea, timestamptz, timestamptz) to portal_app;
