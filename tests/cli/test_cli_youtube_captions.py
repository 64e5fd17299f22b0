"""`youtube captions` and `run --publish` on the command line, against the emulator over HTTP."""

from __future__ import annotations

import json

import pytest

from loquitur.emulator import Emulator
from loquitur.errors import InputError

VIDEO = "-bcdefghijk"
SRT = (
    "1\n00:00:01,000 --> 00:00:02,500\nHello there, how are you?\n\n"
    "2\n00:00:03,000 --> 00:00:04,000\nGood bye to all of you\n"
)
OTHER = SRT.replace("Hello there", "Hello again")
PLAN = {
    "video": [
        {"key": "own", "id": VIDEO, "title": "Own"},
        {"key": "bare", "id": "abcdefghijk", "title": "Bare"},
    ],
    "captions": {
        "seeded": False,
        "tracks": [
            {"video": VIDEO, "language": "en", "kind": "ASR", "text": SRT},
            {"video": VIDEO, "language": "de", "name": "", "text": SRT},
            {"video": VIDEO, "language": "de", "name": "SDH", "text": OTHER, "draft": True},
        ],
    },
}


@pytest.fixture
def emulator(monkeypatch):
    monkeypatch.delenv("LOQUITUR_YOUTUBE_API_KEY", raising=False)
    monkeypatch.delenv("LOQUITUR_YOUTUBE_TOKEN", raising=False)
    with Emulator(seed=5, plan=PLAN) as running:
        monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", running.endpoint)
        yield running


@pytest.fixture
def captions(loquitur, emulator):
    def run(*arguments):
        return loquitur("youtube", "captions", *arguments)

    return run


@pytest.fixture
def files(tmp_path):
    (tmp_path / "talk.srt").write_text(SRT)
    (tmp_path / "other.srt").write_text(OTHER)
    return tmp_path


def spent(emulator):
    return sum(entry.cost for entry in emulator.calls() if entry.bucket == "shared")


def test_list(captions, emulator):
    answer = captions("list", VIDEO)
    assert answer.code == 0, answer.err
    assert [line.split()[0] for line in answer.out.splitlines()] == ["language", "en", "de", "de"]
    assert "serving, draft" in answer.out
    found = captions("list", f"https://youtu.be/{VIDEO}?t=3", "--json").json
    assert [track["kind"] for track in found["tracks"]] == ["ASR", "standard", "standard"]
    assert spent(emulator) == 100


def test_download_chooses_and_converts(captions, files):
    whole = captions("download", VIDEO, "--language", "de")
    assert whole.out == SRT
    assert captions("download", VIDEO, "--name", "SDH", "--format", "vtt").out.startswith("WEBVTT")
    ident = captions("list", VIDEO, "--json").json["tracks"][2]["id"]
    assert captions("download", ident, "--format", "original").out == OTHER
    assert captions("download", VIDEO, "--track", ident, "--format", "txt").out.count("Hello") == 1
    french = captions("download", VIDEO, "--language", "de", "--translate", "fr", "--format", "ass")
    assert "[fr] Hello there" in french.out
    asr = captions("download", VIDEO, "--language", "en", "-o", "auto.sbv")
    assert asr.out == "auto.sbv\n"
    assert "(ASR)" in asr.err
    assert (files / "auto.sbv").read_text().startswith("0:00:01.000,0:00:02.500\n")
    told = captions("download", VIDEO, "--language", "de", "-o", "x.vtt", "--json").json
    assert (told["format"], told["output"], told["track"]["language"]) == ("vtt", "x.vtt", "de")


def test_download_says_what_there_is(captions):
    several = captions("download", VIDEO)
    assert several.code == 2
    assert "de, de 'SDH'" in several.err
    none = captions("download", VIDEO, "--language", "fr")
    assert none.code == 2
    assert "there are: en (ASR)" in none.err
    assert captions("download", VIDEO, "--format", "nonsense").code == 2


def test_an_api_key_alone_says_why_in_one_line(captions, emulator, monkeypatch):
    monkeypatch.setenv("LOQUITUR_YOUTUBE_API_KEY", emulator.api_key)
    answer = captions("download", VIDEO, "--language", "de")
    assert answer.code in (3, 5)
    (line,) = answer.err.splitlines()
    assert "youtube auth" in line
    assert "youtube transcript" in line


