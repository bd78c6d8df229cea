"""Templates that few readers open are compiled before they are needed, but never at the cost of whoever is here."""

import asyncio
import threading

import pytest
from jinja2 import meta

from server.web.shared import pages

pytestmark = pytest.mark.anyio


@pytest.fixture
def fresh() -> None:
    """An environment that has compiled nothing."""
    pages.environment.cache_clear()


def compiled() -> int:
    cache = pages.environment().cache
    assert cache is not None
    return len(cache)


@pytest.mark.usefixtures("fresh")
async def test_what_readers_open_first_is_compiled_at_the_start() -> None:
    pages.warm()
    assert compiled() >= len(pages.FIRST_TEMPLATES)


def test_nothing_that_the_first_pages_are_made_of_is_left_out() -> None:
    environment = pages.environment()
    assert environment.loader is not None
    for name in pages.FIRST_TEMPLATES:
        source, *_ = environment.loader.get_source(environment, name)
        made_of = meta.find_referenced_templates(environment.parse(source))
        assert set(made_of) <= set(pages.FIRST_TEMPLATES), name


@pytest.mark.usefixtures("fresh")
async def test_rare_templates_wait_while_the_processor_is_needed_and_are_compiled_after_it() -> None:
    busy = threading.Event()

    def work() -> None:
        while not busy.is_set():
            sum(range(1000))

    thread = threading.Thread(target=work)
    thread.start()
    warming = asyncio.create_task(pages.warm_others())
    try:
        await asyncio.sleep(4 * pages.BETWEEN_SECONDS)
        assert compiled() == 0
    finally:
        busy.set()
        thread.join()
    while not compiled():
        await asyncio.sleep(pages.BETWEEN_SECONDS)
    warming.cancel()
