"""Answers that Microsoft's description of Graph allows, made from a seed: for every call the portal reads.

    answers.py CONTRACT_DIRECTORY SOURCES_OF_THE_GRAPH_CLIENT FILE

The documented examples show a few properties each. These have any of the described ones, in any number, null where
that is allowed, and every word of every enumeration. tests/it/examples reads them.
"""

import json
import random
import re
import sys
import uuid
from pathlib import Path

import portal
from check import HERE
from description import Description
from shape import PREFIX, Shapes

EACH = 12
DEEP = 3
WORDS = ("Tier 1 Analyst", "Ann & Bo", "  ", "Größe Ω 客户", "<script>", "O'Neil", "\u202eevil", "a" * 300)
PEOPLE = ("user", "group", "servicePrincipal")


class Maker:
    def __init__(self, shapes, seed):
        self.shapes, self.chance = shapes, random.Random(seed)

    def guid(self):
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def moment(self):
        day = f"20{self.chance.randint(10, 60)}-{self.chance.randint(1, 12):02}-{self.chance.randint(1, 28):02}"
        part = self.chance.choice(("", ".5", ".1234567"))
        return f"{day}T{self.chance.randint(0, 23):02}:30:59{part}Z"

    def value(self, schema, name="", depth=0):
        """A value, or None where null is allowed and drawn."""
        nullable = schema.get("nullable") or any(one.get("nullable") for one in schema.get("anyOf", ()))
        schema = self.shapes.resolve(schema)
        while len(schema.get("allOf", ())) == 1 and "properties" not in schema:
            # A reference with words of its own beside it.
            schema = self.shapes.resolve(schema["allOf"][0])
        if (nullable or schema.get("nullable")) and self.chance.random() < 0.2:
            return None
        if "enum" in schema:
            return self.chance.choice([one for one in schema["enum"] if one is not None])
        kind = schema.get("type")
        if kind == "array":
            items = schema["items"]
            most = 3 if depth < DEEP else 0
            return [self.value({**items, "nullable": False}, name, depth + 1) for _ in range(self.chance.randint(0, most))]
        if kind == "boolean":
            return self.chance.random() < 0.5
        if kind in ("integer", "number") or "oneOf" in schema:
            return self.chance.choice((0, 1, 12, 365))
        if kind == "string":
            return self.text(schema.get("format"), name)
        return self.object(schema, depth)

    def text(self, form, name):
        if form == "date-time":
            return self.moment()
        if form == "date":
            return "2027-02-03"
        if form == "time":
            return "08:00:00.0000000"
        if form == "duration":
            return self.chance.choice(("P14D", "P365D", "PT0S", "P1DT12H", "PT8H30M"))
        if form == "uuid" or name.endswith("Id") or name in ("id", "principalIds"):
            return self.guid()
        return self.chance.choice(WORDS)

    def object(self, schema, depth):
        made, title = {}, schema.get("title", "")
        kinds = schema.get("discriminator", {}).get("mapping", {})
        if title == "directoryObject":
            kinds = {f"#microsoft.graph.{kind}": f"{PREFIX}microsoft.graph.{kind}" for kind in PEOPLE}
        kinds = {name: at for name, at in kinds.items() if at.removeprefix(PREFIX) in self.shapes.schemas}
        if kinds:
            name = self.chance.choice(sorted(kinds))
            schema = self.shapes.resolve({"$ref": kinds[name]})
            made["@odata.type"] = name
        for name, inner in (self.shapes.properties(schema) or {}).items():
            # Settings of a mailbox have a form of time that the validator does not know.
            if name in made or "@" in name or name == "mailboxSettings":
                continue
            if name == "id":
                made[name] = self.guid()
            elif self.chance.random() < 0.6 and (depth < DEEP or self.shapes.resolve(inner).get("type") != "object"):
                made[name] = self.value(inner, name, depth + 1)
        if made.get("type") == "afterDuration" or "duration" in made:
            # Beside a duration there is no end (contract.md, section 7).
            made.pop("endDateTime", None)
        return made


def filled(template):
    """An address in which every blank has an id."""
    return re.sub(r"\{[^}]*\}", "0282e19d-bf41-435d-92a4-99bab93af305", template)


def made(description, shapes, version, method, template):
    operation = description.operation(method, template)
    for status in ("200", "201"):
        content = operation["responses"].get(status, {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None:
            continue
        for seed in range(EACH):
            maker = Maker(shapes, f"{method} {template} {seed}")
            answer = maker.object(shapes.resolve(schema), 0)
            properties = shapes.properties(shapes.resolve(schema)) or {}
            if "value" in properties:
                answer = {"value": maker.value({**properties["value"], "nullable": False}, "value", 0)}
            yield {"version": version, "method": method, "address": f"/{version}{filled(template)}",
                   "status": int(status), "seed": seed, "answer": answer}


def main(contract, sources, file):
    faults = json.loads((HERE / "known-faults.json").read_text(encoding="utf-8"))
    known, lines = portal.operations(sources), []
    for version in ("v1.0", "beta"):
        description = Description(contract, version, faults)
        shapes = Shapes(description)
        for template, item in description.spec["paths"].items():
            # What a batch answers is in its parts, and each of these is an operation of its own.
            if template == "/$batch":
                continue
            for method in ("GET", "POST", "PATCH"):
                if (version, method, portal.blank(template)) in known and method.lower() in item:
                    lines += made(description, shapes, version, method, template)
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    print(f"{len(lines)} answers made of {len({(l['method'], l['address']) for l in lines})} operations")


if __name__ == "__main__":
    main(*sys.argv[1:])
