"""WebFinger, host-meta and NodeInfo: how others find the actor and learn what answers here."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from federation import nodeinfo, webfinger
from federation.errors import Malformed
from server.base.errors import NotFound
from server.features.actors.model import OurActor
from server.house import House
from server.web.shared.caching import Rendered, kept
from server.web.shared.request import house_of

THREE_DAYS, HALF_HOUR = 3 * 24 * 3600, 1800
JRD: Final = "application/jrd+json"


def _asked_actor(house: House, asked: webfinger.Asked) -> OurActor | None:
    if asked.url is not None:
        local = house.addresses.local(asked.url)
        if local is not None and local.kind == "home":
            return house.actors.campaign()
        return house.actors.by_uri(asked.url)
    if asked.handle is None:
        return None
    own = {house.addresses.handle_domain, house.addresses.host}
    if asked.handle.host.lower() not in own:
        return None
    if asked.handle.user.lower() in own:
        return house.actors.instance()
    return house.actors.by_handle(asked.handle.user)


async def finger(request: Request) -> Response:
    """The WebFinger answer (RFC 7033), for every form of resource."""
    house = house_of(request)
    resources = request.query_params.getlist("resource")
    if len(resources) != 1:
        raise Malformed("exactly one resource is asked for")
    asked = webfinger.parse_resource(resources[0])
    actor = _asked_actor(house, asked)
    if actor is None:
        raise NotFound("There is nobody of that name here.")

    async def make() -> Rendered:
        instance = actor.kind == "instance"
        document = await house.profiles.document(actor)
        body = webfinger.render_jrd(
            subject=house.addresses.acct(house.addresses.handle_domain if instance else actor.handle),
            actor=document.id,
            profile=house.addresses.home() if instance else house.addresses.profile(actor.handle),
            subscribe=f"{house.addresses.base}/authorize_interaction?uri={{uri}}",
            avatar=(document.icon.url, document.icon.media_type) if document.icon else None,
        )
        return Rendered.of(body, JRD, max_age=HALF_HOUR, cors=True)

    return await kept(request, ("webfinger", actor.handle), make, spoken=False)


async def host_meta(request: Request) -> Response:
    """host-meta as XML."""
    body = webfinger.host_meta_xml(house_of(request).addresses.base)
    return Rendered.of(body, "application/xrd+xml", max_age=THREE_DAYS, cors=True).response(request)


async def host_meta_json(request: Request) -> Response:
    """host-meta as JSON."""
    body = webfinger.host_meta_json(house_of(request).addresses.base)
    return Rendered.of(body, "application/json", max_age=THREE_DAYS, cors=True).response(request)


async def nodeinfo_links(request: Request) -> Response:
    """Where the NodeInfo documents are."""
    addresses = house_of(request).addresses
    body = nodeinfo.discovery(addresses.base, addresses.instance_actor())
    return Rendered.of(body, "application/json", max_age=THREE_DAYS, cors=True).response(request)


async def nodeinfo_document(request: Request) -> Response:
    """A NodeInfo document: what software, and no counts of people."""
    version = request.path_params["version"]
    if version not in {"2.0", "2.1"}:
        return JSONResponse({"error": "There are versions 2.0 and 2.1."}, 404)
    campaign = house_of(request).actors.campaign()
    body = nodeinfo.document(version, name=campaign.name, description="")
    return Rendered.of(body, nodeinfo.content_type(version), max_age=HALF_HOUR, cors=True).response(request)


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/.well-known/webfinger", finger),
        Route("/.well-known/host-meta", host_meta),
        Route("/.well-known/host-meta.json", host_meta_json),
        Route("/.well-known/nodeinfo", nodeinfo_links),
        Route("/nodeinfo/{version}", nodeinfo_document),
    ]
