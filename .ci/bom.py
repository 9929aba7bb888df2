"""Prints a bill of materials of the wheel and the site, as CycloneDX JSON: raslib, and what comes with it.

The wheel has nothing of others in it; what runs with it is what pyproject.toml asks for, and what that asks for. The
pages of the site have files of their theme, its browser edition all that runs in it. The versions are those of the lock
beside this file and of raslib/site/lab/lock.toml, the licences those that installed packages name, or that stand here.
"""

import json
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOP = Path(__file__).parents[1]
LOCK = Path(__file__).with_name("requirements.txt")
BROWSER = TOP / "raslib" / "site" / "lab" / "lock.toml"
OPTIONAL = ("bulk", "svg")
PAGES = ("furo", "myst-nb", "sphinx", "sphinx-basic-ng")  # whose files the site's pages load
LICENSES = {  # of what is in the browser edition and installed nowhere else
    "jupyterlite-core": "BSD-3-Clause",  # and JupyterLab's own pages, of the same licence
    "jupyterlite-pyodide-kernel": "BSD-3-Clause",
    "micropip": "MPL-2.0",
    "pyodide": "MPL-2.0; Python and its library in it: PSF-2.0",
}


def locked() -> dict[str, str]:
    """Every package of the lock, with its version."""
    return dict(re.findall(r"^([\w.-]+)==([\w.+!-]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))


def closure(wanted: list[str]) -> set[str]:
    """What these requirements bring with them, here: names as indexes write them."""
    found, left = set[str](), [Requirement(text) for text in wanted]
    while left:
        one = left.pop()
        name = canonicalize_name(one.name)
        if name in found:
            continue
        found.add(name)
        try:
            more = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:
            continue
        extras = {"", *one.extras}
        left += [r for r in more if r.marker is None or any(r.marker.evaluate({"extra": extra}) for extra in extras)]
    return found


def license_of(name: str) -> str:
    """The licence that a package names: an expression, the short name that it has in its classifiers, or a line."""
    if name in LICENSES:
        return LICENSES[name]
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return "not installed here"
    classified = [c.rpartition(" :: ")[2] for c in about.get_all("Classifier") or () if c.startswith("License ::")]
    said = about.get("License-Expression") or ", ".join(classified) or about.get("License") or ""
    return said.splitlines()[0][:80] if said else "not named"


def browser() -> dict[str, str]:
    """What is in the browser edition, with its version."""
    lock = tomllib.loads(BROWSER.read_text(encoding="utf-8"))
    pinned = [one.split("==") for one in lock["browser"] + lock["tools"]]
    versions = {canonicalize_name(name): version for name, version in pinned}
    names = {canonicalize_name(one.partition("==")[0]) for one in lock["browser"]} | (set(LICENSES) & set(versions))
    return {name: versions[name] for name in names} | {"pyodide": lock["pyodide"]["version"]}


def component(name: str, version: str, scope: str, part: str = "wheel") -> dict[str, Any]:
    """A package; *part* says what it comes with: the wheel, the site, or its browser edition."""
    purl = f"pkg:{'npm' if name == 'pyodide' else 'pypi'}/{name}@{version}"
    return {
        "type": "library",
        "bom-ref": purl if part == "wheel" else f"{part}:{purl}",
        "name": name,
        "version": version,
        "purl": purl,
        "scope": scope,
        "properties": [{"name": "comes with", "value": part}],
        "licenses": [{"license": {"name": license_of(name)}}],
    }


def bom() -> dict[str, Any]:
    """The bill, with raslib as what it is of."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = locked()
    required = closure(project["dependencies"])
    optional = closure([r for extra in OPTIONAL for r in project["optional-dependencies"][extra]]) - required
    about = component(project["name"], project["version"], "required")
    about |= {"type": "application", "licenses": [{"license": {"id": project["license"]}}]}
    components = [
        component(name, versions[name], scope)
        for scope, names in (("required", required), ("optional", optional))
        for name in sorted(names)
        if name in versions
    ]
    components += [component(name, versions[name], "optional", "site") for name in PAGES]
    components += [
        component(name, version, "optional", "browser edition") for name, version in sorted(browser().items())
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": about},
        "components": components,
    }


if __name__ == "__main__":
    json.dump(bom(), sys.stdout, indent=1)
    print()
