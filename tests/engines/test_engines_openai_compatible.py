"""The adapter against a real server on this machine: whole answers, poor ones and none."""

from __future__ import annotations

import json
import traceback

import numpy as np
import pytest
from scripted_transcriber import Reply, transcription_server

from loquitur.engines.asr.openai_compatible import (
    OpenAiCompatible,
    OpenAiCompatibleOptions,
)
from loquitur.errors import MissingError, RemoteError, TransientError, UsageError
from loquitur.pipeline.engines import choose
from loquitur.protocols import Resources
from loquitur.testing import conformance, signals

KEY = "sk-very-secret-0123456789"
VOICE = signals.voice(2000)
WORDS = {
    "text": "Hello there.",
    "language": "english",
    "segments": [{"start": 0.1, "end": 1.2, "text": " Hello there.", "avg_logprob": -0.2}],
    "words": [
        {"word": "Hello", "start": 0.1, "end": 0.5},
        {"word": "there.", "start": 0.6, "end": 1.2},
    ],
}


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def engine(server, tmp_path, **options):
    given = OpenAiCompatibleOptions(**{"base_url": server.url, **options})
    return OpenAiCompatible(given, Resources(models=tmp_path))


def hear(server, tmp_path, *, language="", **options):
    return list(engine(server, tmp_path, **options).transcribe(VOICE, language=language))


def failing(tmp_path, *replies, **options):
    with transcription_server(*replies) as server, pytest.raises(Exception) as caught:
        hear(server, tmp_path, **options)
    return caught.value


def times(words):
    return [(word.text, word.start_ms, word.end_ms) for word in words]


def test_words_with_times(tmp_path):
    with transcription_server(Reply(WORDS)) as server:
        words = hear(server, tmp_path, language="en-GB", model="tiny", prompt="Greetings")
    assert times(words) == [("Hello", 100.0, 500.0), ("there.", 600.0, 1200.0)]
    assert {word.timing for word in words} == {"engine"}
    (asked,) = server.asked
    assert asked.path == "/v1/audio/transcriptions"
    assert asked.frames == len(VOICE)
    assert asked.fields == {
        "model": ["tiny"],
        "temperature": ["0.0"],
        "response_format": ["verbose_json"],
        "timestamp_granularities[]": ["word", "segment"],
        "language": ["en"],
        "prompt": ["Greetings"],
    }
    assert "Authorization" not in asked.headers


def test_words_inside_segments_with_pieces_and_probabilities(tmp_path):
    """As whisper.cpp's server gives them: tokens, blanks and all."""
    pieces = [
        {"word": " Good", "start": 0.0, "end": 0.3, "probability": 0.9},
        {"word": "ness", "start": 0.3, "end": 0.5, "probability": 0.8},
        {"word": ",", "start": 0.5, "end": 0.5, "probability": 0.7},
        {"word": " me", "start": 0.6, "end": 0.9, "probability": 0.95},
    ]
    answer = {"text": " Goodness, me", "segments": [{"text": " Goodness, me", "words": pieces}]}
    with transcription_server(Reply(answer)) as server:
        words = hear(server, tmp_path)
    assert times(words) == [("Goodness,", 0.0, 500.0), ("me", 600.0, 900.0)]
    assert [word.confidence for word in words] == [0.9, 0.95]


def test_segments_alone_share_their_time_and_say_so(tmp_path):
    answer = {
        "text": "ab cd ef",
        "segments": [
            {"start": 0.0, "end": 1.0, "text": " ab cd", "avg_logprob": -0.5},
            {"start": 1.5, "end": 2.0, "text": " ef"},
        ],
    }
    with transcription_server(Reply(answer)) as server:
        words = hear(server, tmp_path)
    assert times(words) == [("ab", 0.0, 500.0), ("cd", 500.0, 1000.0), ("ef", 1500.0, 2000.0)]
    assert {word.timing for word in words} == {"interpolated"}
    assert words[0].confidence == pytest.approx(np.exp(-0.5))


