"""What every handler asks of a request: the house, the body within bounds, who calls from where."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Final, cast

from starlette.datastructures import FormData, Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from server.base.errors import Invalid, TooLarge
from server.house import House

BODY_SECONDS: Final = 15.0
FORM_SECONDS: Final = 120.0
MAX_FORM_BYTES: Final = 48 * 1024 * 1024
MAX_FIELD_BYTES: Final = 256 * 1024
MAX_FILES, MAX_FIELDS = 4, 100


def house_of(request: Request) -> House:
    """The house that answers."""
    return cast("House", request.app.state.house)


async def _piece(request: Request) -> tuple[bytes, bool]:
    """The next piece of a body, and whether more follows. Raises ClientDisconnect."""
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


async def read_body(request: Request, limit: int, seconds: float = BODY_SECONDS) -> bytes:
    """The whole body. Raises TooLarge, or Invalid when it does not come in time."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge("That is too large.")
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            more = True
            while more:
                piece, more = await _piece(request)
                body += piece
                if len(body) > limit:
                    raise TooLarge("That is too large.")
    except (TimeoutError, ClientDisconnect):
        raise Invalid("The request did not come through.") from None
    return bytes(body)


def _counted(receive: Callable[[], object], limit: int) -> Callable[[], object]:
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await cast("Callable[[], AsyncIterator[Message]]", receive)()  # type: ignore[misc]
        seen += len(message.get("body", b""))
        if seen > limit:
            raise TooLarge("That is too large.")
        return cast("Message", message)

    return bounded


@asynccontextmanager
async def form_of(request: Request) -> AsyncIterator[FormData]:
    """The fields of a form, files too, bounded in bytes and in time. Raises TooLarge or Invalid."""
    if (
        request.headers.get("content-length", "0").isdigit()
        and int(request.headers.get("content-length", "0")) > MAX_FORM_BYTES
    ):
        raise TooLarge("That is too large: pictures may have 10 MB each.")
    request._receive = _counted(request._receive, MAX_FORM_BYTES)  # type: ignore[assignment]  # noqa: SLF001 - its only hook
    try:
        async with asyncio.timeout(FORM_SECONDS):
            form = await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES)
    except HTTPException as error:  # what Starlette makes of a MultiPartException
        if error.detail.startswith("Too many files"):
            raise Invalid("At most %(max)s files at once. Choose fewer and send it again.", max=MAX_FILES) from None
        raise Invalid("The form did not come through. Send it again.") from None
    except (TimeoutError, ClientDisconnect):
        raise Invalid("The form did not come through. Send it again.") from None
    try:
        yield form
    finally:
        await form.close()


def text_field(form: FormData, name: str, default: str = "") -> str:
    """A text field, line ends made one kind."""
    value = form.get(name)
    return value.replace("\r\n", "\n") if isinstance(value, str) else default


def client_key(request: Request, secret: bytes) -> str:
    """A name for whoever calls that says nothing without the secret of this process, and is never written down."""
    host = request.client.host if request.client else ""
    proxies = house_of(request).settings.trusted_proxies
    try:
        if proxies and any(ip_address(host) in network for network in proxies):
            host = Headers(scope=request.scope).get("x-forwarded-for", host).rpartition(",")[2].strip()
    except ValueError:
        host = ""
    return hashlib.blake2b(host.encode(), key=secret, digest_size=12).hexdigest()
