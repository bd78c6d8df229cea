"""What a disk holds after a power cut: rebuilt from a record of system calls, nothing counts that was not synced.

A write counts once its file was synced, a name once its folder was. What came later is lost, or was written in part and in any order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

CALLS = "openat,pwrite64,write,fsync,fdatasync,ftruncate,rename,unlink,mkdir"
RECORD = ("strace", "-f", "-ttt", "-y", "-xx", "-s", "2000000", "--seccomp-bpf", "-e", f"trace={CALLS}")
#: What a disk writes as a whole, or not.
SECTOR = 512
_LINE = re.compile(r"(\d+) +(\d+\.\d+) (.*)")
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)")
_DONE = re.compile(r"(\w+)\((.*)\) += (\d+)(?:<(.*)>)?$")
_FILE = re.compile(r"\d+<(.*?)>")
_TEXT = re.compile(r'"(.*?)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One call that went well: its name, the file or the names that it is about, what was written where."""

    at: float
    name: str
    path: str
    other: str = ""
    data: bytes = b""
    number: int = 0


def read(record: Path, folder: Path) -> Iterator[Call]:
    """The calls on what lies in this folder, in their order."""
    waiting: dict[str, str] = {}
    for line in record.read_text().splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        thread, at, what = match.groups()
        if what.endswith("<unfinished ...>"):
            waiting[thread] = what.removesuffix("<unfinished ...>").rstrip()
            continue
        if resumed := _RESUMED.fullmatch(what):
            what = waiting.pop(thread, "") + resumed[2].lstrip()
        if (
            (done := _DONE.fullmatch(what))
            and (call := _call(float(at), done))
            and Path(call.path).is_relative_to(folder)
        ):
            yield call


def _call(at: float, done: re.Match[str]) -> Call | None:
    name, arguments, result, opened = done.groups()
    texts = [_bytes(text) for text in _TEXT.findall(arguments)]
    if name == "openat":
        return Call(at, name, _bytes(opened or "").decode(), arguments)
    if name in {"rename", "unlink", "mkdir"}:
        paths = [text.decode() for text in texts]
        return Call(at, name, paths[0], paths[-1])
    file = _FILE.match(arguments)
    if file is None:
        return None
    last = arguments.rsplit(",", 1)[-1].strip()
    number = int(last) if last.isdigit() else 0
    data = texts[0][: int(result)] if texts else b""
    return Call(at, name.replace("fdatasync", "fsync"), _bytes(file[1]).decode(), "", data, number)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", "")) if text.startswith("\\x") else text.encode()


@dataclass
class _File:
    synced: bytearray
    #: (offset, data), or (size, None) for a cut.
    loose: list[tuple[int, bytes | None]] = field(default_factory=list)
    end: int = 0

    def sync(self) -> None:
        for change in self.loose:
            _apply(self.synced, change)
        self.loose.clear()

    def after_cut(self, chance: Random | None) -> bytes:
        """What is left of it; with a chance, some of what was not synced, and one write torn in the middle."""
        left = bytearray(self.synced)
        for offset, data in self.loose if chance else ():
            assert chance is not None
            if chance.random() < 0.5:
                torn = data is not None and chance.random() < 0.2
                _apply(left, (offset, data[: len(data) // 2 // SECTOR * SECTOR] if torn and data else data))
        return bytes(left)


def _apply(content: bytearray, change: tuple[int, bytes | None]) -> None:
    offset, data = change
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
    elif data:
        content.extend(bytes(max(0, offset - len(content))))
        content[offset : offset + len(data)] = data


class Disk:
    """A folder, as it is now and as it would be after a power cut."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._now: dict[str, _File | None] = {}
        for path in folder.rglob("*"):
            if not path.is_socket():
                self._now[str(path)] = None if path.is_dir() else _File(bytearray(path.read_bytes()))
        self._kept = dict(self._now)

    def __call__(self, call: Call) -> None:
        """Something was done to it."""
        file = self._now.get(call.path)
        match call.name:
            case "openat" if "O_CREAT" in call.other or "O_TRUNC" in call.other:
                file = file or _File(bytearray())
                self._now[call.path] = file
                file.end = 0
                if "O_TRUNC" in call.other:
                    file.loose.append((0, None))
            case "mkdir":
                self._now[call.path] = None
            case "rename":
                self._now[call.other] = self._now.pop(call.path)
            case "unlink":
                self._now.pop(call.path, None)
            case "fsync" if file is None:
                self._sync_names(call.path)
            case _ if file is not None:
                self._change(file, call)

    def _sync_names(self, folder: str) -> None:
        for path in {*self._now, *self._kept}:
            if str(Path(path).parent) == folder:
                if path in self._now:
                    self._kept[path] = self._now[path]
                else:
                    del self._kept[path]

    @staticmethod
    def _change(file: _File, call: Call) -> None:
        match call.name:
            case "fsync":
                file.sync()
            case "ftruncate":
                file.loose.append((call.number, None))
            case "pwrite64":
                file.loose.append((call.number, call.data))
            case "write":
                file.loose.append((file.end, call.data))
                file.end += len(call.data)

    def cut(self, target: Path, chance: Random | None = None) -> None:
        """Lay down in another folder what is left after a power cut; with a chance, some of what was not synced is there."""
        names = self._now if chance is not None and chance.random() < 0.5 else self._kept
        target.mkdir(mode=0o700)
        for path in sorted(names):
            there, file = target / Path(path).relative_to(self._folder), names[path]
            if there.parent.is_dir() and not path.endswith("-shm"):  # that one is memory
                if file is None:
                    there.mkdir()
                else:
                    there.write_bytes(file.after_cut(chance))
