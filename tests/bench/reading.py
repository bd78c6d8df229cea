"""Pages and documents asked for again and again, beside a static file of nginx, and pages that must be made anew."""

from __future__ import annotations

import http.client
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.bench import filling_words
from tests.bench.figures import Figure, least, most
from tests.bench.limits import STATIC
from tests.bench.size import Size
from tests.bench.watching import Spent
from tests.bench.world import World, idle
from tests.loopback import nginx
from tests.loopback.campaign import Campaign
from tests.loopback.crowd import AP, request
from tests.loopback.load import again, pour
from tests.processes import free_port

HOT, FINGER, COLD_MILLISECONDS = 15_000, 20_000, 15
PEOPLE = 200
HTML = {"Accept": "text/html"}
SERVER = "server {{ listen 127.0.0.1:{port} backlog=4096; root {folder}; }}"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One thing to read."""

    name: str
    path: str
    headers: dict[str, str] = field(default_factory=lambda: dict(HTML))
    target: int = HOT
    status: int = 200


def fetch(
    port: int, path: str, headers: dict[str, str], posted: str | None = None
) -> tuple[http.client.HTTPResponse, bytes, float]:
    """Ask once, or post: the answer, its body, and the seconds it took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.connect()
    begun = time.perf_counter()
    connection.request("GET" if posted is None else "POST", path, posted, headers)
    answer = connection.getresponse()
    body = answer.read()
    seconds = time.perf_counter() - begun
    connection.close()
    return answer, body, seconds


def tool(size: Size) -> str | None:
    """wrk where it is; it cannot measure for less than a second."""
    return shutil.which("wrk") if size.read_seconds >= 1 else None


def rate(world: World, port: int, path: str, headers: dict[str, str]) -> float:
    """Answers a second, by wrk or by our own program that asks a lot."""
    size = world.size
    if (wrk := tool(size)) is None:
        asked = request("GET", path, {"Host": f"127.0.0.1:{port}", **headers})
        poured = pour(port, again(asked), at_once=size.at_once, seconds=size.read_seconds)
        assert sum(poured.statuses.values()) == poured.statuses[200] + poured.statuses[304], poured.statuses
        return sum(poured.statuses.values()) / poured.seconds
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    seconds = round(size.read_seconds)
    command = [wrk, "-t1", f"-c{size.at_once}", f"-d{seconds}", *given, f"http://127.0.0.1:{port}{path}"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=True).stdout
    assert "Non-2xx" not in said, said
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found is not None, said
    return float(found[1])


def reading(world: World) -> Iterator[Figure]:
    with world.campaign("reading", lambda _: None) as campaign:
        posts = [campaign.published(f"Part {n} of what we have to say.")["uri"] for n in range(20)]
        idle(campaign)
        campaign.server.stop()
        # One page that very many answered, and that all have read.
        with world.filled(campaign) as filled:
            filled.people(0, PEOPLE, [free_port()], "")
            filling_words.replies(filled, world.size.approved, posts[-1:], held_of_ten=0)
        campaign.server.start()
        yield from _hot(world, campaign, posts)
        yield from _cold(world, campaign, posts[-1])


def _things(campaign: Campaign, posts: list[str]) -> list[Asked]:
    quiet, busy = (one.removeprefix(campaign.base) for one in (posts[0], posts[-1]))
    etag = fetch(campaign.port, "/", HTML)[0].headers["ETag"]
    account = quote(f"acct:harbour@localhost:{campaign.port}", safe="")
    return [
        Asked(name="actor", path="/users/harbour", headers={"Accept": AP}),
        Asked(name="post as JSON", path=quiet, headers={"Accept": AP}),
        Asked(name="home page", path="/"),
        Asked(name="home page unchanged, 304", path="/", headers={**HTML, "If-None-Match": etag}, status=304),
        Asked(name="post page", path=f"/p/{quiet.rpartition('/')[2]}"),
        Asked(name="post page with many replies", path=f"/p/{busy.rpartition('/')[2]}"),
        Asked(name="Atom feed", path="/feed.atom", headers={"Accept": "application/atom+xml"}),
        Asked(
            name="WebFinger",
            path=f"/.well-known/webfinger?resource={account}",
            headers={"Accept": "application/jrd+json"},
            target=FINGER,
        ),
    ]


def _hot(world: World, campaign: Campaign, posts: list[str]) -> Iterator[Figure]:
    name = "wrk" if tool(world.size) else "our own client"
    page = fetch(campaign.port, "/", HTML)[1]
    yield static(world, page, name)
    for one in _things(campaign, posts):
        answer, body, _ = fetch(campaign.port, one.path, one.headers)
        assert answer.status == one.status, (one.name, answer.status)
        spent = Spent(campaign.pid)
        found = rate(world, campaign.port, one.path, one.headers)
        used = spent.each(found * world.size.read_seconds)
        limit = world.limits.get(STATIC)
        note = f"{name}, {len(body):,} bytes" + (f", {found / limit:.0%} of nginx" if limit else "") + f"; {used}"
        yield least(f"GET {one.name}", found, one.target, note=note)


def static(world: World, page: bytes, name: str) -> Figure:
    """The home page as a file, from nginx."""
    if nginx.program() is None:
        return Figure(name="limit: static file", value=0, note="no nginx here")
    folder, port = world.folder / "static", free_port()
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "page.html").write_bytes(page)
    with nginx.running(folder, SERVER.format(port=port, folder=folder), port):
        world.limits[STATIC] = rate(world, port, "/page.html", {})
    return Figure(name="limit: static file of nginx", value=world.limits[STATIC], note=f"{name}, the home page")


def colds(campaign: Campaign, paths: dict[str, dict[str, str]], count: int) -> dict[str, list[float]]:
    """Seconds for pages that nobody has asked for since something changed: a reply that is hidden and shown again."""
    reply = str(campaign.count("SELECT MAX(remote_post_id) FROM replies WHERE state = 'approved'"))
    found: dict[str, list[float]] = {path: [] for path in paths}
    for number in range(count + 1):
        for path, headers in paths.items():
            done = campaign.terminal("replies", "--approve" if number % 2 else "--hide", reply)
            assert done.exit_code == 0, done.output
            answer, _, seconds = fetch(campaign.port, path, headers)
            assert answer.status == 200, (path, answer.status)
            found[path].append(seconds)
    # The first of each reads its template, too.
    return {path: each[1:] for path, each in found.items()}


def _cold(world: World, campaign: Campaign, busy: str) -> Iterator[Figure]:
    page = f"/p/{busy.rpartition('/')[2]}"
    found = colds(campaign, {"/": HTML, page: HTML}, world.size.cold)
    for name, path in (("home page", "/"), ("post page with many replies", page)):
        slowest = max(found[path]) * 1000
        value = statistics.median(found[path]) * 1000
        yield most(f"{name}, cold", value, "ms", COLD_MILLISECONDS, f"median; the slowest {slowest:.1f} ms")