@pytest.mark.parametrize("answer", [{"text": " just text "}, {"text": "just text", "segments": []}])
def test_text_alone_has_no_times(tmp_path, answer):
    with transcription_server(Reply(answer)) as server:
        words = hear(server, tmp_path, times="none")
    assert times(words) == [("just", None, None), ("text", None, None)]
    assert server.asked[0].fields["response_format"] == ["json"]
    assert "timestamp_granularities[]" not in server.asked[0].fields


def test_it_says_whether_words_have_times():
    tell = OpenAiCompatible.times
    assert tell(OpenAiCompatibleOptions()) == "none"
    assert tell(OpenAiCompatibleOptions(times="none")) == "none"
    assert tell(OpenAiCompatibleOptions(times="words")) == "words"


def test_strange_numbers_pass_to_the_guard(tmp_path):
    raw = (
        b'{"words": [{"word": "a", "start": NaN, "end": "soon"}, 7, {"word": null}, {"word": "b"}]}'
    )
    with transcription_server(Reply(raw=raw)) as server:
        words = hear(server, tmp_path)
    assert [word.text for word in words] == ["a", "b"]


def test_a_loop_is_heard_again_warmer(tmp_path):
    with transcription_server(Reply(WORDS)) as server:
        one = engine(server, tmp_path, temperature=0.3)
        for attempt in (1, 2):
            said = one.transcribe_again(VOICE, language="", attempt=attempt)
            assert len(list(said)) == 2
        assert one.transcribe_again(VOICE, language="", attempt=3) is None
    assert [asked.fields["temperature"] for asked in server.asked] == [["0.5"], ["0.8"]]


def test_the_key_goes_to_the_server_and_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with transcription_server(Reply(WORDS)) as server:
        hear(server, tmp_path)
        chosen = choose(
            "asr", "openai-compatible", {"base_url": server.url}, Resources(models=tmp_path)
        )
    assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(chosen)


