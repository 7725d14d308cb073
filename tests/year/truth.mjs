// What the simulated cloud itself holds of a provider's packages: the measure of what the portal says.

/** Requests and assignments of the packages whose policies are for the provider's connected organization. */
export function ofProvider(tenants, provider, customers) {
  const all = { requests: new Map(), assignments: new Map() };
  for (const customer of customers.filter((one) => one.provider === provider)) {
    const there = tenants.find((one) => one.id === customer.tenant);
    const ours = packagesOf(there, provider.desk);
    for (const one of there.requests.filter((one) => ours.has(one.package))) all.requests.set(one.id, { customer, ...one });
    for (const one of there.assignments.filter((one) => ours.has(one.package))) all.assignments.set(one.id, { customer, ...one });
  }
  return all;
}

function packagesOf(there, desk) {
  const source = (one) => one.identitySource?.tenantId;
  const organizations = there.connectedOrganizations.filter((one) => source(one) === desk).map((one) => one.id);
  const named = (policy) => JSON.stringify(policy.body.specificAllowedTargets ?? []);
  const ours = there.policies.filter((policy) => organizations.some((id) => named(policy).includes(id)));
  return new Set(ours.map((one) => one.package));
}

/** How a request was decided, as its stages and the audit log say. */
export function decided(one) {
  const last = [...one.stages].reverse().find((stage) => stage.decision);
  if (!last) return undefined;
  const { approved, by, at } = last.decision;
  return { approved, by: by ?? null, at: Date.parse(at) };
}
