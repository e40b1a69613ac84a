"""`make audit`: has any pinned package a known vulnerability? If PyPI can't be asked, that is said and no more."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
# The first includes what functions and container pin, except PyTorch.
PINNED = ["requirements.txt", "local/requirements.txt", "container/torch-cuda.txt"]
# The id of each finding that has no fix yet, and why it does no harm here until then.
HARMLESS: dict[str, str] = {}


def main() -> int:
    packages = asked()
    print("\n".join(said(packages)))
    return 1 if any(package.get("vulns") for package in packages) else 0


def asked() -> list[dict[str, Any]]:
    """Each package with its findings, or with why it could not be looked up; none if nothing could be asked."""
    return [package for path in PINNED for package in _asked_of(ROOT / path)]


def _asked_of(pinned: Path) -> list[dict[str, Any]]:
    """One file at a time: two may pin one package differently, since they are installed apart."""
    options = ["--no-deps", "--disable-pip", "--progress-spinner=off", "--timeout=5", "--format=json"]
    ignored = [f"--ignore-vuln={id}" for id in HARMLESS]
    command = [sys.executable, "-m", "pip_audit", *options, f"--requirement={pinned}", *ignored]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        if "requests.exceptions" not in done.stderr:  # then the lack of a network is not the reason
            sys.exit(done.stderr)
        return []
    packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    return packages


def said(packages: list[dict[str, Any]]) -> list[str]:
    looked_up = [package for package in packages if "vulns" in package]
    if not looked_up:
        return ["audit: PyPI's list of vulnerabilities can't be reached from here, so nothing was looked up."]
    return [
        f"audit: {package['name']} {package['version']} has {found['id']}, "
        + (f"mended in {' and '.join(found['fix_versions'])}" if found["fix_versions"] else "not mended yet")
        for package in looked_up
        for found in package["vulns"]
    ] + [f"audit: {len(looked_up)} of {len(packages)} packages were looked up."]


if __name__ == "__main__":
    sys.exit(main())
