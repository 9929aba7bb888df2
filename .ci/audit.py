"""Asks for known vulnerabilities of all that is locked, where the index can tell: exit status 1 for any."""

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).with_name("requirements.txt")
UNKNOWN = "not audited: the package index that this machine reaches tells of no vulnerabilities"


def main() -> int:
    """Runs pip-audit; that nobody can be asked is a sentence, not a failure."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(LOCK), "--require-hashes", "--disable-pip", "-f", "json"]
    done = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"{UNKNOWN} ({(done.stderr.strip().splitlines() or ['no answer'])[-1][:200]})")
        return 0
    asked = [package for package in packages if "skip_reason" not in package]
    found = [(p["name"], p["version"], v["id"]) for p in asked for v in p["vulns"]]
    print(*(f"{name} {version}: {number}" for name, version, number in found), sep="\n", end="\n" if found else "")
    print(f"{len(asked)} of {len(packages)} packages audited, {len(found)} vulnerabilities" if asked else UNKNOWN)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
