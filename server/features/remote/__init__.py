"""Actors, keys and posts of other servers."""
