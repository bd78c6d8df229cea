"""Saying things in the campaign's name: publish, edit, delete, pin, boost, like, profile, block."""
