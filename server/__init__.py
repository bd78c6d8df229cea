"""Callout: a campaign server for the fediverse."""
