"""What a schema validator lets pass because Microsoft's schemas are open: unknown properties, derived types."""

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

PREFIX = "#/components/schemas/"


class Shapes:
    def __init__(self, description):
        self.schemas = description.schemas
        resource = Resource.from_contents(description.spec, default_specification=DRAFT4)
        self.registry = Registry().with_resource("urn:slice", resource)
        self.named = {}

    def resolve(self, schema):
        """The schema itself behind a reference, or behind "this or null"."""
        while True:
            if "$ref" in schema:
                schema = self.schemas[schema["$ref"].removeprefix(PREFIX)]
            elif "anyOf" in schema:
                choices = [one for one in schema["anyOf"] if one.get("enum") != [None]]
                if len(choices) != 1:
                    return schema
                schema = choices[0]
            else:
                return schema

    def properties(self, schema):
        """All properties, inherited ones too; None where any name is allowed."""
        schema = self.resolve(schema)
        if isinstance(schema.get("additionalProperties"), dict):
            return None
        found = dict(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            inherited = self.properties(part)
            if inherited is None:
                return None
            found.update(inherited)
        return found

    def derives(self, schema, base):
        if schema is base:
            return True
        return any(self.derives(self.resolve(part), base) for part in schema.get("allOf", ()))

    def unknown(self, schema, value, where=""):
        """Complaints about a value: properties nobody described, types that do not belong here."""
        schema = self.resolve(schema)
        if isinstance(value, list):
            items = schema.get("items")
            for index, one in enumerate(value if items else ()):
                yield from self.unknown(items, one, f"{where}/{index}")
        if not isinstance(value, dict):
            return
        name = str(value.get("@odata.type", "")).removeprefix("#")
        if name:
            derived = self.schemas.get(name)
            if derived is None or not self.derives(derived, schema):
                yield f"{where}: {name} is not a type that belongs here"
            else:
                schema = derived
                yield from self.violations(name, value, where)
        properties = self.properties(schema)
        if not properties:
            return
        for key, inner in value.items():
            if "@odata." in key:
                continue
            if key not in properties:
                yield f"{where}/{key}: no such property of {schema.get('title', 'this object')}"
            else:
                yield from self.unknown(properties[key], inner, f"{where}/{key}")

    def violations(self, name, value, where):
        """A value against the derived type it says it is: the base's schema looks at the base's properties only."""
        if name not in self.named:
            self.named[name] = OAS30Validator({"$ref": f"urn:slice{PREFIX}{name}"}, registry=self.registry)
        for error in self.named[name].iter_errors(value):
            yield f"{where}/{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
