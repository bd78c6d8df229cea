"""The tight loops alone: `python -m tests.bench.loops NAME TIMES` does one so often, with the key that stands on its input.

Nothing else in it differs between two runs, so that the instructions of more turns less those of fewer are the loop's own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

from federation.authority import authorise, is_forwarded
from federation.gate import read_json
from federation.identifiers import ActorId, KeyId
from federation.keys import KeyPair
from federation.objects import Note
from federation.parse import parse_activity, parse_object, peek
from federation.signatures import CavageSigner, SignedRequest, body_digest, claim_of, http_date
from server.features.remote.cleaning import clean_post
from tests.loopback.crowd import AP, Crowd

BASE = "http://127.0.0.1:8080"
POST, WHOM, INBOX = f"{BASE}/p/abcdefgh12345678", f"{BASE}/users/harbour", f"{BASE}/inbox"
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
SOMEBODY = 3


def said(pair: KeyPair, kind: str) -> bytes:
    """A reply or a Like of somebody in the crowd, as bytes of a body."""
    crowd = Crowd(SOMEBODY + 1, 9_999, pair)
    activity = crowd.reply(SOMEBODY, POST, WHOM) if kind == "reply" else crowd.activity(SOMEBODY, kind, POST)
    return crowd.signed(SOMEBODY, activity, INBOX).partition(b"\r\n\r\n")[2]


def finished(work: Coroutine[Any, Any, object]) -> None:
    """Something that could wait, but need not."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


def signing(pair: KeyPair) -> Callable[[], object]:
    signer, digest = CavageSigner(pair), body_digest(said(pair, "reply"))
    return lambda: signer.headers(
        host="reader.example", target="/inbox", date=http_date(NOW), digest=digest, content_type=AP
    )


def checking(pair: KeyPair) -> Callable[[], object]:
    body, date, host = said(pair, "reply"), http_date(NOW), BASE.removeprefix("http://")
    made = CavageSigner(pair).headers(host=host, target="/inbox", date=date, digest=body_digest(body), content_type=AP)
    headers = tuple((name.lower(), value) for name, value in {**made, "Host": host}.items())
    request = SignedRequest(method="POST", target="/inbox", host=host, headers=headers, body=body)
    return lambda: claim_of(request).verify(pair.public, NOW, BASE)


def reading(pair: KeyPair, kind: str) -> Callable[[], object]:
    body = said(pair, kind)

    def read() -> None:
        document = read_json(body)
        peek(document)
        activity = parse_activity(document)
        signed_by = ActorId(activity.actor)
        if not is_forwarded(activity, signed_by):
            authorise(activity, signed_by)

    return read


def cleaning(pair: KeyPair) -> Callable[[], object]:
    note = parse_object(read_json(said(pair, "reply"))["object"])
    assert isinstance(note, Note)
    return lambda: finished(clean_post(note, f"{note.attributed_to}/followers", NOW))


LOOPS: Mapping[str, Callable[[KeyPair], Callable[[], object]]] = {
    "a delivery signed": signing,
    "a signature checked": checking,
    "a reply read": lambda pair: reading(pair, "reply"),
    "a reply cleaned": cleaning,
    "a Like read": lambda pair: reading(pair, "Like"),
}


def run(name: str, times: int, pem: str) -> None:
    """Do it so often."""
    work = LOOPS[name](KeyPair.from_pem(KeyId("http://127.60.0.4:9999/users/u#main-key"), pem))
    for _ in range(times):
        work()


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), sys.stdin.read())
