"""Somebody changes one value of one policy by hand, with Microsoft's SDK: access for half a year."""

import asyncio
import json

import policy
from findings import Findings
from place import Place

HALF_A_YEAR = 182


async def change(place: Place) -> dict:
    findings, made = Findings(), place.facts["made"]
    async with place.by_secret() as credential:
        policies = place.graph(credential).identity_governance.entitlement_management.assignment_policies
        new = policy.wanted(
            "tier1",
            made["packages"]["tier1"],
            made["organization"],
            made["groups"]["approvers"],
            place.facts["administrator"],
        )
        new.id = made["policies"]["tier1"]
        new.expiration = policy.after(HALF_A_YEAR)
        one = policies.by_access_package_assignment_policy_id(new.id)
        await one.put(new)
        read = await one.get()
        findings.same("lasts", read.expiration.duration.days, HALF_A_YEAR)
        findings.object()
    return findings.told()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(change(Place.told()))))
