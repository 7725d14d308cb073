// Nothing of one provider is seen by the other: on no page and in no table he can come to.

/** Pages that one person walks, at most. */
const MOST = 600;
const SKIPPED = /^\/(sign-out|sign-in|p\/|assets|consent\/|connect\/|connections\/[^/]+\/go)|\/events|\.(css|js|svg|png|ico|woff2?)$/;

export async function walls({ play, wrong, count }) {
  const { postgres } = play.stage;
  for (const provider of play.providers) {
    const marks = await foreign(postgres, provider);
    for (const person of new Set([provider.admin, provider.who("approver")])) {
      await walk(play, person, marks, { wrong, count, provider });
    }
  }
  await tables(postgres, { wrong, count });
}

/** What only the other provider may show: ids of his rows, names of customers and people that are his alone. */
async function foreign(postgres, { slug }) {
  const other = `(select provider_id from provider where slug <> '${slug}')`;
  const mine = `(select provider_id from provider where slug = '${slug}')`;
  const ids = await postgres.rows(`
    select customer_id::text as mark from customer where provider_id in ${other}
    union select name from customer where provider_id in ${other} and name not in (select name from customer where provider_id in ${mine})
    union select person_id::text from person where provider_id in ${other}
    union select request_id from access_request where provider_id in ${other}
    union select assignment_id from assignment where provider_id in ${other}
    union select match_id::text from person_match where provider_id in ${other}
    union select channel_id::text from notice_channel where provider_id in ${other}
    union select leaver_id::text from leaver where provider_id in ${other}`);
  return ids.map(({ mark }) => mark).filter((mark) => mark.length > 5);
}

async function walk(play, person, marks, { wrong, count, provider }) {
  const origin = new URL(play.world.portal.url).origin;
  const [seen, left] = [new Set(["/"]), ["/"]];
  // One look at the text, however many marks there are.
  const known = new Set(marks.map((mark) => mark.toLowerCase()));
  const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
  const names = marks.filter((mark) => !/^[0-9a-f-]{36}$/i.test(mark));
  let pages = 0;
  // His session may have ended in all that time.
  await person.open("/");
  // Of pages alike only some are walked, but lists and exports all.
  const kinds = new Map();
  while (left.length > 0 && pages < MOST) {
    const path = left.shift();
    const answer = await person.get(play.world.portal.url + path);
    if (answer.url.origin !== origin) continue;
    if (answer.url.pathname === "/sign-in") wrong("a walk was stopped at the door", `${provider.slug}, ${path}`);
    pages += 1;
    if (answer.status >= 500) wrong("a page broke", `${provider.slug}, ${path}: ${answer.status}`);
    const text = answer.body;
    for (const id of text.match(uuid) ?? []) if (known.has(id.toLowerCase())) wrong("a row of the other provider on a page", `${provider.slug}, ${path}: ${id}`);
    for (const name of names) if (text.includes(name)) wrong("a name of the other provider on a page", `${provider.slug}, ${path}: ${name}`);
    for (const [, raw] of text.matchAll(/href="([^"#]+)"/g)) {
      const to = new URL(raw.replaceAll("&amp;", "&"), answer.url);
      const at = to.pathname + to.search;
      if (to.origin !== origin || seen.has(at) || SKIPPED.test(to.pathname)) continue;
      seen.add(at);
      const kind = to.pathname.replaceAll(uuid, "…") + [...to.searchParams.keys()].sort().join();
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (kinds.get(kind) <= 12) left.push(at);
    }
    if (/\.csv$/.test(new URL(answer.url).pathname)) count("exports walked");
  }
  // Other people's rows by their address are not there.
  for (const id of marks.filter((mark) => /^[0-9a-f-]{36}$/i.test(mark)).slice(0, 40)) {
    for (const path of [`/customers/${id}`, `/access/people/${id}`, `/access/leavers/${id}`]) {
      const { status } = await person.get(play.world.portal.url + path);
      if (status !== 404 && status !== 403) wrong("a foreign address is there", `${provider.slug}, ${path}: ${status}`);
      count("foreign addresses tried");
    }
  }
  count("pages walked", pages);
}

/** In every table, what stands under a provider belongs to a customer of his, and to a directory of that customer. */
async function tables(postgres, { wrong, count }) {
  const owned = await postgres.rows(`select c.table_name as name, bool_or(c.column_name = 'customer_id') as customers
      from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name in
       (select table_name from information_schema.columns where table_schema = 'public' and column_name = 'provider_id')
     group by 1 order by 1`);
  for (const { name, customers } of owned) {
    count("tables compared");
    const strange = await postgres.one(`select count(*) as many from ${name} x where provider_id not in (select provider_id from provider)`);
    if (strange.many > 0) wrong("rows of no provider", name);
    if (!customers || name === "customer") continue;
    const others = await postgres.one(`select count(*) as many from ${name} x where customer_id is not null
        and not exists (select from customer c where c.provider_id = x.provider_id and c.customer_id = x.customer_id)`);
    if (others.many > 0) wrong("rows of another provider's customer", `${name}: ${others.many}`);
  }
}
