"""`make words`: every string that people read, gathered from templates and code, and merged into the catalogues.

A template's strings stand in `_()` and `ngettext()`. In code they are the sentences of errors, what stands in `marked()` or
`counted()`, and the constants named below. Other faces than the pages speak to programs: they stay English.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import extract_from_ast

from server.base import errors
from server.base.catalogue import HEADER, READERS, SCOPE, Entry, entries, header, plural_rule

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / "templates"
CATALOGUES = TEMPLATES / "locale"
#: Constants of modules whose strings are shown to people.
CONSTANTS = frozenset(
    {
        "REPLIES",
        "QUOTES",
        "POLL_SECONDS",
        "ENDS",
        "GONE",
        "CHANGED",
        "DONE",
        "AUDIENCES",
        "MONTHS",
        "WEEKDAYS",
        "MOMENT",
        "CLOCK",
        "DAY",
        "FIRST",
        "MINUTE",
        "MONTH",
        "WORDS",
        "_TITLES",
        "_ROUTER",
        "_FAILED",
        "_BROKEN",
        "_FOUND_OUT",
        "_NOTHING",
    }
)
#: Calls whose first argument is shown to people.
CALLS = frozenset({name for name, one in vars(errors).items() if isinstance(one, type)} | {"marked", "RefusedError", "NotSignedInError"})  # fmt: skip
#: These speak to programs and to whoever types commands.
OTHERS = ("server/web/client_api/", "server/web/fediverse/", "server/commands/", "server/base/database/")
#: What readers of the public pages see: templates, the face of the pages, and rooms whose errors it shows. A place added here is one that
#: every language must have; the rest is for the Desk, which offers only languages that have it all.
PUBLIC = (
    "templates/pages/",
    "templates/base.html",
    "templates/offer_parts.html",
    "server/web/pages/",
    "server/web/shared/",
    "server/base/errors.py",
    "server/base/spoken.py",
    "server/features/remote/onward.py",
    "server/features/actors/model.py",
    "server/features/posts/activities_translations.py",
    "server/features/posts/calling.py",
    "server/features/posts/reading.py",
    "server/features/agenda/",
    "server/features/search/service.py",
    "server/features/offers/fields.py",
    "server/features/offers/pictures.py",
    "server/features/offers/service.py",
    "server/features/offers/tickets.py",
)
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(slots=True)
class Found:
    """A string of the source: its plural if it counts, and the files it stands in."""

    plural: str = ""
    places: set[str] = field(default_factory=set)


def _named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def templates() -> list[Path]:
    return sorted(TEMPLATES.glob("**/*.html"))


def sources() -> list[Path]:
    return [path for path in sorted(ROOT.glob("server/**/*.py")) if not _named(path).startswith(OTHERS)]


def _of_template(path: Path) -> Iterator[tuple[str, str]]:
    tree = Environment(autoescape=True).parse(path.read_text())
    for _, _, found in extract_from_ast(tree, ("_", "gettext", "ngettext")):
        one, *rest = found if isinstance(found, tuple) else (found,)
        if isinstance(one, str):
            yield one, next((text for text in rest if isinstance(text, str)), "")


def _strings(node: ast.AST) -> Iterator[str]:
    """The strings of a constant: values of dictionaries, members of lists."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in node.values if isinstance(node, ast.Dict) else getattr(node, "elts", []):
        yield from _strings(child)


def called(node: ast.Call) -> str:
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def _of_source(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    raised: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in CALLS and node.args:
            yield from _strings(node.args[0])
            raised |= {one.id for one in ast.walk(node.args[0]) if isinstance(one, ast.Name)}
        if isinstance(node, ast.ClassDef) and path.name == "errors.py":
            for inner in ast.walk(node):
                if isinstance(inner, ast.arguments):
                    yield from (text for default in inner.defaults for text in _strings(default))
    for node in tree.body:
        value = getattr(node, "value", None)
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            if value is not None and any(getattr(one, "id", "") in CONSTANTS | raised for one in names):
                yield from (text for text in _strings(value) if re.match(r"[A-Z0-9%]", text))


def _counted(path: Path) -> Iterator[tuple[str, str]]:
    """Strings that count, in code: `counted(context, one, several, number)`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and called(node) == "counted" and len(node.args) > 2:
            given = [arg.value for arg in node.args[1:3] if isinstance(arg, ast.Constant)]
            if len(given) == 2:
                yield str(given[0]), str(given[1])


def gathered() -> dict[str, Found]:
    """Every string by its English."""
    found: dict[str, Found] = {}
    for path in templates():
        for one, several in _of_template(path):
            entry = found.setdefault(one, Found())
            entry.plural = entry.plural or several
            entry.places.add(_named(path))
    for path in sources():
        for one in _of_source(path):
            if re.search(r"[A-Za-z]", one):
                found.setdefault(one, Found()).places.add(_named(path))
        for one, several in _counted(path):
            entry = found.setdefault(one, Found())
            entry.plural = several
            entry.places.add(_named(path))
    return found


def public(found: dict[str, Found]) -> dict[str, Found]:
    """Those of the strings that readers see."""
    return {text: one for text, one in found.items() if any(place.startswith(PUBLIC) for place in one.places)}


def wanted(head: Entry, found: dict[str, Found]) -> dict[str, Found]:
    """Those that a catalogue with this header must have: all, or what readers see."""
    return public(found) if header(head).get(SCOPE) == READERS else found


def _quoted(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inner}"'


def written(head: Entry, known: dict[str, Entry], found: dict[str, Found]) -> str:
    """A catalogue with exactly the strings there are; what was translated stays, what is new is empty."""
    lines = "\n".join(f'"{line}\\n"' for line in head.forms[0].splitlines())
    blocks = [f'msgid ""\nmsgstr ""\n{lines}']
    forms, _ = plural_rule(header(head)["plural-forms"])
    for message, one in sorted(found.items(), key=lambda pair: (min(pair[1].places), pair[0])):
        old = known.get(message)
        had = old.forms if old and bool(old.plural) == bool(one.plural) else []
        block = [f"#: {' '.join(sorted(one.places))}", *(["#, fuzzy"] if old and old.fuzzy else [])]
        block.append(f"msgid {_quoted(message)}")
        if one.plural:
            block.append(f"msgid_plural {_quoted(one.plural)}")
            block += [f"msgstr[{n}] {_quoted(had[n] if n < len(had) else '')}" for n in range(forms)]
        else:
            block.append(f"msgstr {_quoted(had[0] if had else '')}")
        blocks.append("\n".join(block))
    return "\n\n".join(blocks) + "\n"


def read(path: Path) -> tuple[Entry, dict[str, Entry]]:
    """The header of a catalogue and its strings."""
    all_of_it = {entry.message: entry for entry in entries(path.read_text())}
    return all_of_it.pop(HEADER), all_of_it


def missing(path: Path, found: dict[str, Found]) -> list[str]:
    """Strings that a catalogue lacks, or that nobody stands by."""
    head, known = read(path)
    return [message for message in wanted(head, found) if message not in known or not known[message].whole]


def main() -> int:
    """Merge, and say what is missing; `tests/house/test_words.py` fails while anything is."""
    found, lacking = gathered(), 0
    for path in sorted(CATALOGUES.glob("*.po")):
        head, known = read(path)
        here = wanted(head, found)
        path.write_text(written(head, known, here))
        without = missing(path, found)
        lacking += len(without)
        print(f"{path.stem}: {len(here) - len(without)} of {len(here)}{'' if here is found else ', readers only'}")
        for message in without:
            print(f"  {message}")
    return int(lacking > 0)


if __name__ == "__main__":
    sys.exit(main())
