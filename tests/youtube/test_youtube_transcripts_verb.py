"""`youtube transcript` on the command line, talking to a stand-in over HTTP."""

from __future__ import annotations

import dataclasses
import io
import json
import sys

import pytest
from keyless_worlds import SYNTHETIC, VIDEO, needs_shared, serving

from loquitur import formats
from loquitur.cli import youtube_transcript
from loquitur.cli.main import _run
from loquitur.formats.words import read_words
from loquitur.youtube.keyless.ways import WAYS

OTHER = "aaaaaaaaaaa"
DASHED = "-Dashed_Id9"
TRACKS = [
    {"id": "a.en", "language": "en", "name": "English (auto-generated)", "kind": "asr"},
    {"id": "de", "language": "de", "name": "German", "kind": "standard"},
]
MANUAL = {
    "events": [
        {"tStartMs": 0, "dDurationMs": 900, "segs": [{"utf8": "guten\nAbend"}]},
        {"tStartMs": 1000, "dDurationMs": 900, "segs": [{"utf8": "alle"}]},
    ]
}
REFUSED = {"ppppppppppp": "private", "bbbbbbbbbbb": "blocked", "ggggggggggg": "gone"}


def world(path, query):
    video = query.get("video") or query.get("v")
    if video in REFUSED:
        body = json.dumps({"error": {"reason": REFUSED[video]}})
        return 403, body.encode(), {}
    if path == "/emulator/tracks":
        told = {
            "tracks": TRACKS,
            "title": "A talk/1",
            "duration_ms": 60_000,
            "translations": [{"language": "fr", "name": "French"}],
        }
        return 200, json.dumps(told).encode(), {}
    if path != "/api/timedtext" or query["fmt"] != "json3":
        return 404, b"", {}
    if query.get("tlang"):
        return 200, (SYNTHETIC / "gettysburg.translated.fr.json3").read_bytes(), {}
    if query.get("kind") == "asr":
        return 200, (SYNTHETIC / "gettysburg.en-orig.json3").read_bytes(), {}
    return 200, json.dumps(MANUAL).encode(), {}


