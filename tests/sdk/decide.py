"""The customer's administrator, signed in with msal, decides on what waits for him: by SDK calls in his own name."""

import asyncio
import json
import time

from azure.core.credentials import AccessToken
from msgraph.generated.models.approval_stage import ApprovalStage

from findings import Findings
from place import Place
from sign_in import signed_in


class Held:
    """A token that msal got, as the SDK wants it."""

    def __init__(self, token: str):
        self.token = token

    def get_token(self, *_scopes, **_options) -> AccessToken:
        return AccessToken(self.token, int(time.time()) + 3000)


async def decide(place: Place) -> dict:
    findings = Findings()
    address = place.facts["administratorAddress"]
    graph = place.graph(Held(signed_in(place, address, findings)))
    me = await graph.me.get()
    findings.same("who I am", me.id, place.facts["administrator"])
    approvals = graph.identity_governance.entitlement_management.access_package_assignment_approvals
    waiting = await approvals.filter_by_current_user_with_on("approver").get()
    findings.same("requests waiting", len(waiting.value), place.facts["waiting"])
    for one in waiting.value:
        stages = approvals.by_approval_id(one.id).stages
        stage = findings.one("stage", (await stages.get()).value)
        findings.same("it is mine", stage.assigned_to_me, True)
        decision = ApprovalStage(review_result="Approve", justification="Known to us.")
        await stages.by_approval_stage_id(stage.id).patch(decision)
        decided = findings.one("stage", (await stages.get()).value)
        findings.same("decided", [decided.status, decided.review_result], ["Completed", "Approve"])
        findings.same("by whom", decided.reviewed_by.id, me.id)
    left = await approvals.filter_by_current_user_with_on("approver").get()
    findings.same("requests left", len(left.value), 0)
    return findings.told()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(decide(Place.told()))))
