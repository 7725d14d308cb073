"""The operations the portal's Graph client knows, read from the names its calls carry."""

import re
from pathlib import Path

NAME = re.compile(r'"(GET|POST|PATCH|PUT|DELETE) ((?:EM|beta)?/[^"]*)"')


def operations(sources):
    """(version, method, words of the path) of every call named in the sources."""
    found = {}
    for source in sorted(Path(sources).rglob("*.rs")):
        for method, path in NAME.findall(source.read_text(encoding="utf-8").partition("#[cfg(test)]")[0]):
            if path.startswith("/{tenant}"):
                continue
            version = "beta" if path.startswith("beta") else "v1.0"
            path = path.removeprefix("beta").replace("EM/", "/identityGovernance/entitlementManagement/")
            found[version, method, blank(path)] = f"{method} {path}" + (" (beta)" if version == "beta" else "")
    return found


def blank(path):
    """A path template with its blanks unnamed: `/groups/{group-id}` and `/groups/{id}` are one."""
    path = re.sub(r"\('?[^)]*'?\)", lambda call: f"({call[0][1:-1].split('=')[0]})", path)
    return re.sub(r"\{[^}]*\}", "{}", path)
