"""`make bench`: what this machine does in one run, beside what it could. Takes about a minute and leaves nothing."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.bench import limits, parts
from tests.loopback.campaign import Campaign
from tests.loopback.sink import Sink


def say(words: str) -> None:
    """Progress goes to stderr, so that the table can be kept."""
    print(words, file=sys.stderr, flush=True)


def measured(folder: Path, size: parts.Size) -> tuple[dict[str, float], dict[str, float | None]]:
    """Rates of the server, and the limits of the machine."""
    say("limits of this machine ...")
    signed, verified = limits.signatures(size.seconds)
    static = limits.static_file(folder, size.seconds, parts.AT_ONCE)
    rates: dict[str, float] = {}
    campaign = Campaign(folder / "campaign", CALLOUT_SENDERS=str(os.cpu_count() or 1))
    with Sink(size.hosts) as sink:
        campaign.server.start()
        try:
            say("reading ...")
            rates |= parts.reading(campaign, size)
            say("delivering ...")
            rates |= parts.delivering(campaign, sink)
            say("hearing ...")
            rates |= parts.hearing(campaign, sink.crowd, size)
        finally:
            campaign.server.stop()
    return rates, {"signing": signed, "verifying": verified, "static": static}


def table(rates: dict[str, float], most: dict[str, float | None]) -> str:
    """The figures, each with its limit and the ratio of the two."""
    cores = os.cpu_count() or 1
    signing = (most["signing"] or 0) * cores
    lines = [f"{'what':<34}{'here':>9}  {'limit':>9}  ratio  of what"]
    for name, rate in rates.items():
        limit, of = (
            (most["static"], "a static file of 4 KiB from nginx")
            if "GET" in name
            else (signing, f"RSA-2048 signatures on {cores} cores")
        )
        if "stored" in name:
            limit, of = most["verifying"], "RSA-2048 verifications on one core"
        shown = f"{limit:>9,.0f}  {rate / limit:>5.2f}  {of}" if limit else f"{'?':>9}  {'?':>5}  nginx is not here"
        lines.append(f"{name:<34}{rate:>9,.0f}  {shown}")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="callout-bench-") as folder:
        print(table(*measured(Path(folder), parts.Size())))
    print("Load generator and receiving servers ran on the same cores. Compare ratios, not seconds.")


if __name__ == "__main__":
    main()
