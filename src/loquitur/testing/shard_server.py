"""A server that stands in for a mirror of YouTube-8M: plans, shards, ranges, and faults.

```python
with shard_server() as server:
    server.add("frame", "train", {"train00.tfrecord": data})
    server.faults["/frame/train/train00.tfrecord"] = [Fault(cut=1000), Fault(status=503)]
    fetch_shards(FetchOrder(level="frame", mirrors=(mirror_at(server.url),)), folder)
```

A fault is spent by the answer that shows it. By hand: `python -m loquitur.testing.shard_server
FOLDER` serves the shards of a folder as a mirror, prints its address and goes on until it is
interrupted; with `--faults 0.3` three answers of ten are bad.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_PIECE = 1 << 16
_PARTS = ("train", "validate", "test")
_SHARDS = (".tfrecord", ".gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with an answer; several at once where more than one is given.

    Args:
        status: This, and no file.
        headers: More headers, over the right ones.
        cut: The connection ends after so many bytes of the body.
        flip: This byte of the file is another one.
        longer_by: The length that is said is so much more than what there is; below 0 for less.
        unsized: No length is said: the body ends where the connection does.
        delay_s: Before each piece of the body.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    flip: int | None = None
    longer_by: int = 0
    unsized: bool = False
    delay_s: float = 0.0


class ShardServer:
    """What is served, and what was asked for.

    Attributes:
        url: The address of the mirror.
        files: By path.
        faults: By path, the next one first.
        asked: Each path that was asked for, with its range's first byte (0 where it had none).
        ranges: Whether parts of files are given.
        chance: How often an answer with a shard is bad by itself, 0 to 1.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.asked: list[tuple[str, int]] = []
        self.ranges = True
        self.chance = 0.0
        self._dice = random.Random(0)  # noqa: S311 - faults, the same in each run
        self._lock = threading.Lock()

    def add(self, level: str, part: str, shards: Mapping[str, bytes]) -> None:
        """Put shards of a part on the server, and its plan."""
        for name, data in shards.items():
            self.files[f"/{level}/{part}/{name}"] = data
        self.plan(level, part)

    def plan(self, level: str, part: str) -> None:
        """Write a part's plan anew from what is on the server."""
        below = f"/{level}/{part}/"
        sums = {
            path.removeprefix(below): hashlib.md5(data, usedforsecurity=False).hexdigest()
            for path, data in self.files.items()
            if path.startswith(below)
        }
        plan = json.dumps({"files": sums}).encode()
        self.files[f"/download_plans/{level}_{part}.json"] = plan

    def next_fault(self, path: str, size: int) -> Fault:
        """What is wrong with the next answer."""
        with self._lock:
            if self.faults[path]:
                return self.faults[path].pop(0)
            if not path.endswith(_SHARDS) or self._dice.random() >= self.chance:
                return Fault()
            at = self._dice.randrange(max(1, size))
            return self._dice.choice(
                [Fault(status=503), Fault(cut=at), Fault(flip=at), Fault(longer_by=17)]
            )


@contextmanager
def shard_server(*, port: int = 0) -> Iterator[ShardServer]:
    """An empty mirror on this machine, until the block ends.

    Args:
        port: Where; a free one where 0.
    """

    class Desk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _answer(self, served)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Desk)
    server.daemon_threads = True
    served = ShardServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(desk: BaseHTTPRequestHandler, served: ShardServer) -> None:
    path = desk.path.partition("?")[0]
    data = served.files.get(path)
    asked = _RANGE.fullmatch(desk.headers.get("Range", ""))
    begin = int(asked[1]) if asked else 0
    served.asked.append((path, begin))
    probing = asked is not None and asked[2] != "" and int(asked[2]) == 0 and begin == 0
    fault = Fault() if data is None or probing else served.next_fault(path, len(data))
    desk.close_connection = True
    if data is None or fault.status:
        _head(desk, fault.status or 404, {"Content-Length": "0"} | dict(fault.headers))
        return
    if fault.flip is not None and fault.flip < len(data):
        spoilt = bytearray(data)
        spoilt[fault.flip] ^= 1
        data = bytes(spoilt)
    headers, status, end = {"Accept-Ranges": "bytes"}, 200, len(data)
    if asked and served.ranges:
        if begin >= len(data):
            _head(desk, 416, {"Content-Range": f"bytes */{len(data)}", "Content-Length": "0"})
            return
        status, end = 206, min(int(asked[2]) + 1 if asked[2] else len(data), len(data))
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(data) + fault.longer_by}"
    else:
        begin = 0
    body = data[begin:end]
    if not fault.unsized:
        headers["Content-Length"] = str(max(0, len(body) + fault.longer_by))
    _head(desk, status, headers | dict(fault.headers))
    with contextlib.suppress(OSError):  # who asked may hang up
        for at in range(0, len(body), _PIECE):
            piece = body[at : at + _PIECE]
            time.sleep(fault.delay_s)
            desk.wfile.write(piece if fault.cut is None else piece[: max(0, fault.cut - at)])
            if fault.cut is not None and at + len(piece) >= fault.cut:
                return


def _head(desk: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str]) -> None:
    desk.send_response(status)
    for name, value in ({"Connection": "close"} | dict(headers)).items():
        desk.send_header(name, value)
    with contextlib.suppress(OSError):
        desk.end_headers()


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--level", type=click.Choice(["frame", "video"]), default="frame")
@click.option("--port", type=int, default=0)
@click.option(
    "--faults", type=click.FloatRange(0, 1), default=0.0, help="The share of bad answers."
)
def _main(folder: Path, level: str, port: int, faults: float) -> None:
    """Serve the shards of FOLDER as a mirror of YouTube-8M."""
    with shard_server(port=port) as served:
        for part in _PARTS:
            found = {path.name: path.read_bytes() for path in folder.glob(f"{part}*.tfrecord*")}
            if found:
                served.add(level, part, found)
                served.files |= {f"/{name}": data for name, data in found.items()}
        for path in folder.glob("*.*"):
            if path.suffix in (".csv", ".json"):
                served.files[f"/{path.name}"] = path.read_bytes()
        served.chance = faults
        click.echo(served.url)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    _main()
