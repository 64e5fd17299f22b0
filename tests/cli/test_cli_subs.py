"""`subs convert`: one file, many files, standard output, and every way to go wrong."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import loquitur
from loquitur.cli.main import cli, main
from loquitur.errors import InputError, UsageError

SRT = "1\n00:00:01,000 --> 00:00:02,000\n<i>Héllo</i>, w\u00f6rld\n"
VTT = "WEBVTT\n\nNOTE kept\n\nid\n00:01.000 --> 00:02.000 line:0\n<v Ann>Hi\n"


def subs(*words):
    return CliRunner().invoke(cli, ["subs", *map(str, words)])


def code_of(*words):
    with pytest.raises(SystemExit) as caught:
        main(["subs", *map(str, words)])
    return caught.value.code


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.srt").write_text(SRT, encoding="utf-8")
    (tmp_path / "b.vtt").write_text(VTT, encoding="utf-8")
    (tmp_path / "bad.vtt").write_text("no captions", encoding="utf-8")
    return tmp_path


def test_one_file_to_another(folder):
    done = subs("convert", folder / "a.srt", folder / "out.vtt")
    assert done.exit_code == 0
    assert (folder / "out.vtt").read_text(encoding="utf-8") == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<i>Héllo</i>, wörld\n"
    )


def test_what_is_lost_is_told(folder):
    done = subs("convert", folder / "b.vtt", folder / "out.srt", "--json")
    row = json.loads(done.stdout)
    assert row["losses"] == [
        "notes",
        "cue ids",
        "voice tags (names stand where the speaker changes)",
    ]
    assert (row["from"], row["to"], row["cues"], row["diagnostics"]) == ("vtt", "srt", 1, [])
    assert "{\\an8}Ann: Hi" in (folder / "out.srt").read_text()
    assert "cannot carry notes" in subs("convert", folder / "b.vtt", folder / "out.srt").stderr


def test_standard_output_and_old_players(folder):
    done = subs("convert", folder / "a.srt", "-", "--to", "srt", "--crlf", "--bom")
    assert done.stdout_bytes.startswith(b"\xef\xbb\xbf1\r\n00:00:01,000")


def test_json_names_schema_and_settings(folder):
    subs("convert", folder / "b.vtt", folder / "out.json")
    document = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    assert document["schema"] == "loquitur/cues/1"
    cue = document["cues"][0]
    assert (cue["id"], cue["text"], cue["payload"]) == ("id", "Hi", "<v Ann>Hi")
    assert cue["settings"]["line"] == 0
    assert cue["tree"] == [{"tag": "v", "classes": [], "annotation": "Ann", "children": ["Hi"]}]
    back = subs("convert", folder / "out.json", folder / "back.vtt")
    assert back.exit_code == 0
    assert "NOTE kept" in (folder / "back.vtt").read_text()


def test_a_folder_in_one_go_and_one_bad_file_stops_no_other(folder, capfd):
    (folder / "sub").mkdir()
    (folder / "sub" / "a.srt").write_text(SRT, encoding="utf-8")
    assert code_of("convert", folder, "--to", "vtt", "-o", folder / "out") == 4
    assert "bad.vtt: line 1: 'no captions', expected WEBVTT" in capfd.readouterr().err
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "a.srt.vtt",
        "a.vtt",
        "b.vtt",
    ]


def run(*words):
    with pytest.raises((InputError, UsageError)) as caught:
        cli.main(args=["subs", *map(str, words)], standalone_mode=False)
    return caught.value


def test_slips_are_told_in_one_line(folder):
    assert "names no caption format" in str(run("convert", folder / "a.srt", folder / "x.y"))
    assert "no folder" in str(run("convert", folder / "a.srt"))
    assert "needs a format" in str(run("convert", folder / "a.srt", "-"))
    assert "unknown format 'vt'" in str(run("convert", folder / "a.srt", "-", "--to", "vt"))
    assert "--fps" in str(run("convert", folder / "a.srt", folder / "x.vtt", "--fps", "0"))
    (folder / "empty").mkdir()
    assert "holds no caption file" in str(
        run("convert", folder / "empty", "--to", "vtt", "-o", folder / "out")
    )


def test_an_encoding_may_be_told(folder, capfd):
    (folder / "l.srt").write_bytes(SRT.encode("latin-1"))
    subs("convert", folder / "l.srt", folder / "o.vtt", "--encoding", "latin-1")
    assert "wörld" in (folder / "o.vtt").read_text(encoding="utf-8")
    told = ["--encoding", "nonsense"]
    assert code_of("convert", folder / "l.srt", folder / "p.vtt", *told) == 4
    assert "there is no encoding 'nonsense'" in capfd.readouterr().err
    assert not (folder / "p.vtt").exists()


def test_noise_under_the_name_of_captions_is_no_empty_track(folder, capfd):
    (folder / "noise.srt").write_bytes(bytes(range(256)) * 40)
    assert code_of("convert", folder / "noise.srt", folder / "p.vtt") == 4
    assert "holds no cue" in capfd.readouterr().err
    (folder / "empty.srt").write_bytes(b"")
    assert code_of("convert", folder / "empty.srt", folder / "p.vtt") == 0


def test_a_python_user_reads_and_writes(folder):
    track = loquitur.read(folder / "b.vtt")
    assert loquitur.write(track, folder / "c.vtt") == ()
    assert loquitur.read(folder / "c.vtt") == track
    assert "notes" in loquitur.write(track, folder / "c.srt")
    with pytest.raises(UsageError, match="names no caption format"):
        loquitur.write(track, folder / "c.unknown")
