"""What the papers promise is there: commands, settings, links, files; and the files of docker/ are well-formed."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import click
import pytest
import yaml

from server.__main__ import COMMANDS
from server.base.settings import Settings
from server.commands.cli import cli
from tests.conftest import require

ROOT = Path(__file__).parents[2]
PAPERS = sorted(path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if "node_modules" not in path.parts)
#: Hosts of package registries are not named anywhere: versions and hashes are enough.
REGISTRIES = re.compile(r"(pypi|npmjs|pythonhosted|yarnpkg)\s*\.\s*(org|com)", re.IGNORECASE)


def readme() -> str:
    return (ROOT / "README.md").read_text()


def all_commands() -> set[str]:
    found: set[str] = set()
    for name, command in cli.commands.items():
        found |= {f"{name} {sub}" for sub in command.commands} if isinstance(command, click.Group) else {name}
    return found


def test_every_command_is_in_the_readme_and_every_one_there_exists() -> None:
    assert COMMANDS
    table = readme().split("## Commands")[1].split("## Settings")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert sorted(name for row in rows for name in re.findall(r"`([\w -]+)`", row)) == sorted(all_commands())


def test_every_make_target_that_a_paper_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name for paper in PAPERS for name in re.findall(r"(?:`|^    )make ([a-z]+)", paper.read_text(), re.MULTILINE)
    }
    assert {"run", "demo", "test"} <= named <= targets


def test_every_call_of_callout_in_the_papers_is_one_that_works() -> None:
    calls = [
        (paper.name, call)
        for paper in [*PAPERS, *(ROOT / "docker").iterdir()]
        for call in re.findall(r"\bcallout ((?:[a-z]+ )?[a-z]+ ?[^`\n#]*--[^`\n#]+)", paper.read_text())
        if call.split()[0] in cli.commands
    ]
    assert len(calls) >= 5
    for paper, call in calls:
        words = call.split()
        command: click.Command = cli.commands[words[0]]
        if isinstance(command, click.Group):
            command = command.commands[words[1]]
        known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", call)) <= known, (paper, call)


def test_the_table_of_settings_is_that_of_the_code() -> None:
    table = readme().split("## Settings")[1].split("## More")[0]
    rows = dict(re.findall(r"^\| `CALLOUT_(\w+)` \| ([^|]+) \|", table, re.MULTILINE))
    assert {name.lower() for name in rows} == {field.name for field in fields(Settings)}
    for field in fields(Settings):
        shown = re.fullmatch(r"`(.+)`", rows[field.name.upper()].strip())
        if shown:
            assert shown[1] == str(field.default), field.name


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_every_link_inside_the_repository_leads_somewhere(paper: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)#\s]+)", paper.read_text()):
        assert (paper.parent / target).exists(), target


def test_every_file_that_a_paper_names_exists() -> None:
    for paper in PAPERS:
        for name in re.findall(r"`((?:server|federation|tests|templates|docker)/[\w./]+\.\w+)`", paper.read_text()):
            assert (ROOT / name).exists(), (paper.name, name)


def test_the_map_fits_on_a_few_pages() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) < 150


def test_decisions_are_numbered_without_gaps_and_say_why() -> None:
    found = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [path.name[:4] for path in found] == [f"{number:04}" for number in range(1, len(found) + 1)]
    for path in found:
        assert len(path.read_text().splitlines()) <= 40, path.name


def test_no_registry_is_named_anywhere() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    for name in listed:
        path = ROOT / name
        if path.suffix in {".png", ".jpg"} or path == Path(__file__) or not path.is_file():
            continue
        assert not REGISTRIES.search(path.read_text(errors="replace")), name
        assert not name.endswith(("uv.lock", "poetry.lock"))
        assert not name.endswith("package-lock.json") or '"resolved"' not in path.read_text(), (
            "a lock names hashes alone"
        )


@pytest.mark.parametrize("name", ["compose.yaml", "compose.postgres.yaml"])
def test_a_compose_file_is_whole(name: str) -> None:
    given = yaml.safe_load((ROOT / "docker" / name).read_text())
    known = {f"CALLOUT_{field.name.upper()}" for field in fields(Settings)}
    for service in given["services"].values():
        if "build" in service:
            assert (ROOT / "docker" / service["build"]["context"] / service["build"]["dockerfile"]).exists()
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / "docker" / source).exists() if source.startswith(".") else source in given["volumes"]
        environment = {key for key in service.get("environment", {}) if key.startswith("CALLOUT_")}
        assert environment <= known


def test_the_container_copies_what_exists_and_runs_what_works() -> None:
    lines = (ROOT / "docker" / "Dockerfile").read_text().splitlines()
    allowed = (ROOT / ".dockerignore").read_text()
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in allowed, f"{source} is kept out by .dockerignore"
    assert 'CMD ["callout", "serve"]' in lines
    assert "USER callout" in lines
    assert any("/livez" in line for line in lines)


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or ("/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else "")
    openssl = shutil.which("openssl")
    require("nginx and openssl", present=bool(nginx and openssl), hint="install nginx-light")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    making = [
        str(openssl),
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=campaign.example",
        "-days",
        "1",
    ]
    subprocess.run([*making, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    text = (ROOT / "docker" / "nginx.conf").read_text()
    text = re.sub(r"/etc/ssl/\S+fullchain.pem", str(certificate), text)
    text = re.sub(r"/etc/ssl/\S+privkey.pem", str(key), text)
    text = text.replace("/var/log/nginx/callout.error.log", str(tmp_path / "error.log"))
    whole = f"pid {tmp_path}/pid;\nerror_log {tmp_path}/e.log;\nevents {{}}\nhttp {{\n{text}\n}}\n"
    (tmp_path / "nginx.conf").write_text(whole)
    done = subprocess.run(
        [nginx, "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_systemd_takes_its_file(tmp_path: Path) -> None:
    text = (ROOT / "docker" / "callout.service").read_text()
    assert "ExecStart=/opt/callout/.venv/bin/callout serve --data /var/lib/callout" in text
    verifier = shutil.which("systemd-analyze")
    if verifier is None:
        pytest.skip("systemd is not here")
    unit = tmp_path / "callout.service"
    unit.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text))
    done = subprocess.run([verifier, "verify", str(unit)], capture_output=True, text=True, check=False)
    said = [line for line in (done.stderr + done.stdout).splitlines() if "callout.service" in line]
    assert said == []


def test_whoever_stands_in_front_says_who_calls_and_is_believed() -> None:
    nginx, unit = (ROOT / "docker" / "nginx.conf").read_text(), (ROOT / "docker" / "callout.service").read_text()
    assert "proxy_set_header Host $host;" in nginx
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx
    assert "access_log off;" in nginx
    in_unit = re.search(r"^Environment=CALLOUT_TRUSTED_PROXIES=(\S+)$", unit, re.MULTILINE)
    in_compose = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"]["callout"]["environment"]
    for given in (in_unit[1] if in_unit else "", in_compose["CALLOUT_TRUSTED_PROXIES"]):
        assert Settings.load({"CALLOUT_TRUSTED_PROXIES": given}, ROOT / "nowhere").trusted_proxies


@pytest.mark.parametrize("name", [".ci/run", "tests/interop/install.sh", "tests/browser/install.sh"])
def test_a_script_can_be_read_by_its_shell(name: str) -> None:
    assert subprocess.run(["bash", "-n", str(ROOT / name)], check=False).returncode == 0
