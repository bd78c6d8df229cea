from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.negotiation import (
    ACCEPT,
    MAX_ACCEPT_CHARS,
    is_activitypub,
    is_inbox_type,
    wants_activitypub,
)

LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)


@pytest.mark.parametrize(
    "accept",
    [
        ACCEPT,
        "application/activity+json, application/ld+json",
        f"{LD}, application/activity+json, text/html;q=0.1",
        f"application/activity+json, {LD}",
        f"application/activity+json,{LD.replace('; ', ';')}",
        f"{LD}, application/activity+json, text/html; q=0.5",
        "application/activity+json",
        LD,
        LD.replace('"', ""),
        "application/ld+json",
        "application/ld+json; profile='https://www.w3.org/ns/activitystreams'",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams https://w3id.org/security/v1"',
        "APPLICATION/Activity+JSON;charset=UTF-8",
        "application/activity+json; q=0.9, text/html; q=0.9",
        "application/activity+json, */*",
        "text/html;q=0, application/activity+json;q=0.001",
        "  application/activity+json  ;  q=1 ",
        f"application/json, {LD}, text/html;q=0.9",
        "application/json",
        "application/json, text/plain, */*",
    ],
    ids=lambda accept: accept[:60],
)
def test_servers_get_the_document(accept: str) -> None:
    assert wants_activitypub(accept)


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        CHROME,
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html",
        "application/*",
        "application/jrd+json",
        "text/html, application/json;q=0.9",
        "image/avif,image/webp,*/*;q=0.8",
        "text/html, application/activity+json;q=0.9",
        "application/xhtml+xml, application/activity+json;q=0.5",
        "application/activity+json;q=0",
        "application/activity+json;q=0.0, */*",
        "application/activity+json;q=-1",
        "application/activity+json;q=high",
        "application/activity+json;q=",
        "application/activity+jsonp",
        "x-application/activity+json",
        "application/activity+json/x",
        "text/html, text/plain;note=application/activity+json",
        ",,;;==",
    ],
    ids=lambda accept: str(accept)[:60],
)
def test_people_and_everybody_else_get_the_page(accept: str | None) -> None:
    assert not wants_activitypub(accept)


def test_a_header_without_end_is_read_for_a_while_only() -> None:
    assert not wants_activitypub("text/plain," * MAX_ACCEPT_CHARS + "application/activity+json")
    assert wants_activitypub("application/activity+json," + "text/plain," * MAX_ACCEPT_CHARS)


@given(st.text(max_size=200) | st.text("aplictony/+jsondhtmx;q=,.0123 *\"'", max_size=200))
def test_no_header_breaks_the_choice(header: str) -> None:
    assert wants_activitypub(header) in {True, False}
    assert is_activitypub(header) in {True, False}
    assert is_inbox_type(header) in {True, False}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "application/activity+json; charset=utf-8",
        "Application/Activity+JSON",
        LD,
        LD.replace('"', ""),
        f"{LD}; charset=utf-8",
        'application/ld+json; charset=utf-8; profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json;profile="https://w3id.org/security/v1 https://www.w3.org/ns/activitystreams"',
    ],
)
def test_activitypub_comes_in_two_types(content_type: str) -> None:
    assert is_activitypub(content_type)
    assert is_inbox_type(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "application/json; profile=https://www.w3.org/ns/activitystreams",
        "text/html",
        "text/html; x=application/activity+json",
        "text/plain",
        "image/svg+xml",
        "application/octet-stream",
        "multipart/form-data; boundary=application/activity+json",
        "application/activity+json, text/html",
        "application/activity+jsonx",
    ],
)
def test_what_anybody_may_upload_is_never_taken_for_activitypub(content_type: str | None) -> None:
    assert not is_activitypub(content_type)
    assert not is_inbox_type(content_type)


@pytest.mark.parametrize("parameters", ["", "; charset=utf-8", '; profile="https://w3id.org/security/v1"'])
def test_a_linked_document_without_the_profile_is_none_but_an_inbox_takes_it(parameters: str) -> None:
    assert not is_activitypub(f"application/ld+json{parameters}")
    assert is_inbox_type(f"application/ld+json{parameters}")
