"""Who did what, in days."""
