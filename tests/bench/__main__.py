"""`make bench`: how fast one server is on this machine, beside what the machine can do at most."""

from __future__ import annotations

import os
import platform
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.rounds import Bench, Size, table
from tests.loopback.campaign import Campaign
from tests.loopback.sink import Sink

SENDERS = str(os.cpu_count() or 1)


def say(words: str) -> None:
    print(f"  {words}", file=sys.stderr, flush=True)


def main() -> None:
    begun = time.monotonic()
    size = Size()
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; server, senders,")
    print(f"{size.hosts} readers' servers and the asking program share them.", flush=True)
    with TemporaryDirectory() as folder, Sink(size.hosts) as sink:
        campaign = Campaign(Path(folder) / "ours", CALLOUT_SENDERS=SENDERS)
        campaign.server.start()
        try:
            figures = list(Bench(campaign, sink, size, Path(folder) / "nginx", say).run())
        finally:
            campaign.server.kill()
    print(table(figures))
    print(f"{time.monotonic() - begun:.0f} s in all.")


if __name__ == "__main__":
    main()
