"""A hub of our own on the loopback interface: several repositories, commits, digests, gates.

It answers what the real client asks. `cut` names files whose body breaks off in the middle once;
`spoils` those that come with other bytes than their digest says.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

LARGE = 10  # bytes from which a file counts as stored by LFS, with a sha256


@dataclass
class Repository:
    """What the hub has under a name; `history` are files by commit, the last commit is main."""

    history: dict[str, dict[str, bytes]]
    licence: str = "apache-2.0"
    gated: bool = False

    @property
    def head(self) -> str:
        return list(self.history)[-1]


@dataclass
class World:
    repositories: dict[str, Repository] = field(default_factory=dict)
    token: str = "hf_right"
    cut: set[str] = field(default_factory=set)
    spoils: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)


class Hub(ThreadingHTTPServer):
    """The server; `endpoint` is what HF_ENDPOINT is set to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.world = World()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def _answer(self, *, body: bool) -> None:
        path = unquote(self.path.split("?")[0]).strip("/")
        self.server.world.asked.append(f"{self.command} /{path}")
        if path.startswith("api/models/"):
            self._api(path.removeprefix("api/models/").split("/"))
        else:
            self._file(path.split("/"), body=body)

    def _found(self, owner: str, name: str) -> Repository | None:
        world = self.server.world
        found = world.repositories.get(f"{owner}/{name}")
        if found is None:
            self._send(401, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif found.gated and self.headers.get("Authorization") != f"Bearer {world.token}":
            self._send(401, b"{}", {"X-Error-Code": "GatedRepo"})
            return None
        return found

    def _api(self, parts: list[str]) -> None:
        owner, name, *rest = parts
        found = self.server.world.repositories.get(f"{owner}/{name}")
        if found is None:
            self._send(401, b"{}", {"X-Error-Code": "RepoNotFound"})
            return
        wanted = rest[1] if len(rest) > 1 else "main"
        commit = found.head if wanted == "main" else wanted
        if commit not in found.history:
            self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
            return
        files = found.history[commit]
        if rest[:1] == ["tree"]:
            rows = [{"type": "file", "path": key, "size": len(data), "oid": git(data)}
                    | ({"lfs": _lfs(data)} if len(data) >= LARGE else {})
                    for key, data in files.items()]  # fmt: skip
            self._send(200, json.dumps(rows).encode())
            return
        siblings = [{"rfilename": key, "size": len(data), "blobId": git(data)}
                    | ({"lfs": _lfs(data)} if len(data) >= LARGE else {})
                    for key, data in files.items()]  # fmt: skip
        about = {"id": f"{owner}/{name}", "sha": commit, "siblings": siblings,
                 "gated": "auto" if found.gated else False,
                 "cardData": {"license": found.licence}}  # fmt: skip
        self._send(200, json.dumps(about).encode())

    def _file(self, parts: list[str], *, body: bool) -> None:
        owner, name, _, commit, *rest = parts
        found = self._found(owner, name)
        if found is None:
            return
        commit = found.head if commit == "main" else commit
        key = "/".join(rest)
        data = found.history.get(commit, {}).get(key)
        if data is None:
            self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        large = len(data) >= LARGE
        headers = {"ETag": f'"{_sha(data) if large else git(data)}"', "X-Repo-Commit": commit,
                   "Accept-Ranges": "bytes"}  # fmt: skip
        if key in self.server.world.spoils:
            data = bytes(len(data))
        start = 0
        asked = self.headers.get("Range")
        if body and asked:
            self.server.world.ranges.append(f"{key} {asked}")
            start = int(asked.removeprefix("bytes=").split("-")[0])
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        cut = body and key in self.server.world.cut
        self.server.world.cut -= {key} if cut else set()
        piece = data[start:]
        self._send(206 if start else 200, piece, headers, body=body, cut=cut)

    def _send(
        self,
        status: int,
        data: bytes,
        headers: dict[str, str] | None = None,
        *,
        body: bool = True,
        cut: bool = False,
    ) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        if cut:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "GET" and body:
            self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = cut


def git(data: bytes) -> str:
    """Git's digest of a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _lfs(data: bytes) -> dict[str, object]:
    return {"sha256": _sha(data), "oid": _sha(data), "size": len(data), "pointerSize": 130}