@dataclasses.dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def loquitur(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("LOQUITUR_STORE", str(tmp_path / "store"))
    with serving(world) as site:
        monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", site.url)

        def run(*arguments, stdin="", verb="transcript"):
            monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
            capsys.readouterr()
            given = [str(item) for item in arguments]
            prefix = ["youtube", verb, "--sleep", "0"] if verb == "transcript" else verb.split()
            code = _run([*prefix, *given])
            return Answer(code, *capsys.readouterr())

        run.site = site
        yield run


@pytest.fixture
def truth():
    return json.loads((SYNTHETIC / "gettysburg.en-orig.truth.json").read_text("utf-8"))


@needs_shared
def test_one_video_goes_to_stdout(loquitur, truth):
    got = loquitur(VIDEO)
    assert got.code == 0
    assert got.out.startswith("WEBVTT")
    assert "<" not in got.out
    track = formats.read(formats.Document.of_text(got.out))
    assert [cue.text for cue in track.cues] == truth["lines"]
    assert got.err == (
        f"{VIDEO}: en (automatic), {len(truth['lines'])} lines up to 00:00:59.139, by emulated\n"
    )


@needs_shared
@pytest.mark.parametrize("name", ["vtt", "srt", "txt", "json", "ttml", "sbv", "json3", "srv3"])
def test_every_format_keeps_the_words(name, loquitur, truth, tmp_path):
    path = tmp_path / f"out.{name}"
    got = loquitur(VIDEO, "-o", path)
    assert (got.code, got.out) == (0, f"{path}\n")
    assert " ".join(cue.text for cue in formats.read(path).cues) == truth["text"]


@needs_shared
@pytest.mark.parametrize("name", ["json", "json3", "srv3", "vtt", "ctm"])
def test_words_feed_what_cuts_captions(name, loquitur, truth, tmp_path):
    path = tmp_path / f"out.{name}"
    assert loquitur(VIDEO, "--words", "-o", path).code == 0
    found = read_words(path)
    assert [(word.text, word.start_ms) for word in found.words] == [
        (word["word"], word["start_ms"]) for word in truth["words"]
    ]
    assert found.estimated == 0
    got = loquitur(path, "-o", tmp_path / "cut.srt", verb="subs segment")
    assert got.code == 0, got.err
    cut = formats.read(tmp_path / "cut.srt")
    assert " ".join(cue.text for cue in cut.cues).split() == truth["text"].split()
    if name != "ctm":
        assert loquitur(path, verb="subs check").code in (0, 4)


@needs_shared
def test_words_as_json(loquitur, truth):
    document = loquitur(VIDEO, "--words", "--format", "json").json
    assert document["schema"] == "loquitur/words/1"
    assert [(word["text"], word["start_ms"]) for word in document["words"]] == [
        (word["word"], word["start_ms"]) for word in truth["words"]
    ]
    assert document["word_times"] == "exact"
    assert document["text"] == truth["text"]
    assert document["video_id"] == VIDEO
    assert document["is_generated"] is True
    assert [track["id"] for track in document["available"]] == ["de", "a.en"]


@needs_shared
def test_a_translation_says_that_words_have_no_times(loquitur):
    document = loquitur(VIDEO, "--translate", "fr", "--words").json
    assert (document["language"], document["translated_from"]) == ("fr", "en")
    assert document["word_times"] == "absent"
    assert {word["start_ms"] for word in document["words"]} == {None}
    assert any("no times of words" in line for line in document["warnings"])


def test_manual_tracks_and_languages(loquitur):
    got = loquitur(VIDEO, "--manual", "--format", "txt")
    assert got.out == "[0:00] guten Abend\n[0:01] alle\n"
    assert loquitur(VIDEO, "--language", "fr,de", "--format", "txt").out == got.out
    got = loquitur(VIDEO, "--language", "fr")
    assert (got.code, got.out) == (5, "")
    assert "en (automatic)" in got.err
    assert loquitur(VIDEO, "--language", "de", "--generated").code == 5


@needs_shared
def test_json_is_one_document_with_the_text(loquitur, truth):
    got = loquitur(VIDEO, "--json")
    assert (got.code, got.err) == (0, "")
    document = got.json
    assert document["input"] == VIDEO
    assert document["outputs"] == {}
    assert document["text"] == truth["text"]
    assert document["cues"] == len(document["lines"]) == len(truth["lines"])


def test_list(loquitur):
    got = loquitur(VIDEO, "--list")
    assert got.code == 0
    assert got.out.splitlines()[0].split() == ["language", "made", "id", "name"]
    assert "automatic" in got.out
    assert "translated by YouTube into 1: fr" in got.err
    document = loquitur(VIDEO, "--list", "--json").json
    assert [track["language"] for track in document["tracks"]] == ["de", "en"]
    assert document["translations"] == [{"language": "fr", "name": "French"}]


@needs_shared
def test_several_go_into_a_folder_and_one_that_fails_stops_no_other(loquitur, tmp_path):
    got = loquitur(VIDEO, "ppppppppppp", "nothing!", f"https://youtu.be/{OTHER}?t=3", "-o", "out")
    assert got.code == 1  # 5 and 4
    names = [f"out/A talk_1 [{video}].en.vtt" for video in (VIDEO, OTHER)]
    assert got.out.splitlines() == names
    assert all((tmp_path / name).is_file() for name in names)
    assert "2 of 4 videos done, 2 failed:" in got.err
    rows = [json.loads(line) for line in (tmp_path / "out/transcripts.jsonl").open()]
    assert [(row["video_id"], row["status"], row.get("reason")) for row in rows] == [
        (VIDEO, "done", None), ("ppppppppppp", "failed", "private"), (OTHER, "done", None),
    ]  # fmt: skip
    assert loquitur("ppppppppppp", "ggggggggggg", "-o", "out").code == 5


@needs_shared
def test_what_is_there_is_not_fetched_again(loquitur, tmp_path):
    first = loquitur(VIDEO, OTHER, "-o", "out", "--format", "srt,json")
    asked = len(loquitur.site.asked)
    again = loquitur(VIDEO, OTHER, "-o", "out", "--format", "json,srt")
    assert len(loquitur.site.asked) == asked
    assert (again.code, sorted(again.out.split("\n"))) == (0, sorted(first.out.split("\n")))
    assert "was there already" in again.err
    rows = loquitur(VIDEO, OTHER, "-o", "out", "--format", "json,srt", "--json").lines
    assert [row["cached"] for row in rows] == [True, True]
    next((tmp_path / "out").glob(f"*{OTHER}*.srt")).unlink()
    loquitur(VIDEO, OTHER, "-o", "out", "--format", "srt,json")
    assert {query.get("v") for _, query, _ in loquitur.site.asked[asked:]} == {None, OTHER}
    asked = len(loquitur.site.asked)
    loquitur(VIDEO, "-o", "out", "--format", "srt,json", "--again")
    loquitur(VIDEO, "-o", "out", "--format", "srt,json", "--language", "de")
    assert len(loquitur.site.asked) == asked + 4
    assert (tmp_path / f"out/A talk_1 [{VIDEO}].de.srt").is_file()


@needs_shared
def test_a_journal_cut_in_the_middle_is_gone_on_with(loquitur, tmp_path):
    loquitur(VIDEO, OTHER, "-o", "out")
    journal = tmp_path / "out/transcripts.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    loquitur(VIDEO, OTHER, "-o", "out")
    asked = len(loquitur.site.asked)
    assert loquitur(VIDEO, OTHER, "-o", "out").code == 0
    assert len(loquitur.site.asked) == asked


@needs_shared
def test_a_list_on_stdin_in_every_shape(loquitur):
    shapes = [
        VIDEO,
        f"https://www.youtube.com/watch?v={VIDEO}&list=PL1&t=3",
        f"https://youtu.be/{VIDEO}",
        f"youtube.com/shorts/{OTHER}",
        f"https://www.youtube.com/live/{OTHER}?si=x",
        f"https://www.youtube.com/embed/{OTHER}",
        "# a comment",
        "",
        DASHED,
    ]
    got = loquitur("-", "--json", stdin="\n".join(shapes) + "\n")
    assert got.code == 0, got.err
    assert [(row["video_id"], row["input"]) for row in got.lines] == [
        (VIDEO, VIDEO), (OTHER, shapes[3]), (DASHED, DASHED),
    ]  # fmt: skip


@pytest.mark.parametrize("video", [DASHED, "--Ab_cd12_9", "-oooooooooo", "-vvvvvvvvvv"])
def test_ids_that_begin_with_a_dash(video, loquitur):
    got = loquitur(video, "--manual", "--format", "txt", "--json")
    assert got.code == 0, got.err
    assert got.json["video_id"] == video


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((VIDEO, "--generatde"), "No such option"),
        ((VIDEO, "--manual", "--generated"), "leave nothing"),
        ((VIDEO, "--format", "vtt,srt"), "-o DIR"),
        ((VIDEO, "--format", "ttt"), "ttml"),
        ((VIDEO, "--format", "rt"), "read only"),
        ((VIDEO, "-o", "x.xyz"), "names no caption format"),
        ((VIDEO, "--language", "en;de"), "not a language"),
        ((VIDEO, "--way", "ytdlp"), "yt-dlp"),
        ((), "VIDEO_ID"),
    ],
)
def test_slips(arguments, text, loquitur):
    got = loquitur(*arguments)
    assert got.code == 2
    assert text in got.err
    assert loquitur.site.asked == []


def test_the_ways_of_the_option_are_those_there_are():
    assert youtube_transcript._WAYS == WAYS


@needs_shared
def test_what_cannot_be_written_has_a_reason_too(loquitur, tmp_path):
    (tmp_path / f"out/A talk_1 [{VIDEO}].en.vtt").mkdir(parents=True)
    assert loquitur(VIDEO, "-o", "out").code != 0
    (row,) = [json.loads(line) for line in (tmp_path / "out/transcripts.jsonl").open()]
    assert (row["status"], row["reason"]) == ("failed", "other")


def test_errors_as_json(loquitur):
    got = loquitur("bbbbbbbbbbb", "--json")
    assert (got.code, got.out) == (5, "")
    error = json.loads(got.err)["error"]
    assert error["code"] == "LQ-REMOTE-BLOCKED"
    assert error.keys() == {"code", "message", "hint"}


def test_an_empty_list(loquitur):
    got = loquitur("-", stdin="\n# nothing\n")
    assert (got.code, got.out) == (0, "")
    assert "nothing to do" in got.err


def test_a_server_that_is_gone(loquitur, monkeypatch):
    monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", "http://127.0.0.1:9")
    got = loquitur(VIDEO)
    assert got.code == 5
    assert "cannot be reached" in got.err
