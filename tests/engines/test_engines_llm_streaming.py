"""Answers read while they are written, from a server with the real wire formats."""

from __future__ import annotations

import importlib.util
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.engines.llm.gemini import Gemini, GeminiOptions
from loquitur.engines.llm.openai_compatible import OpenAiChat, OpenAiChatOptions
from loquitur.engines.streaming import events
from loquitur.errors import RemoteError, TransientError
from loquitur.protocols import Answer, Prompt, Resources
from loquitur.testing.language_model import Reply, correct, model_server

KEY = "sk-very-secret-0123456789"
MATERIAL = json.dumps({"before": "", "lines": [{"id": 1, "text": "so it is"}], "after": ""})
PROMPT = Prompt(instructions="Do it.", material=MATERIAL, shape="{}", most_tokens=100)
needs_gemini = pytest.mark.skipif(
    importlib.util.find_spec("google.genai") is None, reason="google-genai is not installed"
)
BOTH = ["openai", pytest.param("gemini", marks=[needs_gemini, pytest.mark.slow])]


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)


def engine(which, server, tmp_path, **options):
    resources = Resources(models=tmp_path)
    if which == "gemini":
        return Gemini(GeminiOptions(**{"base_url": server.url, **options}), resources)
    given = {"base_url": server.openai_url, "model": "tiny", **options}
    return OpenAiChat(OpenAiChatOptions(**given), resources)


@pytest.mark.parametrize("which", BOTH)
def test_pieces_and_the_whole_agree_with_what_is_written_at_once(tmp_path, which):
    with model_server(correct) as server:
        model = engine(which, server, tmp_path)
        *pieces, last = model.stream(PROMPT)
        assert len(pieces) > 1
        assert "".join(pieces) == last.text
        assert last == model.write(PROMPT)
        assert last.whole
    assert last.input_tokens > 0


@pytest.mark.parametrize("which", BOTH)
def test_an_answer_that_was_cut_off_says_so_streamed(tmp_path, which):
    with model_server(correct, Reply(text="{", whole=False)) as server:
        assert [*engine(which, server, tmp_path).stream(PROMPT)][-1].whole is False
    with model_server(correct, Reply(text='{"lines": []}', fault="breaks")) as server:
        last = [*engine(which, server, tmp_path).stream(PROMPT)][-1]
    assert last.whole is False
    assert last.text


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize(
    "refuses", [(), ("stream_options",), ("stream",), ("stream", "json_schema")]
)
def test_servers_that_cannot_stream(tmp_path, streams, refuses):
    with model_server(correct, refuses=refuses, streams=streams) as server:
        model = engine("openai", server, tmp_path)
        *pieces, last = model.stream(PROMPT)
        assert "".join(pieces) == last.text != ""
        asked = len(server.asked)
        assert [*model.stream(PROMPT)][-1].text == last.text
    assert len(server.asked) == asked + 1  # what it refuses is not tried again


def test_leaving_the_stream_closes_the_connection(tmp_path):
    endless = Reply(text="so it is", fault="rambles")
    with model_server(lambda _: endless) as server:
        stream = engine("openai", server, tmp_path).stream(PROMPT)
        assert next(stream)
        stream.close()
        for _ in range(200):
            if server.left:
                break
            time.sleep(0.01)
        assert server.left == [True]


@pytest.mark.parametrize("which", BOTH)
@pytest.mark.parametrize("status", [429, 500])
def test_a_busy_service_is_busy_streamed_too(tmp_path, which, status):
    with (
        model_server(correct, Reply(status=status, headers={"Retry-After": "7"})) as server,
        pytest.raises(TransientError) as caught,
    ):
        next(engine(which, server, tmp_path).stream(PROMPT))
    assert caught.value.retry_after_s == 7


@pytest.mark.parametrize("which", BOTH)
def test_an_error_in_the_middle_of_a_stream(tmp_path, which):
    with model_server(lambda _: Reply(text="x" * 100, fault="fails")) as server:
        stream = engine(which, server, tmp_path).stream(PROMPT)
        assert next(stream)
        with pytest.raises(RemoteError) as caught:
            list(stream)
    assert KEY not in str(caught.value)


def test_a_slow_stream_is_left(tmp_path):
    with model_server(lambda _: Reply(text="x" * 2000, fault="drip")) as server:
        slow = engine("openai", server, tmp_path, timeout_s=0.05)
        with pytest.raises(TransientError):
            list(slow.stream(PROMPT))


@settings(max_examples=25)
@given(st.lists(st.text(alphabet='ab: \n"é', max_size=12), max_size=5), st.integers(1, 7))
def test_events_do_not_depend_on_where_the_body_is_cut(texts, size):
    data = [json.dumps({"x": text}, ensure_ascii=False) for text in texts]
    body = b": hello\r\n\r\n" + b"".join(f"data: {one}\r\n\r\n".encode() for one in data)
    cut = [body[at : at + size] for at in range(0, len(body), size)]
    assert list(events(cut)) == data


def test_an_answer_type_ends_every_stream(tmp_path):
    with model_server(correct) as server:
        found = [*engine("openai", server, tmp_path).stream(PROMPT)]
    assert [isinstance(one, Answer) for one in found] == [False] * (len(found) - 1) + [True]
