"""Reads every object of the procedure back with Microsoft's SDK, and holds it to the procedure's values."""

import asyncio
import datetime
import json

from msgraph.generated.models.access_package_assignment_state import AccessPackageAssignmentState
from msgraph.generated.models.access_package_catalog_state import AccessPackageCatalogState
from msgraph.generated.models.azure_active_directory_tenant import AzureActiveDirectoryTenant
from msgraph.generated.models.connected_organization_state import ConnectedOrganizationState

import defender
import policy_facts
from findings import Findings
from place import KEYS, PROCEDURE, Place, every

NAMES = PROCEDURE["names"]


class Reading:
    def __init__(self, place: Place, graph, findings: Findings):
        self.place = place
        self.graph = graph
        self.governance = graph.identity_governance.entitlement_management
        self.findings = findings

    async def all(self, builder, **query) -> list:
        return await every(self.graph, builder, **query)

    async def groups(self) -> dict:
        found = {group.display_name: group for group in await self.all(self.graph.groups)}
        self.findings.same("groups", sorted(found), sorted(NAMES.values()))
        for group in found.values():
            self.findings.object()
            self.findings.same(f"{group.display_name}: security", group.security_enabled, True)
            self.findings.same(f"{group.display_name}: mail", group.mail_enabled, False)
            self.findings.same(f"{group.display_name}: types", group.group_types or [], [])
        return {key: found[NAMES[key]].id for key in KEYS}

    async def members(self, groups: dict) -> None:
        for key in KEYS:
            builder = self.graph.groups.by_group_id(groups[key]).members
            held = sorted(member.mail for member in await self.all(builder))
            seated = [one for one in self.place.facts["requests"] if one["delivered"]]
            wanted = sorted(one["address"] for one in seated if one["package"] == key)
            self.findings.same(f"members of {NAMES[key]}", held, wanted)
            self.findings.object(len(held))

    async def organization(self) -> str:
        found = self.findings.one(
            "connected organization", await self.all(self.governance.connected_organizations)
        )
        self.findings.same("organization: state", found.state, ConnectedOrganizationState.Configured)
        source = self.findings.one("identity source", found.identity_sources)
        self.findings.same("identity source", type(source), AzureActiveDirectoryTenant)
        self.findings.same("its tenant", source.tenant_id, self.place.facts["analystTenant"])
        return found.id

    async def catalog(self) -> str:
        named = f"displayName eq '{PROCEDURE['catalog']}'"
        found = self.findings.one("catalog", await self.all(self.governance.catalogs, filter=named))
        self.findings.same("catalog: state", found.state, AccessPackageCatalogState.Published)
        self.findings.same("catalog: external", found.is_externally_visible, True)
        return found.id

    async def resources(self, catalog: str, groups: dict) -> None:
        builder = self.governance.catalogs.by_access_package_catalog_id(catalog).resources
        found = {one.origin_id: one for one in await self.all(builder, expand=["roles", "scopes"])}
        self.findings.same("resources", sorted(found), sorted(groups.values()))
        for one in found.values():
            self.findings.object()
            self.findings.same("resource: system", one.origin_system, "AadGroup")
            member = f"Member_{one.origin_id}"
            self.findings.same("its roles", member in [role.origin_id for role in one.roles], True)
            self.findings.same("its scope", [scope.is_root_scope for scope in one.scopes], [True])

    async def packages(self, catalog: str, groups: dict) -> dict:
        inside = self.governance.catalogs.by_access_package_catalog_id(catalog).access_packages
        found = {one.display_name: one for one in await self.all(inside)}
        self.findings.same("packages", sorted(found), sorted(NAMES.values()))
        for key in KEYS:
            self.findings.object()
            one = found[NAMES[key]]
            self.findings.same(f"{NAMES[key]}: hidden", one.is_hidden, True)
            scopes = self.governance.access_packages.by_access_package_id(one.id).resource_role_scopes
            gives = await self.all(scopes, expand=["role", "scope"])
            given = self.findings.one(f"role of {NAMES[key]}", gives)
            self.findings.same(f"{NAMES[key]} gives", given.role.origin_id, f"Member_{groups[key]}")
            self.findings.same(f"{NAMES[key]} gives of", given.scope.origin_id, groups[key])
        return {key: found[NAMES[key]].id for key in KEYS}

    async def policies(self, packages: dict, organization: str, groups: dict) -> None:
        found = await self.all(self.governance.assignment_policies, expand=["accessPackage"])
        for key in KEYS:
            mine = [one for one in found if one.access_package.id == packages[key]]
            one = self.findings.one(f"policy of {NAMES[key]}", mine)
            decides = self.place.facts["administrator"] if key == "approvers" else groups["approvers"]
            wanted = policy_facts.wanted(organization, decides, groups["approvers"])
            for name, value in policy_facts.of(one).items():
                self.findings.same(f"policy of {NAMES[key]}: {name}", value, wanted[name])
        self.findings.same("policies", len(found), len(KEYS))

    async def requests(self, packages: dict) -> None:
        found = await self.all(
            self.governance.assignment_requests, expand=["requestor", "accessPackage"]
        )
        seen = sorted((one.requestor.email, one.access_package.id, one.state.value) for one in found)
        wanted = sorted(
            (one["address"], packages[one["package"]], one["state"])
            for one in self.place.facts["requests"]
        )
        self.findings.same("requests", seen, wanted)
        self.findings.object(len(found))

    async def assignments(self, packages: dict) -> None:
        found = await self.all(self.governance.assignments, expand=["target", "accessPackage"])
        seen = sorted((one.target.email, one.access_package.id) for one in found)
        wanted = sorted(
            (one["address"], packages[one["package"]])
            for one in self.place.facts["requests"]
            if one["delivered"]
        )
        self.findings.same("assignments", seen, wanted)
        year = datetime.timedelta(days=PROCEDURE["accessDays"])
        for one in found:
            self.findings.object()
            self.findings.same("assignment", one.state, AccessPackageAssignmentState.Delivered)
            lasts = one.schedule.expiration.end_date_time - one.schedule.start_date_time
            self.findings.same("it lasts", lasts, year)


async def read_back(place: Place) -> dict:
    findings = Findings()
    async with place.by_certificate() as credential:
        reading = Reading(place, place.graph(credential), findings)
        groups = await reading.groups()
        await reading.members(groups)
        organization = await reading.organization()
        catalog = await reading.catalog()
        await reading.resources(catalog, groups)
        packages = await reading.packages(catalog, groups)
        await reading.policies(packages, organization, groups)
        await reading.requests(packages)
        await reading.assignments(packages)
        await defender.read(place.beta(credential), groups, findings)
    return findings.told()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(read_back(Place.told()))))
