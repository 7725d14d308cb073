// The same reading with Microsoft's JavaScript client: every object of the procedure, held to its values.

import { byIdentity, byMsal, counted, every, one, place, procedure, same } from "./place.mjs";

const KEYS = Object.keys(procedure.names);
const EM = "/identityGovernance/entitlementManagement";

const sorted = (list) => [...list].sort();
const by = (list, key) => Object.fromEntries(list.map((item) => [item[key], item]));

async function readGroups(graph) {
  const found = by(await every(graph, "/groups"), "displayName");
  same("groups", sorted(Object.keys(found)), sorted(Object.values(procedure.names)));
  for (const group of Object.values(found)) {
    counted.objects += 1;
    same(`${group.displayName}: security`, [group.securityEnabled, group.mailEnabled], [true, false]);
  }
  const groups = Object.fromEntries(KEYS.map((key) => [key, found[procedure.names[key]].id]));
  const delivered = place.requests.filter((request) => request.delivered);
  for (const key of KEYS) {
    const held = await every(graph, `/groups/${groups[key]}/members`);
    const seated = delivered.filter((request) => request.package === key);
    same(`members of ${key}`, sorted(held.map((member) => member.mail)), sorted(seated.map((r) => r.address)));
    counted.objects += held.length;
  }
  return groups;
}

async function readOrganization(graph) {
  const found = one("connected organization", await every(graph, `${EM}/connectedOrganizations`));
  same("organization: state", found.state, "configured");
  const source = one("identity source", found.identitySources);
  same("identity source", source["@odata.type"], "#microsoft.graph.azureActiveDirectoryTenant");
  same("its tenant", source.tenantId, place.analystTenant);
  return found.id;
}

async function readCatalog(graph, groups) {
  const named = `displayName eq '${procedure.catalog}'`;
  const found = one("catalog", await every(graph, `${EM}/catalogs`, (request) => request.filter(named)));
  same("catalog", [found.state, found.isExternallyVisible], ["published", true]);
  const path = `${EM}/catalogs/${found.id}/resources`;
  const resources = by(await every(graph, path, (request) => request.expand("roles,scopes")), "originId");
  same("resources", sorted(Object.keys(resources)), sorted(Object.values(groups)));
  for (const [group, resource] of Object.entries(resources)) {
    counted.objects += 1;
    same("resource: system", resource.originSystem, "AadGroup");
    same("its role", resource.roles.some((role) => role.originId === `Member_${group}`), true);
    same("its scope", resource.scopes.map((scope) => scope.isRootScope), [true]);
  }
  return found.id;
}

async function readPackages(graph, catalog, groups) {
  const found = by(await every(graph, `${EM}/catalogs/${catalog}/accessPackages`), "displayName");
  same("packages", sorted(Object.keys(found)), sorted(Object.values(procedure.names)));
  for (const key of KEYS) {
    const pack = found[procedure.names[key]];
    counted.objects += 1;
    same(`${key}: hidden`, pack.isHidden, true);
    const path = `${EM}/accessPackages/${pack.id}/resourceRoleScopes`;
    const given = one(`role of ${key}`, await every(graph, path, (request) => request.expand("role,scope")));
    same(`${key} gives`, [given.role.originId, given.scope.originId], [`Member_${groups[key]}`, groups[key]]);
  }
  return Object.fromEntries(KEYS.map((key) => [key, found[procedure.names[key]].id]));
}

