"""Checks recorded exchanges of the simulated cloud against Microsoft's description of Graph.

    check.py CONTRACT_DIRECTORY EXCHANGES_DIRECTORY SOURCES_OF_THE_GRAPH_CLIENT

Every request the portal sent and every answer the simulated cloud gave must fit the OpenAPI slices and the rules of
contract.md. A request of anybody else must fit where the simulated cloud accepted it.
"""

import collections
import copy
import json
import re
import sys
import time
from pathlib import Path

import entra
import filters
import portal
import rules
from description import HOST, Description, options, told
from shape import Shapes

HERE = Path(__file__).parent
# How Microsoft's clients for Python and JavaScript name themselves, and the test that sends what its pages show.
MICROSOFTS = re.compile(r"kiota|graph-python|graph-js|msgraph|documented-example", re.IGNORECASE)
EXAMPLE = "documented-example/"
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(?=Z|\+00:00|%2B00|\")")


class Contract:
    def __init__(self, directory):
        self.faults = json.loads((HERE / "known-faults.json").read_text(encoding="utf-8"))
        self.versions = {name: Description(directory, name, self.faults) for name in ("v1.0", "beta")}
        self.shapes = {name: Shapes(one) for name, one in self.versions.items()}
        self.paging = {fault["option"] for fault in self.faults if fault["kind"] == "option"}
        self.casts = {fault["path"] for fault in self.faults if fault["kind"] == "cast"}
        self.beyond = {(f["version"], f["method"], f["path"]) for f in self.faults if f["kind"] == "operation"}
        self.unhurried = {f["path"] for f in self.faults if f["kind"] == "retry-after"}
        self.moved = {(f["version"], f["method"], f["path"], f["status"])
                      for f in self.faults if f["kind"] == "redirect"}

    def placed(self, exchange):
        """The exchange with its version, path template and operation; casts, which the slices lack, cut off."""
        path = exchange["path"].rstrip("/")
        cast = path.rsplit("/", 1)[-1]
        if cast in self.casts:
            path = path.removesuffix(f"/{cast}")
        version = path.split("/")[1]
        placed = {**exchange, "path": path, "version": version, "options": options(exchange["query"])}
        description = self.versions.get(version)
        if description:
            placed["template"] = description.template(path.removeprefix(f"/{version}"))
            placed["operation"] = description.operation(exchange["method"], placed["template"])
        return placed

    def complaints(self, exchange, own):
        """All that is wrong with an exchange; `own` is a request of the portal."""
        response = exchange["response"]
        accepted = response is not None and response["status"] < 300
        if not exchange.get("operation"):
            # Microsoft's own clients and pages know more than the slices hold: told in a line of its own.
            path = GUID.sub("{}", exchange["path"]).removeprefix(f"/{exchange['version']}")
            known = (exchange["version"], exchange["method"], path)
            if (own or (accepted and not exchange.get("microsofts"))) and known not in self.beyond:
                yield "no such operation in Microsoft's description"
            if response is not None:
                yield from rules.of_response(exchange)
            return
        # Microsoft's own examples have faults that the tests of the examples list; the answer to them has none.
        if (own or accepted) and not exchange["request"]["headers"].get("user-agent", "").startswith(EXAMPLE):
            yield from self.of_request(exchange)
        # Where a fault put something else in place of a document, the reader of it is tested, not the answer.
        spoiled = accepted and exchange["fault"] and response["body"] is None
        if response is not None and not spoiled:
            yield from self.of_response(exchange)

    def of_request(self, exchange):
        description, shapes = self.versions[exchange["version"]], self.shapes[exchange["version"]]
        for error in description.errors_of_request(exchange):
            yield f"request: {told(error)}"
        declared = {one["name"] for one in exchange["operation"].get("parameters", ())} | self.paging
        for name, _ in exchange["options"]:
            if name not in declared:
                yield f"request: the operation has no query option {name}"
        body = exchange["request"]["body"]
        if body is not None:
            for complaint in shapes.unknown(self.schema_of(exchange["operation"].get("requestBody")), body):
                yield f"request: {complaint}"
        key = (exchange["version"], exchange["method"].lower(), exchange["template"])
        yield from rules.of_request(exchange, rules.REQUESTS.get(key))

    def of_response(self, exchange):
        description, shapes = self.versions[exchange["version"]], self.shapes[exchange["version"]]
        response, operation = exchange["response"], exchange["operation"]
        status = response["status"]
        if (exchange["version"], exchange["method"], exchange["template"], status) in self.moved:
            return
        # A fault may leave the header out (throttling.md says what to do without it) or lead a list elsewhere.
        meant = {rules.NO_RETRY_AFTER, rules.ELSEWHERE} if exchange["fault"] else set()
        if exchange["template"] in self.unhurried:
            meant.add(rules.NO_RETRY_AFTER)
        for complaint in rules.of_response(exchange):
            if complaint not in meant:
                yield complaint
        for error in description.errors_of_response(exchange):
            yield f"response {status}: {told(error)}"
        answers = operation["responses"]
        schema = self.schema_of(answers.get(str(status)) or answers.get(f"{str(status)[0]}XX"))
        if response["body"] is not None:
            for complaint in shapes.unknown(schema, response["body"]):
                yield f"response {status}: {complaint}"
        if status < 300:
            schema = shapes.resolve(schema)
            properties = shapes.properties(schema) or {}
            if "value" in properties:
                schema = shapes.resolve(shapes.resolve(properties["value"]).get("items", {}))
                properties = shapes.properties(schema) or {}
            yield from self.of_selection(exchange, shapes, schema, properties)

    def of_selection(self, exchange, shapes, schema, properties):
        title = schema.get("title", "")
        if title == "directoryObject":
            # Members and owners: what may be selected is of the kinds they can be.
            kinds = ("user", "group", "servicePrincipal")
            properties = {k: v for kind in kinds
                          for k, v in shapes.properties(shapes.schemas[f"microsoft.graph.{kind}"]).items()}
        if "documented-example" not in exchange["request"]["headers"].get("user-agent", ""):
            # What a page itself filters by is documented, whatever the description of the property says.
            yield from filters.complaints(exchange["template"], exchange["options"], properties)
        yield from rules.of_selection(exchange, title, properties)

    def schema_of(self, holder):
        if holder and "$ref" in holder:
            holder = self.versions["v1.0"].spec["components"]["responses"][holder["$ref"].rsplit("/", 1)[-1]]
        content = (holder or {}).get("content", {})
        return content.get("application/json", {}).get("schema", {})


