"""Lighthouse: accessibility, best practices and search engines at 100, on the pages that most people open first."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.browser.conftest import FLAGS
from tests.browser.light.full import Full
from tests.conftest import require

pytestmark = pytest.mark.browser

LIGHTHOUSE = Path(__file__).parents[1] / "node_modules" / "lighthouse" / "cli" / "index.js"
WHOLE = ("accessibility", "best-practices", "seo")
SECONDS = 120


def judged(url: str, folder: Path) -> dict[str, Any]:
    """What it says of a page on a simulated slow phone. It asks nobody else and reports to nobody."""
    report = folder / "report.json"
    flags = " ".join(["--headless=new", *FLAGS])
    options = [
        "--quiet",
        "--no-enable-error-reporting",
        "--output=json",
        f"--output-path={report}",
        f"--chrome-flags={flags}",
    ]
    # Chromium makes a socket in its folder, and the path of a socket may not be long.
    with TemporaryDirectory(prefix="lh") as home:
        environ = {**os.environ, "CHROME_PATH": shutil.which("chromium") or "", "HOME": home, "TMPDIR": home}
        done = subprocess.run(
            ["node", str(LIGHTHOUSE), url, *options], env=environ, capture_output=True, timeout=SECONDS, check=False
        )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def failed(report: dict[str, Any], category: str) -> list[str]:
    """The audits of a category that cost points, with what they point at."""
    audits = [(report["audits"][one["id"]], one["weight"]) for one in report["categories"][category]["auditRefs"]]
    return [
        f"{audit['id']}: {audit.get('explanation', '')} {json.dumps(audit.get('details', {}).get('items', []))[:400]}"
        for audit, weight in audits
        if weight and audit["score"] is not None and audit["score"] < 1
    ]


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    require("Node", present=shutil.which("node") is not None, hint="install the packages nodejs and npm")
    require("Lighthouse", present=LIGHTHOUSE.is_file(), hint="run tests/browser/install.sh")
    require("Chromium", present=shutil.which("chromium") is not None, hint="install the package chromium")


@pytest.mark.timeout(2 * SECONDS)
@pytest.mark.parametrize("name", ["home", "post", "call-out"])
def test_lighthouse_has_nothing_to_say(full: Full, name: str, tmp_path: Path, figure: Callable[[str], None]) -> None:
    path = {"home": "/", "post": f"/p/{full.post}", "call-out": f"/p/{full.call}"}[name]
    report = judged(f"{full.base}{path}", tmp_path)
    scores = {category: round(100 * found["score"]) for category, found in report["categories"].items()}
    shown = ", ".join(f"{category} {score}" for category, score in scores.items())
    figure(f"Lighthouse {report['lighthouseVersion']} on {name}: {shown}")
    assert {category: scores[category] for category in WHOLE} == dict.fromkeys(WHOLE, 100), "\n".join(
        line for category in WHOLE for line in failed(report, category)
    )
