// The portal's history is the cloud's: every request with its end and who decided it, every assignment, nothing more.
import { decided, ofProvider } from "../truth.mjs";

const same = (one, other) => one.toLowerCase() === other.toLowerCase();

export async function history({ play, tenants, wrong, count }) {
  for (const provider of play.providers) {
    const truth = ofProvider(tenants, provider, play.customers);
    const rows = await play.stage.postgres.rows(`select r.* from access_request r join provider p using (provider_id) where p.slug = '${provider.slug}'`);
    const kept = new Map(rows.map((row) => [row.request_id, row]));
    for (const [id, one] of truth.requests) {
      const row = kept.get(id);
      const where = `${provider.slug}, ${one.customer.name}, ${one.requestType} ${id} (${one.state}, asked ${one.created})`;
      if (!row) {
        wrong("a request is missing", where);
        continue;
      }
      count("requests compared");
      if (row.customer_id !== one.customer.id) wrong("a request is another customer's", where);
      if (!same(row.state, one.state)) wrong("a request has another end", `${where}: ${row.state}`);
      decider(one, row, where, { wrong, count });
    }
    for (const [id, row] of kept) if (!truth.requests.has(id)) wrong("a request nobody made", `${provider.slug}: ${id} ${row.state}`);
    await assignments(provider, truth, { play, wrong, count });
  }
}

function decider(one, row, where, { wrong, count }) {
  const really = decided(one);
  if (!really) {
    if (row.decision_from !== "" && row.decision_from !== "nobody") wrong("decided by somebody, though nobody did", `${where}: ${row.decision_from}`);
    return;
  }
  count("deciders compared");
  const said = really.approved ? "approved" : "denied";
  if (row.decision !== said) wrong("another verdict", `${where}: “${row.decision}”, not “${said}”`);
  if (really.by === null) {
    if (row.decision_from !== "nobody") wrong("an automatic denial is not known as one", `${where}: “${row.decision_from}”`);
  } else if (!same(row.decider_oid, really.by)) wrong("another decider", `${where}: “${row.decider_oid}” (${row.decision_from}), not ${really.by}`);
}

async function assignments(provider, truth, { play, wrong, count }) {
  const rows = await play.stage.postgres.rows(`select a.* from assignment a join provider p using (provider_id) where p.slug = '${provider.slug}'`);
  const kept = new Map(rows.map((row) => [row.assignment_id, row]));
  for (const [id, one] of truth.assignments) {
    const row = kept.get(id);
    const where = `${provider.slug}, ${one.customer.name}, assignment ${id} (${one.state}, ends ${one.ends}, expired ${one.expired})`;
    if (!row) {
      // One that was never delivered gives nobody anything.
      if (one.state !== "deliveryFailed") wrong("an assignment is missing", where);
      continue;
    }
    count("assignments compared");
    if (!same(row.state, one.state)) wrong("an assignment stands otherwise", `${where}: ${row.state}`);
    if (one.state === "delivered" && Date.parse(row.ends_at) !== Date.parse(one.ends)) wrong("an assignment ends at another time", `${where}: ${row.ends_at}`);
  }
  for (const id of kept.keys()) if (!truth.assignments.has(id)) wrong("an assignment nobody has", `${provider.slug}: ${id}`);
}
