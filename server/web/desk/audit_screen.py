"""The audit log: who did what, on which day."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.features.access.model import Act
from server.features.access.oversight import PAGE, as_csv, as_json
from server.web.desk.screen import desk_form, screen
from server.web.shared.request import house_of, number_of, text_field
from server.web.shared.sessions import proved, signed_in


async def show(request: Request) -> Response:
    """A page of the log."""
    who, house = await signed_in(request), house_of(request)
    before = number_of(request.query_params.get("before", ""))
    lines = await house.oversight.page(who.who, before)
    days: dict[str, list[object]] = {}
    for line in lines:
        days.setdefault(line.entry.day, []).append(line)
    older = lines[-1].entry.id if len(lines) == PAGE else None
    kept = house.oversight.kept_days
    return await screen(
        request, who, "audit.html", here="more", days=days, older=older, newer=before is not None, kept=kept
    )


async def export(request: Request) -> Response:
    """The whole log as a file. Taking a copy is noted, so it is asked for by a form."""
    async with desk_form(request) as (form, who):
        who.who.must(Act.AUDIT)
        await proved(request, who, form)
        lines = await house_of(request).oversight.export(who.who)
        table = text_field(form, "format") != "json"
    body, kind, name = (
        (as_csv(lines), "text/csv", "log.csv") if table else (as_json(lines), "application/json", "log.json")
    )
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, 200, headers, media_type=kind)


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/desk/audit", show, methods=["GET"]), Route("/desk/audit/export", export, methods=["POST"])]
