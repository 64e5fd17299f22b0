"""The page of the emulator names everything that can be asked of it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from loquitur.cli.youtube_emulate import emulate
from loquitur.emulator import Emulator
from loquitur.emulator.credentials import STATES
from loquitur.emulator.faults import SPECIAL, read
from loquitur.emulator.login import MODES
from loquitur.emulator.plans import OWN_TABLES, check
from loquitur.emulator.quota import LIMITS
from loquitur.emulator.wire import Call

VERBS = ("GET", "POST", "DELETE")
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "emulator.md").read_text()


def _block(language: str, place: int = 0) -> str:
    return PAGE.split(f"```{language}\n")[place + 1].partition("```")[0]


def _named() -> set[str]:
    """The endpoints of the page: `GET /emulator/a`, and `GET`, `POST /emulator/b` are three."""
    spans = [re.findall(r"`([^`]+)`", line) for line in PAGE.splitlines() if "/emulator/" in line]
    found = set()
    for line in spans:
        verbs: list[str] = []
        for span in line:
            verb, _, path = span.rpartition(" ")
            verbs = [*verbs, span] if span in VERBS else verbs
            if path.startswith("/emulator/") and "NAME" not in path:
                found |= {f"{one} {path}" for one in (*verbs, verb)}
                verbs = []
    return found


def test_every_endpoint_is_named_and_every_one_named_is_there():
    with Emulator() as emulator:
        lost = emulator.front.answer(Call(verb="GET", path="/emulator/?"))
        tracks = emulator.front.answer(Call(verb="GET", path="/emulator/tracks"))
    known = json.loads(lost.body)["known"]
    assert len(known) > 20
    assert "error" in json.loads(tracks.body), "no video, but an answer"
    assert _named() == {*known, "GET /emulator/tracks"}


def test_every_kind_and_option_is_named():
    with Emulator() as emulator:
        told = emulator.front.desk.credentials.told()
    for name in (*SPECIAL, *MODES, *STATES, *OWN_TABLES, *LIMITS, *told):
        assert name in PAGE, name
    for option in emulate.params:
        for text in option.opts:
            if text.startswith("--") and not option.hidden and text not in ("--json", "--store"):
                assert text in PAGE, text


def test_its_examples_are_understood():
    assert [read(entry).method for entry in json.loads(_block("json"))] == [
        "captions.insert",
        "videos.list",
        "captions.insert#chunk",
    ]
    check(tomllib.loads(_block("toml")), "the page")


def test_its_test_is_one():
    statuses = []

    class Client:
        def __init__(self, endpoint: str, *, key: str) -> None:
            self.endpoint, self.key = endpoint, key

        def collect(self) -> None:
            from http.client import HTTPConnection

            connection = HTTPConnection(self.endpoint.removeprefix("http://"))
            for _ in range(3):
                connection.request("GET", f"/youtube/v3/videos?part=id&id=x&key={self.key}")
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
            connection.close()

    exec(_block("python"), {"MyClient": Client})
    assert statuses == [200, 503, 200]
