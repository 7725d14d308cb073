"""Token requests and their answers, which no OpenAPI description has: as contract.md, section 15, tells them."""

import re

TOKEN = re.compile(r"/[^/]+/oauth2/v2\.0/token")
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

# Number: `error` words and statuses it comes with; None where neither is told.
ERRORS = {
    7000215: ({"invalid_client"}, {401}),
    7000222: ({"invalid_client"}, None),
    700016: ({"unauthorized_client"}, {400}),
    7000112: ({"unauthorized_client"}, None),
    90002: ({"invalid_request"}, {400}),
    500011: ({"invalid_resource"}, None),
    65001: ({"invalid_grant", "consent_required"}, None),
    65004: ({"consent_required"}, None),
    70011: ({"invalid_scope"}, None),
    1002012: ({"invalid_scope"}, None),
    50012: ({"invalid_client"}, None),
    700027: ({"invalid_client"}, None),
}


def is_token(exchange):
    return bool(TOKEN.fullmatch(exchange["path"]))


def complaints(exchange, own):
    """All that is wrong with a token exchange; `own` is a request of the portal."""
    if own:
        yield from of_request(exchange)
    response = exchange["response"]
    if response is not None and not exchange["fault"]:
        if response["status"] == 200:
            yield from of_token(exchange)
        else:
            yield from of_error(response)


def of_request(exchange):
    form = exchange["request"]["body"] or {}
    if exchange["method"] != "POST":
        yield "request: not a POST"
    if not exchange["request"]["headers"].get("content-type", "").startswith("application/x-www-form-urlencoded"):
        yield "request: not a form"
    if not form.get("client_id"):
        yield "request: client_id is required"
    proofs = [name for name in ("client_secret", "client_assertion") if name in form]
    if len(proofs) != 1:
        yield "request: one proof, a secret or an assertion"
    if "client_assertion" in form and form.get("client_assertion_type") != ASSERTION:
        yield "request: client_assertion_type is not that of a JWT"
    kind = form.get("grant_type")
    if kind == "client_credentials":
        if exchange["path"].split("/")[1] in ("common", "organizations"):
            yield "request: an app alone names its tenant"
        if not re.fullmatch(r"https?://[^ ]+/\.default", form.get("scope", "")):
            yield "request: scope is one resource with /.default"
    elif kind == "authorization_code":
        for name in ("code", "redirect_uri", "code_verifier"):
            if name not in form:
                yield f"request: {name} is required"
    elif kind == "refresh_token":
        if not form.get("refresh_token"):
            yield "request: refresh_token is required"
    else:
        yield f"request: grant_type {kind}"


def of_token(exchange):
    body, form = exchange["response"]["body"] or {}, exchange["request"]["body"] or {}
    if body.get("token_type") != "Bearer" or not isinstance(body.get("expires_in"), int):
        yield "response: a token without its type or life"
    if "access_token" not in body:
        yield "response: no access_token"
    if form.get("grant_type") == "client_credentials" and "refresh_token" in body:
        yield "response: a refresh token for an app alone"


def of_error(response):
    body = response["body"] or {}
    numbers = body.get("error_codes")
    for name in ("error", "error_description", "timestamp", "trace_id", "correlation_id"):
        if not isinstance(body.get(name), str):
            yield f"response: an error without {name}"
    if not isinstance(numbers, list) or not all(isinstance(one, int) for one in numbers):
        yield "response: an error without numbers"
        return
    for number in numbers:
        if not str(body.get("error_description")).startswith(f"AADSTS{number}: "):
            yield "response: the description does not begin with the number"
        words, statuses = ERRORS.get(number, (None, None))
        if words and body.get("error") not in words:
            yield f"response: {number} comes as {', '.join(sorted(words))}"
        if statuses and response["status"] not in statuses:
            yield f"response: {number} comes with another status"
