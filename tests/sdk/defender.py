"""Defender's roles by Graph beta: v1.0 has no such provider, so Microsoft's beta SDK is used here."""

from kiota_abstractions.api_error import APIError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_http.middleware.options import RedirectHandlerOption
from msgraph_beta.generated.models.unified_role_assignment_multiple import UnifiedRoleAssignmentMultiple
from msgraph_beta.generated.models.unified_role_definition import UnifiedRoleDefinition
from msgraph_beta.generated.models.unified_role_permission import UnifiedRolePermission

from place import PROCEDURE, every

TIERS = ("tier1", "tier2")


def permissions(key: str) -> list[str]:
    """Tier 2 may do what Tier 1 may, and live response."""
    own = PROCEDURE["permissions"]
    return own["tier1"] if key == "tier1" else own["tier1"] + own["tier2"]


async def written(post, body) -> None:
    """A write that worked may be answered with a redirect to plain http: nobody follows it, one looks instead."""
    try:
        await post(body, RequestConfiguration(options=[RedirectHandlerOption(should_redirect=False)]))
    except APIError as answered:
        if answered.response_status_code not in (301, 302, 303, 307, 308):
            raise


async def actions(beta) -> list[str]:
    """The permissions by the names that this directory has for them."""
    namespaces = beta.role_management.defender.resource_namespaces
    found = []
    for namespace in await every(beta, namespaces):
        item = namespaces.by_unified_rbac_resource_namespace_id(namespace.id)
        found += [action.name for action in await every(beta, item.resource_actions)]
    return found


async def make(beta, groups: dict, until) -> dict:
    """One role per tier, given to the tier's group."""
    defender = beta.role_management.defender
    known, made = await actions(beta), {}
    for key in TIERS:
        name = PROCEDURE["roles"][key]
        wanted = [next(one for one in known if one.endswith(f"/{end}")) for end in permissions(key)]
        role = UnifiedRoleDefinition(
            display_name=name,
            description=f"Analysts of our security provider: {name}.",
            is_enabled=True,
            role_permissions=[UnifiedRolePermission(allowed_resource_actions=wanted)],
        )
        await written(defender.role_definitions.post, role)

        async def named():
            all_roles = await every(beta, defender.role_definitions)
            return next((one.id for one in all_roles if one.display_name == name), None)

        made[key] = await until(f"role {name}", named)
        assignment = UnifiedRoleAssignmentMultiple(
            display_name=name,
            role_definition_id=made[key],
            principal_ids=[groups[key]],
            app_scope_ids=["/"],
        )
        await written(defender.role_assignments.post, assignment)

        async def given():
            all_given = await every(beta, defender.role_assignments)
            return next((one for one in all_given if one.role_definition_id == made[key]), None)

        await until(f"assignment of {name}", given)
    return made


async def read(beta, groups: dict, findings) -> None:
    """The tiers' roles allow what the procedure says and no more, for the tiers' groups alone."""
    defender = beta.role_management.defender
    roles = await every(beta, defender.role_definitions)
    assignments = await every(beta, defender.role_assignments)
    for key in TIERS:
        name = PROCEDURE["roles"][key]
        role = findings.one(f"role {name}", [one for one in roles if one.display_name == name])
        allowed = role.role_permissions[0].allowed_resource_actions
        ends = sorted(action.removeprefix("microsoft.xdr/") for action in allowed)
        findings.same(f"{name} allows", ends, sorted(permissions(key)))
        findings.same(f"{name}: enabled", role.is_enabled, True)
        given = [one for one in assignments if one.role_definition_id == role.id]
        held = findings.one(f"assignment of {name}", given)
        findings.same(f"{name} is for", held.principal_ids, [groups[key]])
        findings.same(f"{name} over", held.app_scope_ids, ["/"])
