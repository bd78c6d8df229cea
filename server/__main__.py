"""`python -m server` and `callout`."""

from __future__ import annotations

import os
import sys

import uvloop

from federation.resolving import prepare
from server.base.clock import system_clock
from server.commands import (
    cli_calls,
    cli_conversation,
    cli_forget,
    cli_house,
    cli_lists,
    cli_offers,
    cli_people,
    cli_posts,
    cli_quotes,
    cli_reviews,
    cli_safety,
    cli_signatures,
    cli_translations,
)
from server.commands.cli import Console, cli

#: The modules that hang their commands onto the group.
COMMANDS = (
    cli_calls,
    cli_conversation,
    cli_forget,
    cli_house,
    cli_lists,
    cli_offers,
    cli_people,
    cli_posts,
    cli_quotes,
    cli_reviews,
    cli_safety,
    cli_signatures,
    cli_translations,
)


def main() -> None:
    """Run one command."""
    prepare(os.environ)
    console = Console(environ=dict(os.environ), clock=system_clock, run=uvloop.run)
    cli(obj=console, prog_name="callout", args=sys.argv[1:])


if __name__ == "__main__":
    main()
