"""Microsoft's description of Graph (OpenAPI slices), and a validator for each version."""

import json
import re
from pathlib import Path
from urllib.parse import unquote

import yaml
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

HOST = "https://graph.microsoft.com"
METHODS = ("get", "post", "patch", "put", "delete")
# Edm.Duration: days and time only, never years or months.
DURATION = re.compile(r"-?P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
ERROR_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def load(directory, version):
    path = Path(directory) / f"openapi-{version}-slice.yaml"
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


class Description:
    """One version's paths and schemas, mended where Microsoft's own pages say that the slice is short."""

    def __init__(self, directory, version, faults):
        self.version = version
        self.spec = load(directory, version)
        self.schemas = self.spec["components"]["schemas"]
        for fault in faults:
            self.mend(fault)
        for schema in self.schemas.values():
            # What derives from such a schema refers to it, so the validator would go round in it without end.
            if "allOf" in schema:
                schema.pop("discriminator", None)
        config = Config(
            spec_validator_cls=None,
            extra_format_validators={
                "duration": lambda text: bool(DURATION.fullmatch(text)),
            },
        )
        self.openapi = OpenAPI.from_dict(self.spec, config=config)
        self.templates = [(self.pattern(path), path) for path in self.spec["paths"]]

    def mend(self, fault):
        if fault["kind"] == "status" and fault["version"] == self.version:
            operation = self.spec["paths"][fault["path"]][fault["method"].lower()]
            like = operation["responses"].get(str(fault["like"]), {"description": "Success"})
            operation["responses"][str(fault["status"])] = like
        if fault["kind"] == "format":
            schema = self.schemas[fault["schema"]]["properties"][fault["property"]]
            schema.pop("format", None)
        if fault["kind"] == "property":
            if fault["schema"] in self.schemas:
                self.schemas[fault["schema"]].setdefault("properties", {}).setdefault(fault["property"], {})
        if fault["kind"] == "type":
            base = {"$ref": f"#/components/schemas/{fault['base']}"}
            if fault["base"] in self.schemas:
                self.schemas.setdefault(fault["schema"], {"allOf": [base]})
        if fault["kind"] == "enum":
            self.schemas[fault["schema"]]["enum"] += fault["values"]

    @staticmethod
    def pattern(path):
        pieces = re.split(r"(\{[^}]+\})", path)
        return re.compile("".join("[^/]+?" if p.startswith("{") else re.escape(p) for p in pieces) + "$")

    def template(self, path):
        """The path template an address fits: the one that says most by itself."""
        fitting = [template for pattern, template in self.templates if pattern.match(path)]
        return max(fitting, key=lambda template: len(re.sub(r"\{[^}]*\}", "", template)), default=None)

    def operation(self, method, template):
        return self.spec["paths"].get(template, {}).get(method.lower())

    def errors_of_request(self, exchange):
        return list(self.openapi.iter_request_errors(request_of(exchange)))

    def errors_of_response(self, exchange):
        response = exchange["response"]
        body = response["body"]
        mock = MockResponse(
            data=b"" if body is None else json.dumps(body).encode(),
            status_code=response["status"],
            headers=response["headers"],
            content_type=response["headers"].get("content-type", "application/json"),
        )
        return list(self.openapi.iter_response_errors(request_of(exchange), mock))


def request_of(exchange):
    request = exchange["request"]
    body = request["body"]
    headers = dict(request["headers"])
    return MockRequest(
        HOST,
        exchange["method"].lower(),
        exchange["path"],
        args=dict(exchange["options"]),
        headers=headers,
        data=None if body is None else json.dumps(body).encode(),
        content_type=headers.get("content-type", "application/json"),
    )


def options(query):
    """Query options, decoded; a `+` is a plus in OData, as Graph reads it."""
    pairs = [part.partition("=") for part in query.split("&") if part]
    return [(unquote(name), unquote(value)) for name, _, value in pairs]


def told(error):
    """What an error of the validator says, with the reasons inside it."""
    inner = error.__cause__ or error
    reasons = [
        f"{'/'.join(map(str, reason.absolute_path))}: {reason.message}"[:300]
        for reason in getattr(inner, "schema_errors", [])
    ]
    return "; ".join(reasons) or str(inner)[:300]
