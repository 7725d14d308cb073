"""Carries out the procedure of Microsoft's page in an empty directory, by calls of Microsoft's SDK alone."""

import asyncio
import json

from msgraph.generated.models.access_package import AccessPackage
from msgraph.generated.models.access_package_catalog import AccessPackageCatalog
from msgraph.generated.models.access_package_catalog_state import AccessPackageCatalogState
from msgraph.generated.models.access_package_request_type import AccessPackageRequestType
from msgraph.generated.models.access_package_resource import AccessPackageResource
from msgraph.generated.models.access_package_resource_request import AccessPackageResourceRequest
from msgraph.generated.models.access_package_resource_role import AccessPackageResourceRole
from msgraph.generated.models.access_package_resource_role_scope import AccessPackageResourceRoleScope
from msgraph.generated.models.access_package_resource_scope import AccessPackageResourceScope
from msgraph.generated.models.connected_organization import ConnectedOrganization
from msgraph.generated.models.connected_organization_state import ConnectedOrganizationState
from msgraph.generated.models.domain_identity_source import DomainIdentitySource
from msgraph.generated.models.group import Group

import defender
import policy
from place import KEYS, PROCEDURE, Place, asking

NAMES = PROCEDURE["names"]
# Directory and entitlement management agree with each other after a while.
PATIENCE = 60
PAUSE = 0.2


async def until(what: str, look):
    """Asks again until there is an answer, as one must after a write."""
    for _ in range(int(PATIENCE / PAUSE)):
        found = await look()
        if found is not None:
            return found
        await asyncio.sleep(PAUSE)
    raise TimeoutError(f"{what} did not show within {PATIENCE} s")


class Hands:
    def __init__(self, place: Place, graph):
        self.place = place
        self.graph = graph
        self.governance = graph.identity_governance.entitlement_management

    async def group(self, name: str) -> str:
        made = await self.graph.groups.post(
            Group(
                display_name=name,
                description="Made by hand.",
                mail_nickname=name.replace(" ", ""),
                mail_enabled=False,
                security_enabled=True,
            )
        )
        return made.id

    async def organization(self) -> str:
        domain = self.place.facts["analystDomain"]
        made = await self.governance.connected_organizations.post(
            ConnectedOrganization(
                display_name=domain,
                description="Our security provider.",
                identity_sources=[DomainIdentitySource(domain_name=domain, display_name=domain)],
                state=ConnectedOrganizationState.Configured,
            )
        )
        return made.id

    async def catalog(self) -> str:
        made = await self.governance.catalogs.post(
            AccessPackageCatalog(
                display_name=PROCEDURE["catalog"],
                description="Access of our security provider.",
                state=AccessPackageCatalogState.Published,
                is_externally_visible=True,
            )
        )
        return made.id

    async def resource(self, catalog: str, key: str, group: str) -> AccessPackageResource:
        resources = self.governance.catalogs.by_access_package_catalog_id(catalog).resources
        ask = AccessPackageResourceRequest(
            request_type=AccessPackageRequestType.AdminAdd,
            resource=AccessPackageResource(
                display_name=NAMES[key], origin_id=group, origin_system="AadGroup"
            ),
            catalog=AccessPackageCatalog(id=catalog),
        )

        async def added():
            try:
                return await self.governance.resource_requests.post(ask)
            except Exception as refused:
                # The group is a moment old; entitlement management does not see it yet.
                code = getattr(getattr(refused, "error", None), "code", None) or ""
                if code.startswith("ResourceNotFound"):
                    return None
                raise

        await until(f"group {NAMES[key]}", added)
        query = asking(resources, filter=f"originId eq '{group}'", expand=["roles", "scopes"])

        async def delivered():
            page = await resources.get(query)
            found = page.value[0] if page.value else None
            return found if found and found.roles and found.scopes else None

        return await until(f"resource {NAMES[key]}", delivered)

    async def package(self, catalog: str, key: str, resource: AccessPackageResource) -> str:
        made = await self.governance.access_packages.post(
            AccessPackage(
                display_name=NAMES[key],
                description=f"Membership of {NAMES[key]}.",
                is_hidden=True,
                catalog=AccessPackageCatalog(id=catalog),
            )
        )
        member = next(role for role in resource.roles if role.display_name == "Member")
        root = next(scope for scope in resource.scopes if scope.is_root_scope)
        of = AccessPackageResource(
            id=resource.id, origin_id=resource.origin_id, origin_system=resource.origin_system
        )
        role_scope = AccessPackageResourceRoleScope(
            role=AccessPackageResourceRole(
                id=member.id,
                display_name=member.display_name,
                origin_id=member.origin_id,
                origin_system=member.origin_system,
                resource=of,
            ),
            scope=AccessPackageResourceScope(
                id=root.id,
                origin_id=root.origin_id,
                origin_system=root.origin_system,
                is_root_scope=True,
            ),
        )
        scopes = self.governance.access_packages.by_access_package_id(made.id).resource_role_scopes
        await scopes.post(role_scope)
        return made.id


async def carry_out(place: Place) -> dict:
    made = {}
    async with place.by_secret() as secret, place.by_certificate() as certificate:
        hands = Hands(place, place.graph(secret))
        made["groups"] = {key: await hands.group(NAMES[key]) for key in KEYS}
        # The same app by its certificate: the rest of the procedure is its work.
        hands = Hands(place, place.graph(certificate))
        made["organization"] = await hands.organization()
        made["catalog"] = await hands.catalog()
        resources = {
            key: await hands.resource(made["catalog"], key, made["groups"][key]) for key in KEYS
        }
        made["packages"] = {
            key: await hands.package(made["catalog"], key, resources[key]) for key in KEYS
        }
        made["policies"] = {}
        for key in KEYS:
            new = policy.wanted(
                key,
                made["packages"][key],
                made["organization"],
                made["groups"]["approvers"],
                place.facts["administrator"],
            )
            answered = await hands.governance.assignment_policies.post(new)
            made["policies"][key] = answered.id
        made["roles"] = await defender.make(place.beta(certificate), made["groups"], until)
    return made


if __name__ == "__main__":
    print(json.dumps(asyncio.run(carry_out(Place.told()))))
