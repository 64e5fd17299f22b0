"""`youtube emulate`: a local server with the API's shapes, quotas and errors, until interrupted."""

from __future__ import annotations

import errno
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, take_globals
from loquitur.cli.output import print_json, tell
from loquitur.errors import UsageError

if TYPE_CHECKING:
    from loquitur.emulator import Emulator


@click.command(
    help="A local server with the API's shapes, quotas and errors. Its first line on stdout is "
    "JSON with endpoint, api_key and token; it runs until it is interrupted."
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where; 0 for any free one.")
@click.option(
    "--world", metavar="FILE", shell_complete=completing.files, help="What is in it, TOML or JSON."
)
@click.option("--faults", metavar="RATE", help="How often a call goes wrong: 0.05, or 5%.")
@click.option("--seed", type=int, default=1, help="Of everything that is drawn.")
@everywhere
@click.pass_context
def emulate(ctx: click.Context, /, **given: Any) -> None:
    """Serve until interrupted."""
    take_globals(ctx, given)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with _started(given) as emulator:
        print_json(_greeting(emulator), line=True)
        sys.stdout.flush()
        tell(f"emulating YouTube at {emulator.endpoint}; Ctrl-C stops it")
        stopped.wait()
    tell(f"served {emulator.front.desk.record.total:,} calls")


def _started(given: dict[str, Any]) -> Emulator:
    from loquitur.emulator import Emulator
    from loquitur.emulator.plans import read

    plan = read(Path(given["world"])) if given["world"] else {}
    if given["faults"] is not None:
        plan["faults"] = {**plan.get("faults", {}), "rate": _rate(given["faults"])}
    port = given["port"]
    try:
        return Emulator(seed=given["seed"], plan=plan, port=port)
    except OSError as exc:
        if exc.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is taken" if exc.errno == errno.EADDRINUSE else "may not be used"
        raise UsageError(f"port {port} {why}", hint="--port 0 takes any free one") from exc


def _greeting(emulator: Emulator) -> dict[str, Any]:
    from loquitur.emulator.summary import world_summary

    endpoint, key, token = emulator.endpoint, emulator.api_key, emulator.token
    return {
        "endpoint": endpoint,
        "api_key": key,
        "token": token,
        "environment": {
            "LOQUITUR_YOUTUBE_ENDPOINT": endpoint,
            "LOQUITUR_YOUTUBE_API_KEY": key,
            "LOQUITUR_YOUTUBE_TOKEN": token,
        },
        "world": world_summary(emulator.world),
    }


def _rate(text: str) -> float:
    """A share as 0.05 or 5%."""
    number, percent = text.removesuffix("%"), text.endswith("%")
    try:
        rate = float(number) / (100 if percent else 1)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise UsageError(f"--faults is a share from 0 to 1, not '{text[:20]}'", hint="0.05, or 5%")
    return rate