def test_upload_shows_and_asks(captions, emulator, files):
    shown = captions("upload", VIDEO, files / "talk.srt")
    assert shown.code == 0
    assert "insert (2 cues, srt, 114 bytes)" in shown.out
    assert "units: 50 spent on looking, 400 to insert of 9,950 that are left today" in shown.out
    assert "--yes does it" in shown.err
    assert "language en, as its words say" in shown.err
    assert spent(emulator) == 50
    done = captions("upload", VIDEO, files / "talk.srt", "--yes", "--draft", "--json").json
    assert done["result"]["track"]["is_draft"] is True
    assert done["units"] == {"spent": 450, "planned": 400}
    again = captions("upload", VIDEO, files / "talk.srt", "--yes")
    assert "nothing to do" in again.out
    assert spent(emulator) == 550


def test_the_whole_diff_and_the_backup(captions, emulator, files):
    answer = captions("upload", VIDEO, files / "other.srt", "--language", "de", "--diff", "--yes")
    assert answer.code == 0, answer.err
    assert "-00:00:01.000 --> 00:00:02.500  Hello there, how are you?" in answer.out
    assert "+00:00:01.000 --> 00:00:02.500  Hello again, how are you?" in answer.out
    assert "what was there is backup 1; 700 units in all" in answer.out
    assert captions("restore", VIDEO, "--list").out.splitlines()[1].split()[0] == "1"
    assert captions("restore", VIDEO, "--list", "--json").json["backups"][0]["reason"] == "update"
    back = captions("restore", VIDEO, "--yes", "--json").json
    assert (back["backup"]["number"], back["action"]) == (1, "update")
    assert captions("download", VIDEO, "--language", "de").out == SRT
    assert captions("restore", "abcdefghijk", "--list").err.startswith("no backup of abcdefghijk")
    assert captions("restore", "abcdefghijk", "--yes").code == 2


def test_update_changes_what_is_there(captions, files):
    assert captions("update", VIDEO, "--language", "de").code == 2
    assert captions("update", VIDEO, files / "other.srt", "--language", "fr", "--yes").code == 2
    done = captions(
        "update", VIDEO, files / "other.srt", "--language", "de", "--yes", "--json"
    ).json
    assert (done["action"], done["language"], done["result"]["backup"]) == ("update", "de", 1)
    assert done["units"]["spent"] == 700
    shown = captions("update", VIDEO, "--name", "SDH", "--no-draft", "--dry-run")
    assert "nothing was changed" in shown.err
    done = captions("update", VIDEO, "--name", "SDH", "--no-draft", "--yes", "--json").json
    assert done["changed"]["is_draft"] is False
    shown = captions("update", VIDEO, "--name", "SDH", "--new-name", "", "--dry-run")
    assert "de 'SDH' becomes de\n" in shown.out
    done = captions("update", VIDEO, "--name", "SDH", "--new-name", "", "--new-language", "de-AT",
                    "--yes", "--json").json  # fmt: skip
    assert done["renamed"]["language"] == "de-AT"
    found = captions("list", VIDEO, "--json").json["tracks"]
    assert [(one["language"], one["name"]) for one in found] == [
        ("en", ""),
        ("de", ""),
        ("de-AT", ""),
    ]


def test_delete_keeps_a_backup(captions, emulator):
    assert "nothing was changed" in captions("delete", VIDEO, "--name", "SDH").err
    assert not emulator.calls("captions.delete")
    done = captions("delete", VIDEO, "--name", "SDH", "--yes", "--json").json
    assert done["deleted"] is True
    assert captions("delete", VIDEO, "--language", "en", "--yes").code == 2
    back = captions("restore", VIDEO, "--yes", "--json").json
    assert back["result"]["track"]["name"] == "SDH"
    assert back["result"]["track"]["is_draft"] is True


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("talk.txt", "no times at all", 4, "loquitur align"),
        ("talk.vtt", "WEBVTT\n", 4, "no cue"),
        ("talk.srt", "1\n00:00:02,000 --> 00:00:01,000\nbackwards\n", 4, "not after it begins"),
        ("talk.docx", "PK", 2, "docx"),
    ],
)
def test_a_refused_file_costs_nothing(captions, emulator, tmp_path, *, name, content, code, said):
    path = tmp_path / name
    path.write_text(content)
    answer = captions("upload", VIDEO, path, "--language", "en", "--yes")
    assert answer.code == code, answer.err
    assert said in answer.err
    assert name in answer.err or code == 2, "which file it is"
    assert emulator.calls() == []


