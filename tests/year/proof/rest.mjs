// The audit log is whole; no work was given up; who left is gone; Microsoft was asked nothing it does not have.
import { ofProvider } from "../truth.mjs";

export async function rest({ play, tenants, wrong, count }) {
  const { stage } = play;
  for (const line of (await stage.command("audit", "verify")).trim().split("\n")) {
    const sound = /: (\d+) events sound/.exec(line);
    if (!sound) wrong("the audit log", line);
    else count("audit events sound", Number(sound[1]));
  }
  for (const row of await stage.postgres.rows("select kind, outcome, problem, attempts, failures from work where attempts >= 5 or outcome = 'crashed'")) {
    wrong("work was given up", JSON.stringify(row));
  }
  for (const row of await stage.postgres.rows("select state, problem, count(*) as many from outgoing where state in ('dead', 'waiting') and recipient <> 'nobody' group by 1, 2")) {
    wrong("a message was not sent", JSON.stringify(row));
  }
  const unknown = await play.cloud.control("GET", "/unknown");
  for (const call of unknown) wrong("a call Microsoft does not have", JSON.stringify(call));
  await leavers(play, tenants, wrong, count);
}

async function leavers(play, tenants, wrong, count) {
  for (const { provider, name, mail, page } of play.leavers ?? []) {
    const truth = ofProvider(tenants, provider, play.customers);
    const held = [...truth.assignments.values()].filter((one) => one.target.displayName === name && one.state === "delivered");
    for (const one of held) wrong("who left still holds something", `${name} at ${one.customer.name}`);
    const rows = await play.stage.postgres.rows(`select r.state, count(*) as many from leaver_removal r join leaver l using (provider_id, leaver_id)
       join provider p using (provider_id) where p.slug = '${provider.slug}' and l.mail = '${mail}' group by 1`);
    for (const row of rows) {
      count(`removals of leavers ${row.state}`, row.many);
      if (row.state !== "verified") wrong("a removal was not verified", `${name}: ${row.many} ${row.state}`);
    }
    const shown = await provider.admin.open(page);
    if (!shown.body.includes(name)) wrong("a leaver's record does not name him", page);
  }
}
