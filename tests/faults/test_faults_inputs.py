"""Bad input, end to end: what a person types, the one line that comes back, and the exit code.

Every row is tried alone and before a good input, which must be done all the same.
"""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from clips import Sound, write_clip

SWF = b"CWS\x09" + bytes(200)
TEXT = b"Dear diary, this is no film.\n" * 40


def pictures_only(path):
    return write_clip(path, [], video="mpeg4", video_ms=400)


def cut(path, share, **clip):
    """A clip of which only the first part is there."""
    whole = write_clip(path, **clip).read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    return path


def written(name, content):
    Path(name).write_bytes(content)
    return Path(name)


def fifo(name):
    os.mkfifo(name)
    return Path(name)


def listening(name):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
    return Path(name)


def folder(name, **files):
    Path(name).mkdir()
    for file in files:
        (Path(name) / file).write_bytes(TEXT)
    return Path(name)


def link(name, target):
    Path(name).symlink_to(target)
    return Path(name)


ROWS = {
    "no such file": (lambda: "nothing.mp4", ["nothing.mp4", "no such file"]),
    "a near name": (
        lambda: written("talk.mp4", TEXT).with_suffix(".mp3"),
        ["talk.mp3: no such file", "did you mean 'talk.mp4'?"],
    ),
    "an empty name": (lambda: "", ["empty name"]),
    "no folder on the way": (lambda: "no/such/folder.mp4", ["no such file or folder"]),
    "a file as a folder": (lambda: written("a.mp4", TEXT) / "b.mp4", ["a.mp4/b.mp4"]),
    "a folder without media": (lambda: folder("texts", notes=1), ["texts: a folder without"]),
    "an empty folder": (lambda: folder("void"), ["void: a folder without a media file"]),
    "an empty file": (lambda: written("void.mp4", b""), ["void.mp4 is empty (0 bytes)"]),
    "a text called mp4": (lambda: written("t.mp4", TEXT), ["t.mp4 is a text file", "accepted"]),
    "a page called mp4": (lambda: written("p.mp4", b"<html>404</html>"), ["is a web page"]),
    "noise called mp4": (
        lambda: written("n.mp4", np.random.default_rng(1).bytes(9000)),
        ["n.mp4 is not a medium that can be read", "accepted containers"],
    ),
    "zeros called wav": (lambda: written("z.wav", bytes(9000)), ["is not a medium that can be"]),
    "a picture": (lambda: written("p.gif", b"GIF89a" + bytes(99)), ["it has no sound"]),
    "a Flash film": (lambda: written("f.swf", SWF), ["f.swf is a Flash (swf) film", "accepted"]),
    "a playlist": (
        lambda: written("l.m3u8", b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n"),
        ["l.m3u8 is a playlist", "name the media files it lists"],
    ),
    "a playlist called mp4": (
        lambda: written("l.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        ["l.mp4 is a playlist"],
    ),
    "no sound": (
        lambda: pictures_only(Path("mute.mp4")),
        ["mute.mp4 has no audio track", "give a file with sound"],
    ),
    "half an mp4": (lambda: cut(Path("half.mp4"), 0.5), ["half.mp4", "damaged"]),
    "the first bytes of an mkv": (lambda: cut(Path("head.mkv"), 0.005), ["head.mkv"]),
    "a wav without samples": (lambda: written("w.wav", wav_head()), ["w.wav", "no sound"]),
    "a pipe": (lambda: fifo("pipe.mp4"), ["pipe.mp4: a pipe, not a file"]),
    "a device": (lambda: "/dev/zero", ["/dev/zero: a device, not a file"]),
    "a socket": (lambda: listening("s.mp4"), ["s.mp4: a socket, not a file"]),
    "a link to nothing": (lambda: link("away.mp4", "gone.mp4"), ["away.mp4: no such file"]),
    "a link to itself": (lambda: link("self.mp4", "self.mp4"), ["a link that leads to itself"]),
    "a scheme nobody fetches": (lambda: "ftp://a.example/b.mp4", ["ftp:// is not fetched"]),
    "a file address": (lambda: "file:///etc/passwd", ["give the path itself"]),
}


def wav_head():
    """A complete header of a WAV file that announces no sample."""
    path = Path("head.wav")
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(16_000)
    head = path.read_bytes()
    path.unlink()
    return head


@pytest.mark.parametrize("row", ROWS)
def test_a_bad_input_is_one_line_and_stops_no_other(bench, row):
    make, texts = ROWS[row]
    given = make()
    bench.stock()
    bench.run(given).fails(4, *texts)
    assert not bench.out.exists()
    bench.beside(given, code=4)


def test_errors_as_json_are_documents_too(bench):
    bench.stock()
    ended = bench.run("--json", "nothing.mp4", bench.neighbour)
    assert ended.code == 4
    (error,) = [json.loads(line)["error"] for line in ended.err.splitlines()]
    assert set(error) == {"code", "message", "hint"}
    assert "nothing.mp4" in error["message"]
    (done,) = [json.loads(line) for line in ended.out.splitlines()]
    assert set(done["outputs"]) == {"vtt", "srt", "json", "txt"}


def test_two_kinds_of_failure_in_one_run(bench, no_waiting):
    ended = bench.run("nothing.mp4", "http://127.0.0.1:9/a.mp4", "--allow-private")
    assert ended.code == 1
    assert len(ended.errors) == 2
    assert ended.rest[0] == "0 of 2 inputs done, 2 failed:"


def test_a_folder_gives_all_that_can_be_used(bench):
    bench.stock()
    top = folder("talks", readme=1)
    for name in ("a.wav", "deep/b.wav"):
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).write_bytes(bench.neighbour.read_bytes())
    (top / "broken.mp4").write_bytes(TEXT)
    ended = bench.run("--format", "vtt", top)
    assert ended.code == 4
    assert len(ended.errors) == 1
    assert "talks/broken.mp4 is a text file" in ended.errors[0]
    assert sorted(path.name for path in ended.paths) == ["a.vtt", "b.vtt"]


def test_two_media_of_one_name_keep_their_own_files(bench):
    for name, length_ms in (("a", 1500), ("b", 2500)):
        Path(name).mkdir()
        sound = Sound(codec="flac", rate_hz=16_000, duration_ms=length_ms)
        write_clip(Path(name) / "talk.flac", [sound])
    first, second = bench.json("a/talk.flac", "b/talk.flac", "--format", "json")
    paths = [Path(each["outputs"]["json"]) for each in (first, second)]
    lengths = [json.loads(path.read_text())["duration_ms"] for path in paths]
    assert lengths == [1500, 2500]
    assert len(set(paths)) == 2


def test_nothing_on_standard_input(bench, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n# nothing\n"))
    assert bench.run("-").succeeds().out == ""


NAMES = [
    "two words.wav",
    "it's a \"quoted\" 'name'.wav",
    "🦜 emoji 👩‍👩‍👧.wav",
    "new\nline.wav",
    "tab\tand\x07bell.wav",
    "\x1b[31mred.wav",
    "[bold red]markup[reset].wav",
    "-dash.wav",
    "--store.wav",
    "caf\udce9.wav",
    "\udcff\udcfe.wav",
    "$(touch owned); x.wav",
    "%s {0} \\n.wav",
    ".hidden.wav",
    "..wav",
    "con.wav",
    "a:b*c?d<e>f|g.wav",
    "\u202egpj.wav",
    "日本語のトーク.wav",
    "x" * 250 + ".wav",
    " spaces around .wav",
    "no suffix",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_every_name_of_a_file(bench, name):
    bench.stock()
    Path(name).write_bytes(bench.neighbour.read_bytes())
    given = f"./{name}"
    ended = bench.run("--format", "vtt,json", given).succeeds()
    assert len(ended.paths) == 2
    assert all(path.is_file() and path.parent == bench.out for path in ended.paths)
    assert sorted(ended.paths) == sorted(bench.out.iterdir())
    said = (ended.out + ended.err).replace("\u200d", "")  # a joiner: families are wrong without
    assert all(line.isprintable() for line in said.splitlines())
    (document,) = bench.json("--format", "vtt,json", given)
    assert sorted(map(Path, document["outputs"].values())) == sorted(ended.paths)
    assert all(stage["cached"] for stage in document["stages"])
    transcript = json.loads(Path(document["outputs"]["json"]).read_text())
    assert transcript["media_id"] == document["media_id"]
    assert [each.name for each in Path().iterdir()] == [name]


def test_a_name_that_looks_like_an_option(bench):
    bench.stock()
    Path("-dash.wav").write_bytes(bench.neighbour.read_bytes())
    assert "No such option" in bench.run("-dash.wav").fails(2)
    (path,) = bench.run("--format", "vtt", "--", "-dash.wav").succeeds().paths
    assert path.read_text().startswith("WEBVTT")


@pytest.mark.parametrize("language", ["C", pytest.param("C.UTF-8", marks=pytest.mark.slow)])
def test_bytes_that_are_no_text_in_a_process_of_its_own(bench, language):
    name = b"caf\xe9 \xff.wav"
    Path(os.fsdecode(name)).write_bytes(bench.neighbour.read_bytes())
    command = [
        sys.executable, "-m", "loquitur", "--store", str(bench.store), "run", "--executor", "local",
        "--asr", "parrot", "--diarizer", "parrot", "--json", "--format", "vtt", "-o", "out", name,
        b"gone \xff.wav",
    ]  # fmt: skip
    environment = {**os.environ, "LC_ALL": language, "PYTHONUTF8": "0"}
    ended = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert ended.returncode == 4, ended.stderr
    done = json.loads(ended.stdout.decode())
    assert list(done["outputs"]) == ["vtt"]
    (path,) = Path("out").iterdir()
    assert path.name == "caf\ufffd \ufffd.vtt"
    assert path.read_text().startswith("WEBVTT")
    (error,) = [json.loads(line) for line in ended.stderr.decode().splitlines()]
    assert "no such file" in error["error"]["message"]


def test_three_tracks_and_how_to_choose(bench):
    path = write_clip(
        Path("three.mkv"),
        [
            Sound(language="eng", title="Main", default=True, duration_ms=1_000),
            Sound(language="deu", default=False, duration_ms=2_000),
            Sound(language="fra", default=False, duration_ms=3_000),
        ],
        video="mpeg4",
    )
    bench.run("--format", "vtt,json", path).succeeds()
    note = "3 audio tracks: took number 1 (eng, 44100 Hz, mono)"
    assert note in (bench.out / "three.vtt").read_text()
    (document,) = bench.json(path)
    told = json.loads(Path(document["outputs"]["json"]).read_text())["notes"][0]
    assert told.startswith(note)
    assert "(2, 3)" in told
    for number in (1, 2, 3):
        (other,) = bench.json("--set", f"decode.track={number}", path)
        assert decoded_tracks(bench) == [1, *range(1, number + 1)]
        assert "audio tracks" not in Path(other["outputs"]["json"]).read_text()
    bench.run("--set", "decode.track=0", path).fails(4, "no audio track 0", "audio tracks: 1, 2, 3")
    bench.run("--set", "decode.track=x", path).fails(2, "wrong value", "decode", "track")
    bench.run("--set", "decode.track=-1", path).fails(2, "-1")
    bench.run("--set", "decode.trakc=1", path).fails(2, "did you mean 'track'?")


def test_the_choice_of_a_track_is_told_where_people_look(bench):
    path = write_clip(Path("two.mkv"), [Sound(), Sound()])
    ended = bench.run("--format", "vtt", path).succeeds()
    assert any("took number 0" in line and "--set decode.track=N" in line for line in ended.rest)
    (document,) = bench.json(path)
    assert any("took number 0" in note for note in document["notes"])


def decoded_tracks(bench):
    """The track of each decoded sound in the store."""
    listed = bench("--store", bench.store, "store", "ls", "--stage", "decode", "--json")
    tracks = []
    for record in json.loads(listed.out):
        shown = bench("--store", bench.store, "store", "show", "--content", record["key"])
        tracks.append(json.loads(shown.out)["artifact"]["track_index"])
    return sorted(tracks)
