"""One campaign with much to show for all who look at how light it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.light.full import Full, public_paths, served


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    with served(tmp_path_factory.mktemp("full")) as opened:
        yield opened


@pytest.fixture(scope="session")
def paths(full: Full, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return public_paths(full, tmp_path_factory.mktemp("routes"))
