"""Start a PostgreSQL server for trials, print its address, and keep it until Ctrl-C.

    python tools/postgres.py [FOLDER]

Its data lie in a temporary folder that goes with it, or in FOLDER, which is kept.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from loquitur.errors import MissingError
from loquitur.testing.postgres_server import running


def main(arguments: list[str]) -> None:
    """Start it and wait for a signal."""
    folder = Path(arguments[0]).resolve() if arguments else None
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    try:
        with running(folder) as server:
            print(server.url, flush=True)
            over.wait()
    except MissingError as error:
        sys.exit(f"{error.message}: {error.hint}")


if __name__ == "__main__":
    main(sys.argv[1:])
