// What somebody decided at the portal came to be, once.
import { decided, ofProvider } from "../truth.mjs";

export async function decisions({ play, tenants, wrong, count }) {
  const rows = await play.stage.postgres.rows("select d.*, p.slug from decision d join provider p using (provider_id) order by intended_at");
  const truth = new Map(play.providers.flatMap((provider) => [...ofProvider(tenants, provider, play.customers).requests]));
  const taken = new Map();
  for (const row of rows) {
    const where = `${row.slug}, request ${row.request_id}: ${row.verdict}, ${row.state} ${row.outcome}`;
    count(`decisions here: ${row.state}${row.state === "accepted" ? "" : ` ${row.outcome}`}`);
    if (["intended", "sent", "unknown"].includes(row.state)) wrong("a decision is still open", where);
    const meant = row.state === "accepted" || (row.state === "settled" && /approved|denied/.test(row.outcome));
    if (!meant) continue;
    if (taken.has(row.request_id)) wrong("decided twice here", `${where}; before: ${taken.get(row.request_id)}`);
    taken.set(row.request_id, where);
    const really = decided(truth.get(row.request_id) ?? { stages: [] });
    const said = row.state === "accepted" ? row.verdict === "approve" : /approved/.test(row.outcome);
    if (!really) wrong("a decision was lost", where);
    else if (really.approved !== said) wrong("a decision became its opposite", where);
  }
  // Microsoft was asked at most once for each intent.
  const asked = new Map();
  for (const call of play.patches) asked.set(call.path, (asked.get(call.path) ?? 0) + 1);
  for (const [path, times] of asked) {
    const good = play.patches.filter((call) => call.path === path && call.status < 300);
    if (good.length > 1) wrong("a stage was decided twice at Microsoft", path);
    if (times > 1) count("stages Microsoft was asked about again");
  }
  const sent = rows.filter((row) => row.sent_at).length;
  if (play.patches.length > sent) wrong("more decisions were sent than meant", `${play.patches.length} calls, ${sent} intents`);
  count("decisions sent to Microsoft", play.patches.length);
}
