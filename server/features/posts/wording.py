"""Which of a post's texts a reader is shown."""

from __future__ import annotations

from server.features.posts.model import Post, Text


def best_text(post: Post, language: str) -> Text:
    """The text in a language, whole tag before another region's; the main one if there is none. Raises Gone for a deleted post."""
    texts = post.shown_texts
    exact = next((text for text in texts if text.language.lower() == language.lower()), None)
    return exact or next((text for text in texts if same_language(text.language, language)), texts[0])


def warned_text(post: Post, text: Text) -> Text:
    """The text whose warning stands before these words: a translation without one is no less warned of than what it translates."""
    return text if text.warning else post.main


def same_language(one: str, other: str) -> bool:
    """True for tags of one language, whatever the region."""
    return one.partition("-")[0].lower() == other.partition("-")[0].lower()


def other_texts(post: Post, shown: Text) -> tuple[Text, ...]:
    """The texts that a reader who is shown this one may turn to."""
    return tuple(text for text in post.shown_texts if text is not shown)


def told_text(post: Post, language: str) -> Text:
    """What is told outside of our pages: the words in a language where an approved text has it, else those in the main one."""
    return next((text for text in post.said_texts if same_language(text.language, language)), post.main)