def test_a_draft_state_that_is_there_already_is_left(captions, emulator):
    told = captions("update", VIDEO, "--language", "de", "--name", "", "--no-draft", "--yes")
    assert told.code == 0, told.err
    assert "nothing to do" in told.out
    found = captions("update", VIDEO, "--name", "SDH", "--draft", "--yes", "--json").json
    assert found["changed"] is None
    assert captions("update", VIDEO, "--language", "en", "--no-draft", "--yes").code == 2
    assert {call.method for call in emulator.calls()} == {"captions.list"}


def test_a_text_in_another_encoding_is_told(captions, tmp_path):
    path = tmp_path / "latin.srt"
    path.write_bytes(SRT.replace("Hello", "Grüße").encode("latin-1"))
    shown = captions("upload", VIDEO, path, "--language", "de-AT")
    assert "not UTF-8" in shown.err


def test_a_translation_into_no_language_costs_nothing_but_the_look(captions, emulator):
    answer = captions("download", VIDEO, "--name", "SDH", "--translate", "no tongue")
    assert answer.code == 4
    assert "no language tag" in answer.err
    assert spent(emulator) == 50


def test_other_formats_are_converted_and_losses_told(captions, tmp_path):
    path = tmp_path / "talk.fr.ass"
    path.write_text(
        "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\n"
        "Format: Name, Fontname, Fontsize, PrimaryColour, Alignment\n"
        "Style: Default,Arial,20,&H00FFFFFF,2\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\i1}Bonjour{\\i0} à tous\n"
    )
    shown = captions("upload", VIDEO, path)
    assert "fr: insert (1 cue, vtt" in shown.out
    assert "language" not in shown.err, "the file's name says it"
    done = captions("upload", VIDEO, path, "--yes")
    assert done.code == 0, done.err
    assert "<i>Bonjour</i> à tous" in captions("download", VIDEO, "--language", "fr").out


def test_slips_are_told_before_anything_is_spent(captions, emulator, files):
    talk = files / "talk.srt"
    assert captions("upload", "https://example.org/x", talk).code == 4
    assert captions("upload", VIDEO, talk, "--yes", "--dry-run").code == 2
    assert captions("upload", VIDEO, talk, "--format", "docx", "--yes").code == 2
    assert captions("upload", VIDEO, files / "absent.srt", "--yes").code == 4
    assert captions("upload", VIDEO, talk, "--name", "n" * 151, "--yes").code == 4
    assert emulator.calls() == []


def test_a_text_that_youtube_cannot_read_is_a_failure(captions, emulator, files, monkeypatch):
    from loquitur.emulator import caption_shelf

    monkeypatch.setattr("loquitur.youtube.publishing.WAITS_S", (0.01,))
    monkeypatch.setattr(caption_shelf, "judged", lambda content: ("srt", "processingFailed"))
    answer = captions("upload", VIDEO, files / "other.srt", "--language", "de", "--yes", "--wait")
    assert answer.code == 5
    assert "processingFailed" in answer.err
    assert "captions restore" in answer.err


def test_a_new_name_that_youtube_cannot_read_leaves_the_old_track(captions, files, monkeypatch):
    from loquitur.emulator import caption_shelf

    given = (files / "talk.srt", "--language", "fr", "--name", "SDH")
    assert captions("upload", VIDEO, *given, "--yes").code == 0
    monkeypatch.setattr(caption_shelf, "judged", lambda content: ("srt", "processingFailed"))
    answer = captions("update", VIDEO, "--language", "fr", "--new-name", "Other", "--yes")
    assert answer.code == 5
    assert "processingFailed" in answer.err
    assert "deleted" not in answer.out
    tracks = captions("list", VIDEO, "--json").json["tracks"]
    assert {track["name"] for track in tracks if track["language"] == "fr"} == {"SDH", "Other"}


