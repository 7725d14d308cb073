"""What the descriptions leave out and contract.md says: required properties, keys, statuses, headers.

Each rule is a function of (exchange, request body) that yields complaints.
"""

import re

EM = "/identityGovernance/entitlementManagement"
DEFENDER = "/roleManagement/defender"
NO_RETRY_AFTER = "response: no Retry-After"
ELSEWHERE = "response: the next page is elsewhere"
NICKNAME = re.compile(r"[^@()\\\[\]\";:.<>, ]{1,64}", re.ASCII)
REFERENCE = re.compile(r".+/(v1\.0|beta)/(directoryObjects|users|groups|servicePrincipals)/[0-9a-f-]{36}")


def at(value, path):
    """The value at a dotted path, None where there is none."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def needed(body, *paths):
    for path in paths:
        if at(body, path) in (None, "", []):
            yield f"request: {path} is required"


def new_group(body):
    yield from needed(body, "displayName", "mailNickname")
    for flag in ("mailEnabled", "securityEnabled"):
        if not isinstance(body.get(flag), bool):
            yield f"request: {flag} is required"
    if not NICKNAME.fullmatch(body.get("mailNickname") or ""):
        yield "request: mailNickname has more than 64 characters, or one that is not allowed"
    for bind in ("members@odata.bind", "owners@odata.bind"):
        if len(body.get(bind) or []) > 20:
            yield f"request: more than 20 references in {bind}"


def upsert_group(body, exchange):
    if "create-if-missing" in exchange["request"]["headers"].get("prefer", ""):
        yield from new_group(body)


def reference(body):
    if not REFERENCE.fullmatch(str(body.get("@odata.id"))):
        yield "request: @odata.id does not name a directory object"


def connected_organization(body):
    yield from needed(body, "displayName", "identitySources")
    sources = body.get("identitySources") or []
    kinds = ("#microsoft.graph.domainIdentitySource", "#microsoft.graph.externalDomainFederation")
    if len(sources) != 1 or at(sources[0], "@odata.type") not in (None, *kinds):
        yield "request: exactly one identity source, a domain"


def resource_request(body):
    yield from needed(body, "requestType", "resource.originSystem", "catalog.id")
    yield from needed(body, "resource.id" if body.get("requestType") == "adminRemove" else "resource.originId")


def role_scope(body):
    yield from needed(body, "role.originId", "role.originSystem", "role.resource.id", "scope.originId")
    yield from needed(body, "role.resource.originId", "role.resource.originSystem", "scope.originSystem")


def policy(body):
    yield from needed(body, "displayName", "accessPackage.id", "allowedTargetScope")
    if at(body, "expiration.type") == "afterDuration" and at(body, "expiration.endDateTime") is not None:
        yield "request: an end beside a duration"
    stages = at(body, "requestApprovalSettings.stages") or []
    if len(stages) > 3:
        yield "request: more than three stages"
    if at(body, "requestApprovalSettings.isApprovalRequiredForAdd") and not stages:
        yield "request: approval without a stage"
    kind = at(body, "reviewSettings.schedule.recurrence.pattern.type")
    if kind not in (None, "weekly", "absoluteMonthly"):
        yield f"request: reviews do not know the pattern {kind}"
    yield from typed(body, "request")


def typed(value, where):
    """Every subject set says which kind it is."""
    lists = ("specificAllowedTargets", "onBehalfRequestors", "primaryApprovers", "fallbackPrimaryApprovers",
             "escalationApprovers", "fallbackEscalationApprovers", "primaryReviewers", "fallbackReviewers")
    if isinstance(value, list):
        for one in value:
            yield from typed(one, where)
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in lists and any("@odata.type" not in one for one in inner or ()):
                yield f"{where}: a subject of {key} without @odata.type"
            yield from typed(inner, where)


def assignment_request(body):
    kind = str(body.get("requestType"))
    if kind.lower() == "adminadd":
        yield from needed(body, "assignment.assignmentPolicyId", "assignment.accessPackageId")
        if not (at(body, "assignment.targetId") or at(body, "assignment.target")):
            yield "request: adminAdd without a target"
    elif kind.lower() in ("adminremove", "adminupdate", "userremove", "userupdate"):
        yield from needed(body, "assignment.id")
    elif kind.lower() == "useradd":
        yield from needed(body, "assignment.accessPackageId")
    else:
        yield f"request: {kind} is not a type one can ask for"


def approval(body):
    if body.get("reviewResult") not in ("Approve", "Deny"):
        yield "request: reviewResult is Approve or Deny"


def defender_role(body):
    yield from needed(body, "displayName", "rolePermissions")
    yield from plain(body)


def defender_assignment(body):
    yield from needed(body, "displayName", "roleDefinitionId", "principalIds")
    if not (body.get("directoryScopeIds") or body.get("appScopeIds")):
        yield "request: neither directoryScopeIds nor appScopeIds"
    yield from plain(body)


def plain(body):
    if "@odata.type" in str(body):
        yield "request: Defender refuses @odata.type"


REQUESTS = {
    ("v1.0", "post", "/groups"): new_group,
    ("v1.0", "patch", "/groups(uniqueName='{uniqueName}')"): upsert_group,
    ("v1.0", "post", "/groups/{group-id}/members/$ref"): reference,
    ("v1.0", "post", "/groups/{group-id}/owners/$ref"): reference,
    ("v1.0", "post", f"{EM}/connectedOrganizations"): connected_organization,
    ("v1.0", "post", f"{EM}/catalogs"): lambda body: needed(body, "displayName"),
    ("v1.0", "post", f"{EM}/resourceRequests"): resource_request,
    ("v1.0", "post", f"{EM}/accessPackages"): lambda body: needed(body, "displayName", "catalog.id"),
    ("v1.0", "post", f"{EM}/accessPackages/{{accessPackage-id}}/resourceRoleScopes"): role_scope,
    ("v1.0", "post", f"{EM}/assignmentPolicies"): policy,
    ("v1.0", "put", f"{EM}/assignmentPolicies/{{accessPackageAssignmentPolicy-id}}"): policy,
    ("v1.0", "post", f"{EM}/assignmentRequests"): assignment_request,
    ("v1.0", "patch",
     f"{EM}/accessPackageAssignmentApprovals/{{approval-id}}/stages/{{approvalStage-id}}"): approval,
    ("beta", "post", f"{DEFENDER}/roleDefinitions"): defender_role,
    ("beta", "post", f"{DEFENDER}/roleAssignments"): defender_assignment,
}

# Shown only where $expand asks for them.
NAVIGATION = {
    "accessPackage": {"catalog", "assignmentPolicies", "resourceRoleScopes"},
    "accessPackageAssignment": {"accessPackage", "assignmentPolicy", "target"},
    "accessPackageAssignmentPolicy": {"accessPackage", "catalog", "questions", "customExtensionStageSettings"},
    "accessPackageAssignmentRequest": {"accessPackage", "assignment", "requestor"},
    "accessPackageResource": {"roles", "scopes", "environment"},
    "accessPackageResourceRequest": {"catalog", "resource"},
    "accessPackageResourceRole": {"resource"},
    "accessPackageResourceRoleScope": {"role", "scope"},
    "connectedOrganization": {"externalSponsors", "internalSponsors"},
    "group": {"members", "owners"},
}


def of_request(exchange, rule):
    """Complaints about a request: its headers, its body."""
    request = exchange["request"]
    headers, body = request["headers"], request["body"]
    if not headers.get("authorization", "").startswith("Bearer "):
        yield "request: no bearer token"
    if body is not None and not headers.get("content-type", "").startswith("application/json"):
        yield "request: a body that is not called JSON"
    if exchange["method"] in ("GET", "DELETE") and body is not None:
        yield "request: a body where none belongs"
    if rule is not None and isinstance(body, dict):
        yield from rule(body, exchange) if rule is upsert_group else rule(body)
    asked = dict(exchange["options"])
    if "$search" in asked and headers.get("consistencylevel") != "eventual":
        yield "request: an advanced query without ConsistencyLevel: eventual"


def of_response(exchange):
    """Complaints about an answer: its status, headers, error body."""
    response, request = exchange["response"], exchange["request"]
    status, headers, body = response["status"], response["headers"], response["body"]
    if "request-id" not in headers and not exchange.get("part"):
        yield "response: no request-id"
    asked = request["headers"].get("client-request-id")
    if asked and headers.get("client-request-id") != asked and not exchange.get("part"):
        yield "response: client-request-id is not echoed"
    if status in (429, 503) and not str(headers.get("retry-after", "")).isdigit():
        yield NO_RETRY_AFTER
    if status == 204 and body is not None:
        yield "response: 204 with a body"
    if status in (200, 201) and body is None:
        yield f"response: {status} without a body"
    if status >= 400:
        yield from error(body)
    if isinstance(body, dict) and "value" in body and status < 300:
        following = body.get("@odata.nextLink")
        if following is not None and not following.startswith(exchange["base"]):
            yield ELSEWHERE


def error(body):
    inner = at(body, "error.innerError")
    if not isinstance(at(body, "error.code"), str) or not isinstance(at(body, "error.message"), str):
        yield "response: an error without code and message"
    if not isinstance(inner, dict) or {"date", "request-id", "client-request-id"} - set(inner):
        yield "response: an error without date and ids inside"


def items(body):
    """The objects of an answer, whether one or a page."""
    if isinstance(body, dict) and isinstance(body.get("value"), list):
        return [one for one in body["value"] if isinstance(one, dict)]
    return [body] if isinstance(body, dict) else []


def of_selection(exchange, title, properties):
    """$select and $expand: only what exists is asked for, only what was asked for is shown."""
    asked = dict(exchange["options"])
    names = [name.strip() for name in asked.get("$select", "").split(",") if name.strip()]
    expand = asked.get("$expand", "")
    while "(" in expand:
        expand = re.sub(r"\([^()]*\)", "", expand)
    expanded = [name.strip() for name in expand.split(",") if name.strip()]
    for name in [*names, *expanded]:
        if properties and name not in properties:
            yield f"request: {title} has no property {name}"
    shown = {key for one in items(exchange["response"]["body"]) for key in one if "@odata." not in key}
    hidden = NAVIGATION.get(title, set()) - set(expanded) - set(names)
    if exchange["method"] == "GET":
        for name in sorted(shown & hidden):
            yield f"response: {name} was not asked for with $expand"
        for name in sorted(shown - set(names) - set(expanded)) if names else ():
            yield f"response: {name} was not asked for with $select"
