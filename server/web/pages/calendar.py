"""The calendar: what is coming as a list, the weeks, and the same for calendar programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.catalogue import catalogue
from server.base.errors import Gone, NotFound
from server.base.spoken import digits, weekday_text
from server.base.timestamps import from_text, to_text
from server.features.agenda import ical
from server.features.agenda.activities import KEPT
from server.features.agenda.entries import entry
from server.features.agenda.words import STATES, name_of
from server.features.posts.model import Post, State, Text
from server.features.posts.model_call import CallOut
from server.features.posts.wording import told_text
from server.web.pages.showing import profile_of
from server.web.shared.caching import Rendered, kept
from server.web.shared.countdown import changes_at
from server.web.shared.documents import find_post
from server.web.shared.language import PREFIX, language_of, named_language
from server.web.shared.pages import render
from server.web.shared.request import house_of

MAX_AGE: Final = 300
HTML: Final = "text/html; charset=utf-8"
#: Weeks further away than this have no page: nobody plans there, and robots would never come to an end.
MAX_WEEKS_AWAY: Final = 53
DAYS: Final = 7
_WEEK: Final = re.compile(r"(20[0-9]{2}|21[0-9]{2})-w([0-9]{2})")
#: Clocks of the world are at most so far from UTC.
FARTHEST: Final = timedelta(hours=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A call-out in a list: `state` is a word for it, if people need one."""

    post: Post
    call: CallOut
    text: Text
    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of a week and what is on it."""

    date: date
    name: str
    today: bool
    lines: Sequence[Line]


def _lines(posts: Sequence[Post], language: str) -> list[Line]:
    found = []
    for post in posts:
        if post.call is not None:
            text = told_text(post, language)
            state = STATES.get(post.call.state, "")
            found.append(Line(post=post, call=post.call, text=text, name=name_of(post, text), state=state))
    return found


def week_name(day: date) -> str:
    """The name of the ISO week of a day in addresses: `2026-w40`."""
    year, week, _ = day.isocalendar()
    return f"{year}-w{week:02}"


def _monday(name: str, today: date) -> date:
    match = _WEEK.fullmatch(name)
    try:
        found = date.fromisocalendar(int(match[1]), int(match[2]), 1) if match else None
    except ValueError:
        found = None
    if found is None or abs(found - today) > timedelta(weeks=MAX_WEEKS_AWAY):
        raise NotFound("There is no page for this week.")
    return found


def days_of(line: Line) -> tuple[date, date]:
    """The first and the last day of a call-out, on the clocks that it means."""
    zone = ZoneInfo(line.call.time_zone)
    starts = from_text(line.call.starts_at or line.post.published_at)
    ends = max(starts, from_text(line.call.ends_at) - timedelta(microseconds=1))
    return starts.astimezone(zone).date(), ends.astimezone(zone).date()


async def coming(request: Request) -> Response:
    """What is coming."""
    house, language = house_of(request), language_of(request)

    async def make() -> Rendered:
        now = house.clock()
        lines = _lines(await house.agenda.coming(), language)
        changes = [moment for line in lines if (moment := changes_at(line.call, now)) is not None]
        this_week = week_name(_today(request, now))
        html = await _page(request, "pages/calendar.html", lines=lines, week=this_week)
        changes.append(_midnight(request, now))
        return Rendered.of(html, HTML, valid_until=min(changes))

    return await kept(request, ("calendar",), make)


async def week(request: Request) -> Response:
    """A week, day by day."""
    house, language, name = house_of(request), language_of(request), request.path_params["week"]

    async def make() -> Rendered:
        now = house.clock()
        today = _today(request, now)
        monday = _monday(name, today)
        start = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
        posts = await house.agenda.between(to_text(start - FARTHEST), to_text(start + timedelta(days=DAYS) + FARTHEST))
        lines = _lines(posts, language)
        days = [_day(monday + timedelta(days=one), today, lines, language) for one in range(DAYS)]
        html = await _page(
            request,
            "pages/week.html",
            days=days,
            number=digits(language, str(monday.isocalendar().week)),
            year=digits(language, str(monday.isocalendar().year)),
            earlier=_near(monday - timedelta(weeks=1), today),
            later=_near(monday + timedelta(weeks=1), today),
        )
        return Rendered.of(html, HTML, valid_until=_midnight(request, now))

    return await kept(request, ("calendar", name), make)


def _near(monday: date, today: date) -> str:
    return week_name(monday) if abs(monday - today) <= timedelta(weeks=MAX_WEEKS_AWAY) else ""


def _day(day: date, today: date, lines: Sequence[Line], language: str) -> Day:
    on_it = [line for line in lines if days_of(line)[0] <= day <= days_of(line)[1]]
    name = weekday_text(catalogue(language), datetime(day.year, day.month, day.day, tzinfo=UTC))
    return Day(date=day, name=name, today=day == today, lines=on_it)


def _zone(request: Request) -> ZoneInfo:
    return ZoneInfo(house_of(request).actors.campaign().time_zone)


def _today(request: Request, now: datetime) -> date:
    return now.astimezone(_zone(request)).date()


def _midnight(request: Request, now: datetime) -> datetime:
    """When today is over, where the campaign is."""
    tomorrow = _today(request, now) + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=_zone(request)).astimezone(UTC)


async def _page(request: Request, template: str, **values: Any) -> str:
    house = house_of(request)
    agenda = house.actors.agenda()
    return render(
        request,
        template,
        profile=await profile_of(request, house.actors.campaign()),
        agenda=house.addresses.acct(agenda.handle) if agenda else "",
        agenda_uri=house.actors.uri(agenda) if agenda else "",
        **values,
    )


async def feed(request: Request) -> Response:
    """All call-outs for calendar programs, which read it again and again."""
    house, language = house_of(request), named_language(request)

    async def make() -> Rendered:
        now, posts = house.clock(), await house.agenda.told()
        campaign = house.actors.campaign()
        lines = _lines(posts, language)
        entries = [entry(line.post, line.call, language, house.addresses) for line in lines]
        address = f"{house.addresses.base}{request.scope.get(PREFIX, '')}/calendar.ics"
        until = [moment for line in lines if (moment := from_text(line.call.ends_at) + KEPT) > now]
        body = ical.calendar(campaign.name, entries, address)
        return Rendered.of(body, ical.TYPE, max_age=MAX_AGE, cors=True, valid_until=min(until, default=None))

    return await kept(request, ("calendar.ics", language, request.scope.get(PREFIX, "")), make, spoken=False)


async def one(request: Request) -> Response:
    """One call-out, to be put into somebody's calendar."""
    house, language, name = house_of(request), named_language(request), request.path_params["public_id"]

    async def make() -> Rendered:
        found = await find_post(request, name)
        if found.state is State.DELETED:
            raise Gone("This post was deleted.")
        if not found.readable or found.call is None:
            raise NotFound("There is nothing here.")
        made = entry(found, found.call, language, house.addresses)
        return Rendered.of(ical.calendar(house.actors.campaign().name, [made]), ical.TYPE, max_age=MAX_AGE)

    return await kept(request, ("event.ics", name, language), make, spoken=False)


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/calendar", coming),
        Route("/calendar.ics", feed),
        Route("/calendar/{week}", week),
        Route("/p/{public_id}/event.ics", one),
    ]
