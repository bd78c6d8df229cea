"""Where else a post can be read: a line of links for servers that show one language."""

from __future__ import annotations

from html import escape

from server.base.addresses import Addresses
from server.base.catalogue import SOURCE, catalogue, known
from server.base.language_names import language_name
from server.base.words import marked
from server.features.posts.model import Post, Text

READ_IN = marked("Read in:")


def read_in(post: Post, text: Text, addresses: Addresses) -> str:
    """`Read in: العربية · فارسی`, as HTML in the language of the text; each links to the post's page in that language.

    Empty for a post in one language and for one that has no page for everybody.
    """
    others = [one.language for one in post.said_texts if one.language != text.language]
    if not others or not post.readable:
        return ""
    links = [_link(addresses.post_page_in(post.public_id, language), language) for language in others]
    words = catalogue(known(text.language) or SOURCE).one(READ_IN)
    return f"<p>{escape(words)} {' · '.join(links)}</p>"


def _link(url: str, language: str) -> str:
    return f'<a href="{escape(url)}" hreflang="{language}" lang="{language}">{escape(language_name(language))}</a>'
