"""The database: one door, two engines. SQLite needs nothing; PostgreSQL serves several processes."""

from __future__ import annotations

from server.base.database.model import (
    Database,
    IntegrityViolation,
    Row,
    Snapshot,
    Transaction,
    Value,
    inside_transaction,
)

__all__ = ["Database", "IntegrityViolation", "Row", "Snapshot", "Transaction", "Value", "inside_transaction"]