def test_another_variable_may_hold_the_key(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("MY_SERVER_KEY", "mine")
    with transcription_server(Reply(WORDS)) as server:
        hear(server, tmp_path, key_variable="MY_SERVER_KEY")
        hear(server, tmp_path, key_variable="")
    assert server.asked[0].headers["Authorization"] == "Bearer mine"
    assert "Authorization" not in server.asked[1].headers


def test_a_key_never_crosses_the_internet_in_clear_text(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    options = OpenAiCompatibleOptions(base_url="http://api.example.com/v1")
    with pytest.raises(UsageError, match="clear text") as caught:
        OpenAiCompatible(options, Resources(models=tmp_path, offline=False))
    assert KEY not in str(caught.value)
    OpenAiCompatible(
        OpenAiCompatibleOptions(base_url="https://api.example.com/v1"),
        Resources(models=tmp_path, offline=False),
    )


@pytest.mark.parametrize("key", ["two words", "line\nfeed", "schlüssel"])
def test_a_broken_key_is_not_printed(tmp_path, monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with transcription_server(Reply(WORDS)) as server, pytest.raises(UsageError) as caught:
        hear(server, tmp_path)
    assert key.split()[0] not in str(caught.value)


def test_no_server_outside_while_offline(tmp_path):
    with pytest.raises(UsageError, match="offline"):
        OpenAiCompatible(
            OpenAiCompatibleOptions(base_url="https://api.example.com/v1"),
            Resources(models=tmp_path, offline=True),
        )


@pytest.mark.parametrize(
    "url", ["ftp://x/v1", "localhost:8000", "http://u:p@x/v1", "http://x/v1?key=1", "http://x/#a"]
)
def test_addresses_that_will_not_do(url):
    with pytest.raises(ValueError, match="base_url"):
        OpenAiCompatibleOptions(base_url=url)


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_missing(tmp_path, status):
    error = failing(tmp_path, Reply({"error": {"message": "no key"}}, status=status))
    assert isinstance(error, MissingError)
    assert "OPENAI_API_KEY" in error.hint


def test_a_key_that_is_refused_is_not_repeated(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    said = {"error": {"message": f"Incorrect API key provided: {KEY}\x1b[31m."}}
    error = failing(tmp_path, Reply(said, status=401))
    assert type(error) is RemoteError
    assert "Incorrect API key provided: ***" in str(error)
    everything = "".join(traceback.format_exception(error)) + repr(error.__dict__)
    assert KEY not in everything
    assert "\x1b" not in everything


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, {"detail": "model not found"}, "model not found"),
        (413, {"message": "too large"}, "too large"),
        (400, {"error": "bad format"}, "bad format"),
        (302, {}, ""),
        (422, {"detail": [{"loc": ["body", "model"]}]}, "loc"),
    ],
)
def test_a_refusal_says_why(tmp_path, status, body, said):
    error = failing(
        tmp_path, Reply(body, status=status, headers={"Location": "http://127.0.0.1:1"})
    )
    assert type(error) is RemoteError
    assert str(status) in str(error)
    assert said in str(error)
    if status in (404, 413):
        assert "transcribe." in error.hint


@pytest.mark.parametrize(
    ("headers", "wait_s"), [({"Retry-After": "7"}, 7.0), ({}, None), ({"Retry-After": "x"}, None)]
)
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again_later(tmp_path, status, headers, wait_s):
    error = failing(tmp_path, Reply({}, status=status, headers=headers))
    assert isinstance(error, TransientError)
    assert error.retry_after_s == wait_s


@pytest.mark.parametrize("fault", ["reset", "stall", "drip"])
def test_a_broken_connection_is_tried_again(tmp_path, fault):
    error = failing(tmp_path, Reply(WORDS, fault=fault), timeout_s=0.3)
    assert isinstance(error, TransientError)


def test_an_endless_answer_is_left(tmp_path):
    error = failing(tmp_path, Reply(WORDS, fault="endless"))
    assert type(error) is RemoteError
    assert "without end" in str(error)


def test_no_server_at_all(tmp_path):
    with transcription_server(Reply(WORDS)) as server:
        pass
    with pytest.raises(TransientError, match="no server is reached"):
        hear(server, tmp_path)


@pytest.mark.parametrize(
    "raw",
    [b"", b"<html>hello</html>", b'{"words": [', b"[1, 2]", b"null", b"{}", b'{"text": 5}',
     b"[" * 100_000, b"\xff\xfe"],
)  # fmt: skip
def test_answers_that_are_none(tmp_path, raw):
    error = failing(tmp_path, Reply(raw=raw))
    assert type(error) is RemoteError
    assert "answers" in str(error)


def test_nothing_is_asked_of_too_short_a_sound(tmp_path):
    with transcription_server(Reply(WORDS)) as server:
        assert list(engine(server, tmp_path).transcribe(VOICE[:800], language="")) == []
    assert server.asked == []


def test_the_suites_of_its_kind(tmp_path):
    with transcription_server(Reply({"text": ""})) as server:
        options = OpenAiCompatibleOptions(base_url=server.url)
        conformance.check_engine(OpenAiCompatible, options, Resources(models=tmp_path))
        conformance.check_transcriber(engine(server, tmp_path), language="en")
    with transcription_server(Reply(WORDS)) as server:
        one = engine(server, tmp_path)
        conformance.check_transcriber(one, language="en", silent_on_silence=False)


@pytest.mark.slow
def test_a_whole_run_retries_aligns_and_keeps_the_key_to_itself(workshop, monkeypatch):
    """429 once, then text without times: the run waits, the words are aligned, no key is kept."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    busy = Reply({}, status=429, headers={"Retry-After": "0"})
    with transcription_server(busy, Reply({"text": "hello peter what a beautiful"})) as server:
        result = workshop.run(
            asr="openai-compatible:tiny",
            language="en",
            set={"transcribe.base_url": server.url},
        )
    assert result.error is None
    assert [stage.stage for stage in result.stages].count("align") == 1
    words = [word for one in result.transcript.utterances for word in one.words]
    assert {word.timing for word in words} == {"aligned"}
    stored = b"".join(path.read_bytes() for path in workshop.root.rglob("*") if path.is_file())
    assert KEY.encode() not in stored
    assert json.loads(result.transcript.provenance[0].parameters)["base_url"] == server.url
