"""Where the files beside the code lie: in the checkout, or inside the installed package."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_SERVER: Final = Path(__file__).resolve().parent.parent


def bundled(name: str) -> Path:
    """The path of a root file or folder, such as `schema.sql` or `templates`. Raises FileNotFoundError."""
    for root in (_SERVER / "_bundled", _SERVER.parent):
        if (root / name).exists():
            return root / name
    raise FileNotFoundError(name)
