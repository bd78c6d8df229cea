"""What every handler asks of a request: the house, the body within bounds, who calls from where."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final, cast

from starlette.datastructures import FormData, Headers
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from server.base.errors import Invalid, TooLarge
from server.house import House

BODY_SECONDS: Final = 15.0
FORM_SECONDS: Final = 120.0
MAX_FORM_BYTES: Final = 48 * 1024 * 1024
#: What a form without pictures may have: all that is read of somebody not known yet.
SMALL_FORM_BYTES: Final = 64 * 1024
MAX_FIELD_BYTES: Final = 256 * 1024
MAX_FILES, MAX_FIELDS = 4, 100
#: Numbers with so many digits are surely numbers of ours.
MAX_DIGITS: Final = 18
#: Whoever has one IPv6 address has all that begin like it.
IPV6_CALLER_BITS: Final = 64


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
    if (number_of(request.headers.get("content-length", "")) or 0) > limit:
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


class _InMemory(MultiPartParser):
    """What comes with a form stays in memory, bounded as its bytes are: no original of a picture touches the disk."""

    spool_max_size = MAX_FORM_BYTES + 1


async def _parsed(request: Request, max_files: int) -> FormData:
    """The fields of either kind of form. Raises HTTPException."""
    bounds = {"max_files": max_files, "max_fields": MAX_FIELDS, "max_part_size": MAX_FIELD_BYTES}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        return await request.form(**bounds)
    try:
        async with aclosing(request.stream()) as stream:
            return await _InMemory(request.headers, stream, **bounds).parse()
    except MultiPartException as error:
        raise HTTPException(400, error.message) from None


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
async def form_of(
    request: Request, *, max_files: int = MAX_FILES, max_bytes: int = MAX_FORM_BYTES
) -> AsyncIterator[FormData]:
    """The fields of a form, files too, bounded in bytes and in time. Raises TooLarge or Invalid."""
    if (number_of(request.headers.get("content-length", "")) or 0) > max_bytes:
        if max_files:
            raise TooLarge("That is too large: pictures may have 10 MB each.")
        raise TooLarge("That is too large.")
    request._receive = _counted(request._receive, max_bytes)  # type: ignore[assignment]  # noqa: SLF001 - its only hook
    try:
        async with asyncio.timeout(FORM_SECONDS):
            form = await _parsed(request, max_files)
    except HTTPException as error:
        if max_files and error.detail.startswith("Too many files"):
            raise Invalid("At most %(max)s files at once. Choose fewer and send it again.", max=max_files) from None
        raise Invalid("The form did not come through. Send it again.") from None
    except (TimeoutError, ClientDisconnect):
        raise Invalid("The form did not come through. Send it again.") from None
    try:
        yield form
    finally:
        await form.close()


def small_form_of(request: Request) -> AbstractAsyncContextManager[FormData]:
    """The fields of a form that has no files, as anybody may send it. Raises TooLarge or Invalid."""
    return form_of(request, max_files=0, max_bytes=SMALL_FORM_BYTES)


def text_field(form: FormData, name: str, default: str = "") -> str:
    """A text field, line ends made one kind."""
    value = form.get(name)
    return value.replace("\r\n", "\n") if isinstance(value, str) else default


def number_of(text: str, digits: int = MAX_DIGITS) -> int | None:
    """A whole number in the digits 0 to 9, such as an id; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def client_key(request: Request, secret: bytes) -> str:
    """A name for whoever calls that says nothing without the secret of this process, and is never written down."""
    host = _plain(request.client.host if request.client else "")
    proxies = house_of(request).settings.trusted_proxies
    try:
        if proxies and any(ip_address(host) in network for network in proxies):
            host = Headers(scope=request.scope).get("x-forwarded-for", host).rpartition(",")[2].strip()
            host = _plain(host)
    except ValueError:
        host = ""
    return hashlib.blake2b(_network(host).encode(), key=secret, digest_size=12).hexdigest()


def _plain(host: str) -> str:
    """An address as it is; an IPv4 address that is written as an IPv6 one, in its own form."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str((address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address)


def _network(host: str) -> str:
    """An IPv4 address; of an IPv6 address what its owner cannot change at will. Anything else as it is."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), IPV6_CALLER_BITS), strict=False))
    return str(address)
