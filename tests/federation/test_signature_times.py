from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from federation.signatures import http_date
from tests.federation import signing
from tests.federation.signing import (
    NOW,
    accepted,
    refused,
)

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("offset", "fits"),
    [
        (timedelta(0), True),
        (HOUR, True),
        (-HOUR, True),
        (HOUR + SECOND, False),
        (-HOUR - SECOND, False),
        (-13 * HOUR, False),
        (2 * HOUR, False),
    ],
)
def test_a10_the_date_has_an_hour_either_way(offset: timedelta, fits: bool) -> None:
    by_date = signing.cavage(headers=[("date", signing.date(offset))])
    by_created = signing.cavage(("(request-target)", "host", "digest", "(created)"), created=signing.seconds(offset))
    for request in (by_date, by_created):
        if fits:
            assert accepted(request)
        else:
            refused(request)


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-09-28T09:30:12Z",
        "Mon, 28 Sep 2026 09:30:12 +0000",
        "Mon, 31 Feb 2026 09:30:12 GMT",
        "Mon, 28 Sep 2026 24:30:12 GMT",
        "Mon, 28 Sep 0000 09:30:12 GMT",
        "Mon, 28 Sep 2026 09:30:12 GMT\n",
        "Mon, ２８ Sep 2026 09:30:12 GMT",
        "",
    ],
)
def test_a10_a_date_that_is_none_is_refused(text: str) -> None:
    assert accepted(signing.cavage(headers=[("date", "Mon, 28 Sep 2026 09:30:12 GMT")]))
    refused(signing.cavage(headers=[("date", text)]))


def test_a10_no_time_at_all_is_refused() -> None:
    refused(signing.cavage(("(request-target)", "host", "digest"), headers=[("date", "")]))
    refused(signing.cavage(("(request-target)", "host", "digest", "(created)")))


@pytest.mark.parametrize(
    ("created", "expires", "fits"),
    [
        (0, 60, True),
        (0, 0, True),
        (60, 60, True),
        (0, 12 * 3600, True),
        (0, 12 * 3600 + 1, False),
        (-120, -60, False),
        (0, -1, False),
        (600, 300, False),
        (0, 10 * 365 * 86400, False),
        (None, 60, True),
        (None, -60, False),
        (None, 10 * 365 * 86400, False),
    ],
)
def test_a10_expires_is_honoured(created: int | None, expires: int, fits: bool) -> None:
    start = None if created is None else signing.seconds(created * SECOND)
    request = signing.cavage(created=start, expires=signing.seconds(expires * SECOND))
    if fits:
        assert accepted(request)
    else:
        refused(request)


def test_a10_a_time_of_too_many_digits_is_refused() -> None:
    refused(signing.cavage(created=10**11))
    refused(signing.cavage(expires="soon"))


def test_the_date_is_written_in_gmt_whatever_the_zone() -> None:
    summer = NOW.astimezone(tz=None)
    assert http_date(summer) == "Mon, 28 Sep 2026 09:30:12 GMT"
    for month in range(1, 13):
        at = datetime(2027, month, 7, 1, 2, 3, tzinfo=UTC)
        assert http_date(at) == at.strftime("%a, %d %b %Y %H:%M:%S GMT")
