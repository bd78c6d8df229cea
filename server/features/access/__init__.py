"""Organisers, their roles, and how they prove who they are: links, passwords, sessions, tokens."""
