"""What $filter may say: as the description of each property tells it, and as contract.md or the page of a call does."""

import re

EM = "/identityGovernance/entitlementManagement"
REVIEWS = "/identityGovernance/accessReviews/definitions"
WORDS = r"eq|ne|not|ge|gt|le|lt|in|startswith|endswith|contains"
TEXT = re.compile(r"'(?:[^']|'')*'")
TOLD = re.compile(r"\$filter \(([^)]*)\)", re.IGNORECASE)

LITERALS = {"boolean": "true|false", "integer": r"-?\d+", "date-time": r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?"}

ADVANCED_ID = "id:eq,ne,not,in"
PEOPLE = "id:eq displayName:eq,startswith"
MOMENTS = "createdDateTime:eq,ge,gt,le,lt lastUpdateDateTime:eq,ge,gt,le,lt"
ALERTS = "assignedTo:eq,ne classification:eq,ne determination:eq,ne severity:eq,ne status:eq,ne " + MOMENTS

# Where no property's description tells it; `+` only with the first piece of the path expanded.
LISTED = {
    "/groups": f"{ADVANCED_ID} uniqueName:eq hasMembersWithLicenseErrors:eq",
    # By sign-in name: an example of the page.
    "/users": f"{ADVANCED_ID} identities/any/issuer:eq identities/any/issuerAssignedId:eq",
    "/servicePrincipals": ADVANCED_ID,
    "/groups/{group-id}/members": PEOPLE,
    "/groups/{group-id}/owners": PEOPLE,
    "/users/{user-id}/memberOf": PEOPLE,
    "/me/memberOf": PEOPLE,
    f"{EM}/connectedOrganizations":
        "identitySources/any/microsoft.graph.azureActiveDirectoryTenant/tenantId:eq",
    f"{EM}/catalogs": "displayName:eq,contains",
    f"{EM}/catalogs/{{accessPackageCatalog-id}}/resources": "id:eq originId:eq",
    f"{EM}/catalogs/{{accessPackageCatalog-id}}/resourceRoles": "originSystem:eq resource/id:eq",
    f"{EM}/resourceRequests": "catalog/id:eq",
    f"{EM}/assignmentPolicies": "displayName:eq",
    f"{EM}/assignmentRequests": "createdDateTime:eq,ge,gt,le,lt +accessPackage/id:eq",
    f"{EM}/assignments": "+accessPackage/id:eq +assignmentPolicy/id:eq +target/objectId:eq",
    REVIEWS: "scope/microsoft.graph.accessReviewQueryScope/query:contains",
    "/auditLogs/directoryAudits":
        "initiatedBy/user/id:eq initiatedBy/user/displayName:eq initiatedBy/user/userPrincipalName:eq "
        "initiatedBy/app/appId:eq initiatedBy/app/displayName:eq "
        "targetResources/any/id:eq targetResources/any/displayName:eq,startswith",
    # contract.md 11 names the properties and no operators.
    "/security/alerts_v2": f"{ALERTS} serviceSource:eq,ne",
    "/security/incidents": ALERTS,
    # The page allows $filter and names no property.
    "/identity/conditionalAccess/policies": "id:eq displayName:eq,startswith,contains state:eq",
    "/roleManagement/defender/roleDefinitions": "id:eq",
    "/roleManagement/defender/roleAssignments": "principalIds/any:eq displayName:eq",
}


def table(cell):
    """`a:eq,ne +b/id:eq` as a dictionary; the paths with `+` apart."""
    pairs = [one.split(":") for one in cell.split()]
    return ({path.lstrip("+"): set(words.split(",")) for path, words in pairs},
            {path.lstrip("+") for path, _ in pairs if path.startswith("+")})


def kind_of(one):
    """What a property holds where it is neither text nor object."""
    for part in (one, *one.get("anyOf", ()), *one.get("oneOf", ())):
        if part.get("type") in ("boolean", "integer"):
            return part["type"]
        if part.get("format") == "date-time":
            return "date-time"
    return None


def mistaken(text, properties):
    """Comparisons of a property with what it cannot hold."""
    for path, _, literal in re.findall(r"(?<![\w/.])(\w+) (eq|ne|ge|gt|le|lt) ('(?:[^']|'')*'|[\w.:+-]+)", text):
        fit = LITERALS.get(kind_of(properties.get(path, {})))
        if fit and literal != "null" and not re.fullmatch(fit, literal):
            yield f"request: filtering by {path} and a literal of another kind"


def described(properties):
    """Operators by property, as `Supports $filter (eq, ne, startsWith, and eq on null values)` tells them."""
    found = {}
    for name, one in properties.items():
        told = TOLD.search(str(one.get("description", "")).replace("\n", " "))
        if told:
            words = re.sub(r"/\$count (eq|ne) \d", "", told[1])
            words = {word.lower() for word in re.findall(rf"\b({WORDS})\b", words, re.IGNORECASE)}
            found[f"{name}/any" if one.get("type") == "array" else name] = words
    return found


def bare(term):
    """A term without brackets around it."""
    term = term.strip()
    while term.startswith("(") and term.endswith(")") and term.count("(") == term.count(")"):
        term = term[1:-1].strip()
    return term


def asked(text):
    """Pairs of path and operator; a lambda's path is `list/any/…`; None where it cannot be read."""
    for term in re.split(r" (?:and|or) (?![^(]*\)\))", bare(TEXT.sub("''", text))):
        term = bare(term)
        if term.lower().startswith("not"):
            inner = list(asked(term[3:]))
            yield from inner
            yield from ((path, "not") for path, _ in inner)
        elif found := re.fullmatch(r"([\w./]+)/any\((\w+): ?(.*)\)", term):
            for path, word in asked(found[3]):
                rest = path.removeprefix(found[2]).strip("/")
                yield f"{found[1]}/any/{rest}".rstrip("/"), word
        elif found := re.fullmatch(rf"({WORDS})\((?:tolower\()?([\w./]+)\)?, ?''\)", term, re.IGNORECASE):
            yield found[2], found[1].lower()
        elif found := re.fullmatch(rf"([\w./]+) ({WORDS}) (.+)", term, re.IGNORECASE):
            yield found[1], found[2].lower()
        else:
            yield term, None


def complaints(template, options, properties):
    """Complaints about the $filter of a request for a list of things with these properties."""
    text = dict(options).get("$filter")
    if text is None:
        return
    yield from mistaken(text, properties)
    listed, expanded = table(LISTED.get(template, ""))
    known = {**described(properties), **listed}
    for path, word in asked(text):
        if word not in known.get(path, ()):
            yield f"request: filtering by {path} {word} is not documented"
        if path in expanded and path.split("/")[0] not in dict(options).get("$expand", ""):
            yield f"request: filtering by {path} without $expand={path.split('/')[0]}"