async function readPolicies(graph, packages, organization, groups) {
  const path = `${EM}/assignmentPolicies`;
  const found = await every(graph, path, (request) => request.expand("accessPackage"));
  same("policies", found.length, KEYS.length);
  for (const key of KEYS) {
    const policy = one(`policy of ${key}`, found.filter((policy) => policy.accessPackage.id === packages[key]));
    const asks = policy.requestorSettings;
    const approval = policy.requestApprovalSettings;
    const stage = one(`stage of ${key}`, approval.stages);
    const review = policy.reviewSettings;
    const { pattern, range } = review.schedule.recurrence;
    const approver = stage.primaryApprovers.map((who) => who.userId ?? who.groupId);
    const decides = key === "approvers" ? place.administrator : groups.approvers;
    const says = (what, value, wanted) => same(`policy of ${key}: ${what}`, value, wanted);
    says("who may ask", policy.allowedTargetScope, "specificConnectedOrganizationUsers");
    const targets = policy.specificAllowedTargets.map((who) => who.connectedOrganizationId);
    says("whose people", targets, [organization]);
    says("lasts", [policy.expiration.type, policy.expiration.duration], ["afterDuration", `P${procedure.accessDays}D`]);
    says("may ask", asks.enableTargetsToSelfAddAccess, true);
    says("may extend", asks.enableTargetsToSelfUpdateAccess, true);
    says("may give back", asks.enableTargetsToSelfRemoveAccess, true);
    says("approval", approval.isApprovalRequiredForAdd, true);
    says("approval of an extension", approval.isApprovalRequiredForUpdate, true);
    says("requestor says why", approval.isRequestorJustificationRequired, true);
    says("decided within", stage.durationBeforeAutomaticDenial, `P${procedure.decideDays}D`);
    says("approver says why", stage.isApproverJustificationRequired, true);
    says("approvers", approver, [decides]);
    says("review", [review.isEnabled, review.isSelfReview], [true, false]);
    says("reviewers", review.primaryReviewers.map((who) => who.groupId), [groups.approvers]);
    says("no response", review.expirationBehavior, "removeAccess");
    says("review is open", review.schedule.expiration.duration, `P${procedure.reviewDays}D`);
    says("review comes", [pattern.type, pattern.interval], ["absoluteMonthly", procedure.reviewMonths]);
    says("review goes on", range.type, "noEnd");
  }
}

async function readPeople(graph, packages) {
  const ask = (what, expand) => every(graph, `${EM}/${what}`, (request) => request.expand(expand));
  const requests = await ask("assignmentRequests", "requestor,accessPackage");
  const asked = requests.map((one) => `${one.requestor.email} ${one.accessPackage.id} ${one.state}`);
  const wanted = place.requests.map((one) => `${one.address} ${packages[one.package]} ${one.state}`);
  same("requests", sorted(asked), sorted(wanted));
  const assignments = await ask("assignments", "target,accessPackage");
  const held = assignments.map((one) => `${one.target.email} ${one.accessPackage.id} ${one.state}`);
  const delivered = place.requests.filter((one) => one.delivered);
  same("assignments", sorted(held), sorted(delivered.map((one) => `${one.address} ${packages[one.package]} delivered`)));
  for (const { schedule } of assignments) {
    const lasts = Date.parse(schedule.expiration.endDateTime) - Date.parse(schedule.startDateTime);
    same("it lasts", lasts, procedure.accessDays * 86_400_000);
  }
  counted.objects += requests.length + assignments.length;
}

async function readRoles(graph, groups) {
  const path = "/roleManagement/defender";
  const roles = await every(graph, `${path}/roleDefinitions`);
  const assignments = await every(graph, `${path}/roleAssignments`);
  for (const [key, name] of Object.entries(procedure.roles)) {
    const role = one(`role ${name}`, roles.filter((role) => role.displayName === name));
    const { tier1, tier2 } = procedure.permissions;
    const allowed = role.rolePermissions.flatMap((one) => one.allowedResourceActions);
    const ends = allowed.map((action) => action.replace(/^microsoft\.xdr\//, ""));
    same(`${name} allows`, sorted(ends), sorted(key === "tier1" ? tier1 : [...tier1, ...tier2]));
    const given = one(`assignment of ${name}`, assignments.filter((one) => one.roleDefinitionId === role.id));
    same(`${name} is for`, [given.principalIds, given.appScopeIds], [[groups[key]], ["/"]]);
  }
}

const graph = byIdentity("v1.0");
const groups = await readGroups(graph);
const organization = await readOrganization(graph);
const catalog = await readCatalog(graph, groups);
const packages = await readPackages(graph, catalog, groups);
// The rest with the other library's tokens.
const other = byMsal("v1.0");
await readPolicies(other, packages, organization, groups);
await readPeople(other, packages);
await readRoles(byMsal("beta"), groups);
console.log(JSON.stringify(counted));