def recorded(directory):
    """Graph and token exchanges; a batch counts as itself and as each of its parts."""
    for path in sorted(Path(directory).glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            exchange = json.loads(line)
            if exchange["path"].startswith(("/v1.0/", "/beta/")) or entra.is_token(exchange):
                yield exchange
                yield from parts(exchange)


def parts(exchange):
    if not exchange["path"].endswith("/$batch") or not exchange["response"]:
        return
    answers = {one["id"]: one for one in (exchange["response"]["body"] or {}).get("responses", ())}
    for part in exchange["request"]["body"].get("requests", ()):
        answer = answers.get(part.get("id"))
        if answer is None:
            continue
        path, _, query = part["url"].partition("?")
        version = exchange["path"].split("/")[1]
        headers = {name.lower(): value for name, value in part.get("headers", {}).items()}
        fault = exchange.get("parts", {}).get(part["id"])
        told_headers = {name.lower(): value for name, value in answer.get("headers", {}).items()}
        yield {
            **exchange, "part": True, "fault": exchange["fault"] or fault is not None,
            "method": part["method"].upper(), "query": query, "path": f"/{version}/{path.lstrip('/')}",
            "request": {"headers": {**exchange["request"]["headers"], **headers}, "body": part.get("body")},
            "response": {"status": answer["status"], "headers": told_headers,
                         "body": None if fault == "spoiled" else answer.get("body")},
        }


def alike(exchange, own):
    """Exchanges that differ in ids and moments alone are checked once."""
    text = json.dumps({key: exchange[key] for key in ("method", "path", "query", "request", "response")})
    text = text.replace(exchange["base"], HOST)
    text = GUID.sub("00000000-0000-4000-8000-000000000000", text)
    agent = exchange["request"]["headers"].get("user-agent", "")
    return own, agent.startswith(EXAMPLE), exchange.get("part"), MOMENT.sub("2026-01-01T00:00:00", text)


def echoes(exchange):
    """Alike exchanges have their ids made equal, so what compares two ids is looked at before."""
    asked = exchange["request"]["headers"].get("client-request-id")
    answer = exchange["response"]
    if asked and answer and not exchange.get("part") and answer["headers"].get("client-request-id") != asked:
        yield "response: client-request-id is not echoed"


def main(directory, exchanges, sources):
    begun = time.monotonic()
    contract, known = Contract(directory), portal.operations(sources)
    checked, seen, count = {}, collections.Counter(), collections.Counter()
    violations, undescribed = collections.defaultdict(list), collections.Counter()
    for exchange in recorded(exchanges):
        agent = exchange["request"]["headers"].get("user-agent", "")
        own = agent.startswith("mssp-portal/")
        exchange["microsofts"] = bool(MICROSOFTS.search(" ".join(
            [agent, exchange["request"]["headers"].get("sdkversion", "")])))
        key = alike(exchange, own)
        if entra.is_token(exchange):
            operation = ("entra", "POST", "/{tenant}/oauth2/v2.0/token")
            for complaint in entra.complaints(exchange, own):
                violations[operation, complaint].append(exchange)
            count["tokens"] += 1
            continue
        placed = contract.placed(exchange)
        template = placed.get("template") or GUID.sub("{}", placed["path"]).removeprefix(f"/{placed['version']}")
        operation = (placed["version"], exchange["method"], portal.blank(template))
        if key not in checked:
            checked[key] = list(contract.complaints(copy.deepcopy(placed), own))
        for complaint in [*checked[key], *echoes(exchange)]:
            violations[operation, complaint].append(exchange)
        count["exchanges"] += 1
        count["microsofts"] += exchange["microsofts"]
        count["portal"] += own
        answer = exchange["response"]
        if exchange["microsofts"] and not placed.get("operation") and answer and answer["status"] != 501:
            undescribed[operation] += 1
        seen[operation, "any"] += 1
        if own and answer and (answer["status"] < 400) and not exchange["fault"]:
            seen[operation, "own"] += 1
        if own and operation not in known:
            violations[operation, "the portal's sources do not name this operation"].append(exchange)
    for (operation, complaint), where in sorted(violations.items(), key=lambda one: one[0]):
        print(f"{' '.join(operation)}: {complaint} ({len(where)} times)")
    for operation, many in sorted(undescribed.items()):
        print(f"not described: {' '.join(operation)}, known to Microsoft's own clients or pages ({many} times)")
    missing = sorted(name for key, name in known.items() if not seen[key, "own"])
    for name in missing:
        print(f"the portal uses {name}, and no recorded exchange covers it")
    distinct = {operation for operation, _ in seen}
    print(
        f"contract: {count['exchanges']} exchanges validated ({count['portal']} of the portal, "
        f"{count['microsofts']} of Microsoft's own clients and pages, "
        f"{len(checked)} unlike each other), {len(distinct)} distinct operations, "
        f"{len(known)} of them the portal's own; {count['tokens']} token exchanges; {len(violations)} violations, {len(missing)} not covered; "
        f"{time.monotonic() - begun:.0f} s"
    )
    return 1 if violations or missing or not count["exchanges"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
