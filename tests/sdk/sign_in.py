"""Consent of an administrator, tokens and sign-in with Microsoft's `msal`, against the simulated cloud's pages."""

import json
import secrets
from pathlib import Path
from urllib.parse import urlencode

import jwt
import msal
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from findings import Findings
from place import SCOPE, Place
from visitor import Visitor

ASKED = ["User.Read", "https://graph.microsoft.com/EntitlementManagement.ReadWrite.All"]


def proofs(place: Place) -> dict:
    """The ways in which an application proves itself: msal signs by PS256, or by the older RS256 with SHA-1."""
    pem = Path(place.app["certificate"]).read_text()
    certificate = x509.load_pem_x509_certificate(pem.encode())
    thumbprint = certificate.fingerprint(hashes.SHA1()).hex()
    public = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return {
        "secret": place.app["secret"],
        "certificate, PS256": {"private_key": pem, "public_certificate": public},
        "certificate, RS256": {"private_key": pem, "thumbprint": thumbprint},
    }


def application(place: Place, proof) -> msal.ConfidentialClientApplication:
    # Microsoft's list of authorities does not know this one: it is not asked.
    return msal.ConfidentialClientApplication(
        place.app["id"],
        client_credential=proof,
        authority=f"{place.origin}/{place.tenant}",
        instance_discovery=False,
    )


def claims(token: str) -> dict:
    return jwt.decode(token, options={"verify_signature": False})


def refused_before_consent(place: Place, findings: Findings) -> None:
    answer = application(place, place.app["secret"]).acquire_token_for_client([SCOPE])
    findings.same("before consent", answer.get("error"), "unauthorized_client")
    findings.same("its code", answer.get("error_codes"), [700016])


def consent(place: Place, findings: Findings) -> None:
    """msal has no call for it: the address is the documented one, the administrator accepts on the page."""
    state = secrets.token_urlsafe()
    query = urlencode(
        {
            "client_id": place.app["id"],
            "scope": SCOPE,
            "redirect_uri": place.app["redirect"],
            "state": state,
        }
    )
    visitor = Visitor(place.origin, place.facts["administratorAddress"])
    page = visitor.go("GET", f"{place.origin}/{place.tenant}/v2.0/adminconsent?{query}")
    back = visitor.press(visitor.pick(page), "Accept")
    found = [back.get(name) for name in ("admin_consent", "tenant", "state")]
    findings.same("consent", found, ["True", place.tenant, state])


def tokens(place: Place, findings: Findings) -> None:
    for name, proof in proofs(place).items():
        app = application(place, proof)
        answer = app.acquire_token_for_client([SCOPE])
        if "access_token" not in answer:
            raise AssertionError(f"{name}: {answer}")
        told = claims(answer["access_token"])
        findings.same(f"{name}: tid", told["tid"], place.tenant)
        findings.same(f"{name}: roles", sorted(told["roles"]), sorted(place.app["permissions"]))
        again = app.acquire_token_for_client([SCOPE])
        findings.same(f"{name}: kept", again["token_source"], "cache")
        findings.object()


def signed_in(place: Place, address: str, findings: Findings) -> str:
    """Authorization code with PKCE; msal judges state, nonce, issuer and audience. The access token."""
    app = application(place, proofs(place)["certificate, PS256"])
    redirect = place.app["redirect"]
    flow = app.initiate_auth_code_flow(ASKED, redirect_uri=redirect, response_mode="form_post")
    visitor = Visitor(place.origin, address)
    back = visitor.handed_back(visitor.pick(visitor.go("GET", flow["auth_uri"])), redirect)
    answer = app.acquire_token_by_auth_code_flow(flow, back)
    findings.same("sign-in: error", answer.get("error_description"), None)
    told = answer["id_token_claims"]
    findings.same("sign-in: tid", told["tid"], place.tenant)
    findings.same("sign-in: who", told["preferred_username"], address)
    keys = jwt.PyJWKClient(f"{place.origin}/{place.tenant}/discovery/v2.0/keys")
    verified = jwt.decode(
        answer["id_token"],
        keys.get_signing_key_from_jwt(answer["id_token"]).key,
        algorithms=["RS256"],
        audience=place.app["id"],
        issuer=f"{place.origin}/{place.tenant}/v2.0",
    )
    findings.same("sign-in: signed claims", verified["oid"], told["oid"])
    account = app.get_accounts()[0]
    renewed = app.acquire_token_silent(ASKED, account, force_refresh=True)
    findings.same("renewed: error", renewed.get("error_description"), None)
    findings.same("renewed: scopes", "EntitlementManagement.ReadWrite.All" in renewed["scope"], True)
    findings.object()
    return renewed["access_token"]


def main() -> None:
    place, findings = Place.told(), Findings()
    refused_before_consent(place, findings)
    consent(place, findings)
    tokens(place, findings)
    signed_in(place, place.facts["administratorAddress"], findings)
    print(json.dumps(findings.told()))


if __name__ == "__main__":
    main()
