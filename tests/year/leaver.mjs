// Somebody leaves a provider and is removed everywhere: by the portal where it may write, else by the customer.
const EM = "/identityGovernance/entitlementManagement";
const DAY = 86_400_000;

export async function leaves(play, provider, name) {
  const { stage } = play;
  const mail = `${name.split(" ")[0].toLowerCase()}@${provider.analysts.domain}`;
  const found = await stage.postgres.one(`select match_id from person_match m join provider p using (provider_id)
     where p.slug = '${provider.slug}' and m.mail = '${mail}' and m.held > 0`);
  if (!found) return play.count("leavers who held nothing");
  play.gone.add(name);
  const at = `/access/people/${found.match_id}/leave`;
  await play.patiently("leavers", async () => {
    const page = await provider.admin.fill(at, at, { why: "He leaves us at the end of the month.", address: mail });
    play.leavers ??= [];
    play.leavers.push({ provider, name, mail, page: page.url.pathname });
  });
  play.agenda.add(play.now + 2 * DAY, () => byCustomers(play, provider, mail));
}

/** Customers' administrators remove what only they can. */
async function byCustomers(play, provider, mail) {
  const left = await play.stage.postgres.rows(`select r.customer_id, r.assignment_id, r.state from leaver_removal r
     join leaver l using (provider_id, leaver_id) join provider p using (provider_id)
     where p.slug = '${provider.slug}' and l.mail = '${mail}' and r.state <> 'verified'`);
  for (const one of left) {
    const customer = play.customers.find((known) => known.id === one.customer_id && known.provider === provider);
    try {
      await play.cloud.byHand(customer.tenant, "POST", `${EM}/assignmentRequests`, { requestType: "adminRemove", assignment: { id: one.assignment_id } });
      play.count("removed by the customer");
    } catch (error) {
      if (!/\b(400|404)\b/.test(error.message)) throw error;
      play.count("removed already");
    }
  }
}
