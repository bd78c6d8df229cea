"""Who signs a call-out, from the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.calls import called_out
from tests.commands.conftest import Terminal
from tests.world import CONSOLE, open_world


async def _signed(folder: Path) -> tuple[str, str]:
    """A call-out that an ally and somebody else boost, and a post that is none; their ids."""
    async with open_world(folder) as world:
        house = await world.campaign("here.test")
        call, post = await called_out(world, house), await world.publish(house, "An update")
        for host in ("friend.test", "group.test"):
            peer = world.peer(host, "heron")
            await peer.send(house, peer.activity("Announce", world.uri(house, call)))
        await house.allies.mark_host(CONSOLE, "friend.test")
        return call.public_id, post.public_id


@pytest.fixture
def ids(tmp_path: Path, terminal: Terminal) -> tuple[str, str]:
    terminal.data = tmp_path / "here.test"
    terminal.environ["CALLOUT_BASE_URL"] = "https://here.test"
    return asyncio.run(_signed(tmp_path))


def test_a_group_is_let_sign_and_taken_off(terminal: Terminal, ids: tuple[str, str]) -> None:
    call, _ = ids
    ally, other = terminal.json("signatures", f"https://here.test/p/{call}")
    assert (ally["from"], ally["counts"], other["from"], other["counts"]) == ("heron@friend.test", True, "heron@group.test", False)  # fmt: skip
    assert terminal("signatures", call, "--let", str(other["number"])).stdout == "Counted.\n"
    assert [one["counts"] for one in terminal.json("signatures", call)] == [True, True]
    assert terminal("signatures", call, "--off", str(ally["number"])).exit_code == 0
    assert "asks  heron@friend.test  by boost" in terminal("signatures", call).stdout


def test_what_is_not_there_is_refused_in_one_line(terminal: Terminal, ids: tuple[str, str]) -> None:
    call, post = ids
    for words in ((post,), ("nosuchpost00",), (call, "--let", "1"), ("https://other.test/p/1",)):
        result = terminal("signatures", *words)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1), words
    assert terminal("signatures", call, "--let", "1", "--off", "1").exit_code == 2
