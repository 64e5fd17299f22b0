"""`describe predict`: sentences with times, as JSON, as files, fitted into pauses, in a library."""

from __future__ import annotations

import json

import av
import numpy as np
import pytest

from loquitur import describing

PAUSES = """WEBVTT

00:00:00.000 --> 00:00:01.000
Somebody says this.

00:00:01.000 --> 00:00:06.000
[music]
"""


@pytest.fixture(scope="module")
def moving(tmp_path_factory):
    """Six seconds of a red square that goes to the right over grey."""
    path = tmp_path_factory.mktemp("films") / "moving.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        stream.bit_rate = 400_000
        for at in range(60):
            pixels = np.full((36, 64, 3), 120, np.uint8)
            pixels[12:24, at : at + 6] = (220, 10, 10)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    return path


def test_from_a_film_to_files_a_spoken_track_and_a_search(loquitur, moving, tmp_path):
    pauses = tmp_path / "pauses.vtt"
    pauses.write_text(PAUSES)
    done = loquitur(
        "describe", "predict", moving, "--json", "-o", "out", "--format", "json,vtt,csv",
        "--dialogue", pauses, "--library", "seen",
    )  # fmt: skip
    assert done.code == 0, done.err
    document = done.json
    assert document["video"] == str(moving)
    (one,) = document["descriptions"]
    assert (one["start_ms"], one["end_ms"], one["score"]) == (0, 6_000, None)
    assert "something red moves to the right" in one["text"]
    assert len(one["frames_ms"]) == 16
    assert document["engine"]["draft"] is True
    assert document["passages"] == 1
    (said,) = document["audio_description"]["narrations"]
    assert said["start_ms"] >= 1_000 + 250
    assert set(document["outputs"]) == {"json", "vtt", "csv"}
    track = (tmp_path / "out" / "moving.descriptions.vtt").read_text()
    assert track.startswith("WEBVTT\nKind: descriptions\n")
    written = json.loads((tmp_path / "out" / "moving.descriptions.json").read_text())
    assert written["descriptions"] == document["descriptions"]

    (hit,) = loquitur("search", "red", "--library", "seen", "--json").json["hits"]
    assert hit["media_id"] == document["media_id"]
    assert hit["kind"] == "descriptions"
    assert hit["url"] == moving.as_uri() + "#t=0"
    added = loquitur("library", "add", "out/moving.descriptions.json", "--library", "other")
    assert added.code == 0, added.err
    (again,) = loquitur("search", "red", "--library", "other", "--json").json["hits"]
    assert (again["media_id"], again["url"]) == (hit["media_id"], hit["url"])


@pytest.mark.slow
def test_windows_a_section_and_what_is_in_the_store(loquitur, moving):
    given = ("describe", "predict", moving, "--length", "2", "--step", "1.5", "--language", "de")
    done = loquitur(*given, "--section", "00:00:01-00:00:05", "--json")
    assert done.code == 0, done.err
    spans = [(one["start_ms"], one["end_ms"]) for one in done.json["descriptions"]]
    assert spans == [(1_000, 3_000), (2_500, 4_500), (3_000, 5_000)]
    assert "etwas in Rot bewegt sich" in done.json["descriptions"][0]["text"]
    again = loquitur(*given, "--section", "00:00:01-00:00:05", "-v")
    assert "describe from the store" in again.err
    assert "00:00:01.000" in again.out


@pytest.mark.slow
def test_a_film_without_sound_has_no_dialogue(loquitur, moving, settings):
    assert describing.dialogue_of("auto", str(moving), settings=settings) == ()
    done = loquitur("describe", "predict", moving, "--dialogue", "auto", "--json")
    assert done.code == 0, done.err
    (said,) = done.json["audio_description"]["narrations"]
    assert said["start_ms"] == 0


@pytest.mark.slow
def test_inputs_that_cannot_be_described_stop_no_other(loquitur, moving, clip):
    done = loquitur("describe", "predict", clip, moving, "--json")
    assert done.code == 4
    assert [row["video"] for row in done.lines] == [str(moving)]
    assert "sound alone" in json.loads(done.err.splitlines()[0])["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere.mp4"], 4, "no such file"),
        (["x.mp4", "--model", "no-such"], 2, "no description engine is called 'no-such'"),
        (["x.mp4", "--model", "."], 4, "holds no net that describes"),
        (["x.mp4", "--model", "trained"], 2, "no net is named"),
        (["x.mp4", "--format", "vtt"], 2, "-o DIR"),
        (["x.mp4", "-o", "out", "--format", "mp3"], 2, "not written as 'mp3'"),
        (["x.mp4", "--beam", "5"], 2, "describe has no option 'beams'"),
        (["x.mp4", "--words-per-minute", "99"], 2, "of a spoken track"),
        (["x.mp4", "--length", "0"], 2, "no spans are cut so"),
        (["x.mp4", "--length", "inf"], 2, "--length is no number of seconds: inf"),
        (["x.mp4", "--step", "nan"], 2, "--step is no number of seconds: nan"),
        (["x.mp4", "--set", "describe.lenght_ms=5"], 2, "length_ms"),
        (["x.mp4", "--section", "5"], 2, "start before end"),
    ],
)
def test_slips_are_told_in_one_line(loquitur, arguments, code, said):
    if "trained" in arguments:
        pytest.importorskip("torch")
    done = loquitur("describe", "predict", *arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1
