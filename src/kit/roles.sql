-- The portal's roles: made where missing, once per server. A login that may not act as the owner yet may afterwards.
do $$ begin
    perform pg_advisory_xact_lock(7, 1);
    if not exists (select from pg_roles where rolname = 'portal_owner') then
        create role portal_owner nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'portal_door') then
        create role portal_door nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'portal_app') then
        create role portal_app login;
    end if;
    if not pg_has_role('portal_owner', 'portal_door', 'member') then
        grant portal_door to portal_owner;
    end if;
    begin
        set local role portal_owner;
        reset role;
    exception when insufficient_privilege then
        execute format('grant portal_owner to %I', session_user);
    end;
end $$;

-- Pages are many small queries: compiling one costs more than running it. Where the login may not say so, it is not said.
do $$ begin
    alter role portal_app set jit = off;
exception when insufficient_privilege then
    raise notice 'set jit = off for portal_app: its pages are faster';
end $$;
