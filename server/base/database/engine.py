"""The SQLite library in use: a fixed one from a wheel where there is one, else the interpreter's own.

It stands before aiosqlite in `sys.modules`, so it must be imported first (WAL-reset bug: sqlite.org/wal.html).
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Final

if find_spec("pysqlite3") is not None and "aiosqlite" not in sys.modules:
    sys.modules["sqlite3"] = import_module("pysqlite3")
    sys.modules["sqlite3.dbapi2"] = import_module("pysqlite3.dbapi2")

sqlite3 = import_module("sqlite3")
SQLITE_VERSION: Final[tuple[int, ...]] = tuple(sqlite3.sqlite_version_info)


def is_fixed(version: tuple[int, ...]) -> bool:
    """True if this SQLite has not the WAL-reset bug: 3.44.6, 3.50.7, or 3.51.3 and later."""
    line = version[:2]
    if line == (3, 44):
        return version >= (3, 44, 6)
    if line == (3, 50):
        return version >= (3, 50, 7)
    return version >= (3, 51, 3)