def test_run_publishes(loquitur, emulator, clip, parrot, tmp_path):
    wish = ("--asr", "parrot", "--diarizer", "none", "--emotion", "none", "--language", "en")
    run = ("run", clip, "-o", tmp_path / "out", *wish, "--format", "vtt")
    video = ("--publish", "abcdefghijk")
    rows = loquitur("plan", clip, *wish, *video, "--json").json
    assert (rows[-1]["stage"], rows[-1]["units"]) == ("publish", [50, 700])
    assert spent(emulator) == 0
    dry = loquitur(*run, *video, "-q")
    assert dry.code == 0, dry.err
    assert "insert" in dry.out
    assert spent(emulator) == 50
    done = loquitur(*run, *video, "--yes", "--json")
    (document,) = done.lines
    assert document["published"][0]["result"]["changed"] is True
    assert document["published"][0]["units"]["spent"] == 450
    again = loquitur(*run, *video, "--yes", "-q")
    assert "nothing to do" in again.out
    assert spent(emulator) == 50 + 450 + 50
    theirs = loquitur(*run, "--publish", "0" * 11, "--yes")
    assert theirs.code == 5


def test_run_publishes_one_whole_medium(loquitur, emulator, clip):
    for more in ([clip], ["--section", "0-3"], ["--dry-run", "--yes"]):
        assert loquitur("run", clip, *more, "--publish", "abcdefghijk").code == 2
    assert loquitur("run", clip, "--dry-run").code == 2
    assert loquitur("run", clip, "--publish", "nonsense", "--yes").code == 4
    assert emulator.calls() == []


def test_the_python_door(emulator, files, settings):
    from loquitur import formats
    from loquitur.youtube import publish

    (files / "backwards.srt").write_text(SRT.replace("00:00:04,000", "00:00:02,000"))
    with pytest.raises(InputError, match=r"backwards\.srt: .* not after it begins"):
        publish(files / "backwards.srt", VIDEO, language="en")
    (outcome,) = publish(files / "talk.srt", VIDEO, language="en")
    assert repr(outcome) == f"<Outcome {VIDEO}: en: insert, 400 units, not done>"
    assert (outcome.plan.action, outcome.plan.spent, outcome.done) == ("insert", 50, None)
    track = formats.read(files / "talk.srt", language="en")
    (outcome,) = publish(track, f"https://www.youtube.com/watch?v={VIDEO}", yes=True)
    assert outcome.done.changed
    assert repr(outcome) == f"<Outcome {VIDEO}: en: insert, serving, 450 units>"
    assert json.loads(json.dumps(outcome.done.track.language)) == "en"


def test_units_that_are_not_left_are_told_before_they_are_missed(loquitur, files, monkeypatch):
    monkeypatch.setenv("LOQUITUR_YOUTUBE_LIMITS", "shared=499")
    with Emulator(seed=5, plan=PLAN) as emulator:
        monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", emulator.endpoint)
        command = ("youtube", "captions", "upload", "abcdefghijk", files / "talk.srt")
        assert loquitur(*command, "--dry-run").code == 0
        refused = loquitur(*command, "--dry-run")
        assert refused.code == 5
        assert "not left today" in refused.err
        assert loquitur(*command, "--yes").code == 5
        assert not emulator.calls("captions.insert")


def test_cues_may_end_after_the_video_where_that_is_meant(captions, files):
    late = files / "late.srt"
    late.write_text(SRT + "\n3\n99:00:00,000 --> 99:00:02,000\nFar behind the end\n")
    refused = captions("upload", VIDEO, str(late), "--language", "fr", "--yes")
    assert (refused.code, "--past-end" in refused.err) == (4, True)
    sent = captions("upload", VIDEO, str(late), "--language", "fr", "--yes", "--past-end")
    assert sent.code == 0, sent.err
