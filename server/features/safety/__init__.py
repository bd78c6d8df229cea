"""Whom we refuse, and how far the house is locked."""
