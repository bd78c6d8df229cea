"""Offers: "I cannot come, but...". From readers without an account, sealed at rest, answered by a code, gone after days."""
