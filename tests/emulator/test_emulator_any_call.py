"""Any call of any method: an answer that fits its schema, or a refusal with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import schema
from asking import ask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loquitur.emulator import Emulator
from loquitur.emulator.handlers import HANDLERS
from loquitur.emulator.wire import Call
from loquitur.youtube.methods import methods

WORDS = ["", "0", "1", "5", "-1", "50", "51", "200", "true", "false", "x", "video", "equivariance",
         "UC" + "x" * 22, "no-such-id0", "PLx", "2026-01-01T00:00:00Z", "date", "relevance", "time",
         "plainText", "id", "snippet", "statistics", "id,snippet", "id,snippet,replies", "@x",
         "https://www.youtube.com/@x", "é\x00\ud7ff", "a,b", "1,1", "CAUQAA", "US", "en",
         "VIDEO", "CHANNEL", "UPLOADS"]  # fmt: skip
COMMON = {"fields": ["items/id", "items(", "*", "etag"], "alt": ["json", "media", "csv"]}


@pytest.fixture(scope="module")
def world() -> Iterator[Emulator]:
    plan = {"quota": dict.fromkeys(("search", "shared", "statistics"), 10**9)}
    with Emulator(seed=2, plan=plan) as running:
        yield running


@pytest.fixture(scope="module")
def video(world: Emulator) -> str:
    uploads = "UU" + world.world.owners()[0][2:]
    path = "/youtube/v3/playlistItems"
    got = ask(world, "GET", path, part="contentDetails", playlistId=uploads)
    return got.json["items"][0]["contentDetails"]["videoId"]


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, str], bool]:
    method = methods()[draw(st.sampled_from(sorted(HANDLERS)))]
    names = sorted(method.parameters)
    chosen = set(draw(st.lists(st.sampled_from(names), max_size=4, unique=True)))
    chosen |= {name for name in names if method.parameters[name].required}
    given_ = {}
    for name in sorted(chosen):
        parameter = method.parameters[name]
        values = [*parameter.enum, *WORDS] if parameter.enum else WORDS
        likely = st.sampled_from(["id", "snippet", "id,snippet"] if name == "part" else values)
        given_[name] = draw(likely)
    common = draw(st.sampled_from([None, *COMMON]))
    if common:
        given_[common] = draw(st.sampled_from(COMMON[common]))
    return method.id, given_, draw(st.booleans())


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(calls())
def test_any_call_is_answered_or_refused(world: Emulator, video: str, call: tuple) -> None:
    method_id, query, owner = call
    method = methods()[method_id]
    path = method.path
    for name in [name for name in query if "{" + name + "}" in path]:
        path = path.replace("{" + name + "}", query.pop(name).replace("/", "") or "none")
    headers = {"x-goog-api-key": world.api_key}
    if owner:
        headers["authorization"] = f"Bearer {world.token}"
    known = {
        "CHANNEL": world.world.owners()[0],
        "UPLOADS": "UU" + world.world.owners()[0][2:],
        "VIDEO": video,
    }
    query = {name: known.get(value, value) for name, value in query.items()}
    text = urlencode(query, errors="replace")
    answer = world.front.answer(
        Call(verb=method.verb, path=f"/{path}", query=text, headers=headers)
    )
    if answer.status >= 400:
        error = json.loads(answer.body)["error"]
        assert error["code"] == answer.status
        assert error["errors"][0]["reason"]
        assert answer.status < 500 or error["errors"][0]["reason"] == "notImplemented"
    elif answer.pieces is None and method.response and "fields" not in query:
        assert schema.problems(json.loads(answer.body), method.response) == []
