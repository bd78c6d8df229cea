"""Call-outs for tests."""

from __future__ import annotations

from typing import Any

from server.features.posts.model import Draft, DraftText, Kind, Post
from server.features.posts.model_call import DraftCall
from server.house import House
from tests.world import CONSOLE, World

PLACE = "In front of the old harbour office, Quay 7, Calais"
NEEDS = "Blankets and sleeping bags\nPeople who speak Tigrinya or Farsi\nTwo vans with drivers"
INSTEAD = "Tell others, hang this up, or write what you can give: beds, cars, translations."
TEXT = "The camps are to be cleared by the end of next week. Come and stand with the people who live there."
FARSI = DraftText(
    language="fa",
    title="به کاله بیایید",
    text="قرار است کمپ‌ها تا پایان هفتهٔ آینده تخلیه شوند. بیایید و در کنار مردمی بایستید که آنجا زندگی می‌کنند.",
    place="روبه‌روی دفتر قدیمی بندر، اسکلهٔ ۷، کاله",
    needs="پتو و کیسه خواب\nکسانی که تیگرینیا یا فارسی می‌دانند",
    instead="به دیگران بگویید، این را جایی آویزان کنید، یا بنویسید چه می‌توانید بدهید.",
)
ARABIC = DraftText(
    language="ar",
    title="تعالوا إلى كاليه",
    text="ستُخلى المخيمات بحلول نهاية الأسبوع المقبل. تعالوا وقفوا مع الناس الذين يعيشون هناك.",
    place="أمام مكتب الميناء القديم، الرصيف 7، كاليه",
    needs="بطانيات وأكياس نوم\nأشخاص يتحدثون التغرينية أو الفارسية",
    instead="أخبروا الآخرين، أو علّقوا هذه الورقة، أو اكتبوا ما يمكنكم تقديمه.",
)


def call_draft(**more: Any) -> Draft:
    """A call-out in three languages; what is given replaces parts of it."""
    of_call: dict[str, Any] = {
        name: more.pop(name) for name in ("place", "needs", "instead", "starts_at", "ends_at", "urgent") if name in more
    }
    call: dict[str, Any] = {
        "starts_at": "2026-09-28T08:00:00.000000Z",
        "ends_at": "2026-10-02T16:00:00.000000Z",
        "time_zone": "Europe/Paris",
        "place": PLACE,
        "needs": NEEDS,
        "instead": INSTEAD,
        **of_call,
    }
    given: dict[str, Any] = {
        "text": TEXT,
        "title": "Come to Calais",
        "language": "en",
        "kind": Kind.CALL_OUT,
        "translations": (FARSI, ARABIC),
        "call": DraftCall(**call),
        **more,
    }
    return Draft(**given)


async def called_out(world: World, house: House, **more: Any) -> Post:
    """A call-out that is published and delivered."""
    post = await house.publishing.submit(CONSOLE, call_draft(**more))
    await world.settle()
    return post
