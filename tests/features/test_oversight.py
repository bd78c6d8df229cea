"""The log of who did what: by day, for keyholders, in plain words, and nothing left out."""

from __future__ import annotations

import ast
import csv
import io
import json
from pathlib import Path

import pytest

from server.base.errors import Forbidden
from server.features.access.model import Role, Who
from server.features.access.oversight import PAGE, as_csv, as_json
from server.features.audit.model import WORDS, Entry, Line
from server.house import House
from tests.world import CONSOLE, World, later

ROOT = Path(__file__).resolve().parents[2]


def recorded() -> set[str]:
    """Every act that the code records under a literal name."""
    found = set()
    for path in (ROOT / "server").glob("features/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "record":
                continue
            if "audit" in ast.unparse(node.func.value) and len(node.args) >= 3:
                found |= {
                    one.value
                    for one in ast.walk(node.args[2])
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
    return found


def test_every_act_that_is_recorded_has_plain_words() -> None:
    acts = recorded() | {"approved", "hidden", "held"}
    assert "publish" in acts, "the search finds something"
    assert acts - set(WORDS) == set()


#: Verbs that change something and leave no line in the log. Whoever closes a gap takes it out of here; nothing is added.
SILENT = {
    "followers.follow",
    "followers.unfollow",
    "publishing.like",
    "publishing.take_back",
    "publishing.pin",
    "publishing.unschedule",
    # One's own language is nobody's business; an ally's label and place on the page are seen by all who look at it.
    "access.choose_language",
    "allies.change",
    # Keeping a draft is no act yet: it is one keystroke after the other.
    "publishing.keep",
}


def silent() -> set[str]:
    """Verbs on somebody's behalf that write, but neither they nor what they call records an act."""
    found = set()
    functions: dict[tuple[str, str], ast.AsyncFunctionDef] = {}
    for path in sorted((ROOT / "server").glob("features/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.AsyncFunctionDef):
                functions[str(path), node.name] = node
    shared = {name: node for (_, name), node in functions.items() if name.endswith("_in")}

    def records(path: str, name: str, seen: set[str]) -> bool:
        node = functions.get((path, name)) or shared.get(name)
        if node is None or name in seen:
            return False
        calls = {
            one.func.attr for one in ast.walk(node) if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)
        }
        return "_audit.record(" in ast.unparse(node) or any(records(path, one, seen | {name}) for one in calls)

    for (place, name), node in functions.items():
        verb = any(one.arg == "who" and ast.unparse(one.annotation or one) == "Who" for one in node.args.args)
        if verb and ".transaction()" in ast.unparse(node) and not records(place, name, set()):
            found.add(f"{Path(place).parent.name}.{name}")
    return found


def test_every_verb_that_changes_something_leaves_a_line() -> None:
    assert silent() - SILENT == set()
    assert SILENT - silent() == set(), "closed: take it out of the list"


@pytest.mark.anyio
async def test_only_keyholders_read_it(house: House) -> None:
    for role in (Role.WRITER, Role.EDITOR, Role.MODERATOR):
        for tried in (
            house.oversight.page(Who(organiser_id=1, role=role)),
            house.oversight.export(Who(organiser_id=1, role=role)),
        ):
            with pytest.raises(Forbidden):
                await tried
    assert await house.oversight.page(CONSOLE)


@pytest.mark.anyio
async def test_pages_follow_each_other_and_lines_go_after_their_time(world: World, house: House) -> None:
    for number in range(PAGE + 5):
        await house.access.invite(CONSOLE, f"guest{number}", Role.WRITER)
    first = await house.oversight.page(CONSOLE)
    second = await house.oversight.page(CONSOLE, first[-1].entry.id)
    assert len(first) == PAGE
    assert len(second) == 6, "with the founding"
    assert {line.entry.id for line in first} & {line.entry.id for line in second} == set()
    later(world, days=house.oversight.kept_days + 1)
    await house.audit.trim()
    assert await house.oversight.page(CONSOLE) == []


@pytest.mark.anyio
async def test_a_copy_holds_everything_and_taking_it_is_noted(house: House) -> None:
    await house.access.invite(CONSOLE, "eve", Role.EDITOR)
    found = await house.oversight.export(CONSOLE)
    rows = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert rows == json.loads(as_json(found))
    assert rows[0] == {
        "day": "2026-09-28",
        "by": "console",
        "name": "",
        "act": "invite",
        "words": "Invited an organiser",
        "subject": "editor",
    }
    assert (await house.oversight.page(CONSOLE))[0].entry.act == "export-audit"


def test_a_name_that_looks_like_a_formula_is_none_in_a_spreadsheet() -> None:
    entry = Entry(id=1, day="2026-09-28", organiser_id=2, act="publish", subject="-2")
    (row,) = csv.DictReader(io.StringIO(as_csv([Line(entry=entry, name="-eve")])))
    assert (row["name"], row["subject"]) == ("'-eve", "'-2")
