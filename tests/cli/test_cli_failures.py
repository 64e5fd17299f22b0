"""Some of many inputs failed: the code is that of the failures where they agree, else 1."""

from __future__ import annotations

import json

import pytest

from loquitur.cli.failures import exit_code_of, message_of
from loquitur.errors import EngineError, InputError, RemoteError
from loquitur.testing.tiny_labellers import linear_labeller

GONE, ELSEWHERE = "gone.mp4", "https://example.com/a.mp4"
CAPTIONS = "1\n00:00:01,000 --> 00:00:02,000\nHello there\n"
VERBS = {
    "run": (),
    "describe predict": (),
    "describe features": (),
    "describe frames": ("-o", "frames"),
    "label predict": ("--model", "MODEL"),
    "label features": ("-o", "data", "--transcript", "none"),
    "library add": (),
}
OF_FILES = {
    "insight voices": (),
    "insight transcript": (),
    "subs check": (),
    "subs convert": ("--to", "vtt", "-o", "out"),
}


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ((), 0),
        ((InputError("a"), InputError("b")), 4),
        ((InputError("a"), RemoteError("b")), 1),
        ((InputError("a"), EngineError("b")), 1),
        ((EngineError("a"),), 1),
    ],
)
def test_the_code_of_several_failures(errors, code) -> None:
    assert exit_code_of(error.exit_code for error in errors) == code


def test_an_input_is_named_once() -> None:
    assert message_of(InputError("a.mp4: no sound"), "a.mp4") == "a.mp4: no sound"
    assert message_of(InputError("no sound"), "a.mp4") == "a.mp4: no sound"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return linear_labeller(tmp_path_factory.mktemp("labeller"), streams=("rgb",))


def _command(verb, inputs, model) -> list:
    return [*verb.split(), *inputs, *(model if one == "MODEL" else one for one in VERBS[verb])]


@pytest.mark.parametrize("verb", VERBS)
def test_failures_that_agree_give_their_code(loquitur, model, verb) -> None:
    done = loquitur(*_command(verb, (GONE, "lost.mp4"), model))
    assert done.code == 4, done.err
    assert GONE in done.err
    assert "lost.mp4" in done.err


@pytest.mark.parametrize("verb", VERBS)
def test_failures_of_two_kinds_give_1(loquitur, model, verb) -> None:
    assert loquitur(*_command(verb, (ELSEWHERE, "lost.mp4"), model)).code == 1


def test_a_plan_of_files_that_are_not_there(loquitur) -> None:
    assert loquitur("plan", GONE, "lost.mp4").code == 4


def test_a_report_of_a_damaged_file_beside_a_good_one(loquitur, tmp_path) -> None:
    (tmp_path / "good.srt").write_text(CAPTIONS)
    (tmp_path / "bad.srt").write_text("no captions")
    done = loquitur("insight", "report", "good.srt", "bad.srt", "-o", "page.html")
    assert done.code == 4
    assert (tmp_path / "page.html").is_file()


@pytest.mark.parametrize("verb", OF_FILES)
def test_a_file_that_failed_beside_a_good_one(loquitur, tmp_path, verb) -> None:
    (tmp_path / "good.srt").write_text(CAPTIONS)
    done = loquitur(*verb.split(), "gone.srt", "good.srt", *OF_FILES[verb])
    assert done.code == 4, done.err
    assert "gone.srt" in done.err


def test_videos_beside_a_failed_one_become_label_data(loquitur, shared) -> None:
    clip = shared / "media" / "video" / "testsrc2.mp4"
    command = ("label", "features", GONE, clip, "-o", "data", "--transcript", "none")
    done = loquitur(*command, "--json")
    assert done.code == 4
    document = json.loads(done.out)
    assert document["videos"] == {"train": 0, "validate": 0, "test": 1}
    assert [one["video_id"] for one in document["failures"]] == [GONE]
    assert loquitur(*command[:2], *command[3:]).code == 0


def test_no_label_data_at_all_is_told_in_one_document(loquitur) -> None:
    done = loquitur("label", "features", ELSEWHERE, "-o", "data", "--json")
    assert done.code == 5
    assert "nothing" not in done.out
    *_, last = done.err.splitlines()
    assert json.loads(last)["error"]["message"] == "of no video anything could be made"


def test_no_video_at_all_is_no_success(loquitur) -> None:
    done = loquitur("label", "features", "-", "-o", "data", stdin="")
    assert done.code == 4
    assert "of no video anything could be made" in done.err
