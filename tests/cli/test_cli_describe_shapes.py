"""`describe data shapes`: a corpus as a file, and as films."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from loquitur.cli.main import cli
from loquitur.vision.corpora import read
from loquitur.vision.shapes import parse, saying_of, scene

VERB = ["describe", "data", "shapes"]
SMALL = ["--train", "4", "--validation", "2", "--test", "2", "--unseen", "2"]


def run(*words):
    return CliRunner().invoke(cli, [*VERB, *words], catch_exceptions=False)


def test_a_corpus_is_written_and_read_again(tmp_path):
    """Clips by name, in four splits, each time the same."""
    done = run("-o", str(tmp_path / "one"), *SMALL, "--seed", "3", "--json")
    told = json.loads(done.stdout)
    assert told["sizes"] == {"train": 4, "validation": 2, "test": 2, "unseen": 2}
    made = read(tmp_path / "one" / "clips.jsonl")
    assert [clip.source for clip in made.of("train")][:2] == [
        "shapes:train/0?seed=3",
        "shapes:train/1?seed=3",
    ]
    for clip in made.clips:
        for text in clip.texts("en"):
            assert parse(text).key == saying_of(scene(clip.video_id)).key
    run("-o", str(tmp_path / "two"), *SMALL, "--seed", "3", "-q")
    files = [(tmp_path / name / "clips.jsonl").read_bytes() for name in ("one", "two")]
    assert files[0] == files[1]


def test_films_show_what_the_names_say(tmp_path):
    """Real films of 16 pictures; made once, and anew for another seed."""
    import av

    few = ["--train", "1", "--validation", "0", "--test", "1", "--unseen", "0", "--size", "32"]
    run("-o", str(tmp_path), *few, "--mp4", "-q")
    made = read(tmp_path / "clips.jsonl")
    films = sorted((tmp_path / "videos").iterdir())
    assert len(films) == len(made.clips) == 2
    for clip in made.clips:
        path = tmp_path / "videos" / clip.source.rpartition("/")[2]
        with av.open(str(path)) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert [one.shape for one in frames] == [(32, 32, 3)] * 16
    stamps = [film.stat().st_mtime_ns for film in films]
    run("-o", str(tmp_path), *few, "--mp4", "-q")
    assert [film.stat().st_mtime_ns for film in films] == stamps
    run("-o", str(tmp_path), *few, "--mp4", "-q", "--seed", "1")
    assert len(list((tmp_path / "videos").iterdir())) == 4


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--mp4", "--size", "33"], "no film of 33 pixels"),
        (["--fold", "4"], "--fold"),
        (["--variety", "odd"], "--variety"),
    ],
)
def test_what_cannot_be_is_told(tmp_path, words, reason):
    """One line, and nothing written."""
    done = CliRunner().invoke(cli, [*VERB, "-o", str(tmp_path / "none"), *words])
    assert done.exit_code != 0
    assert reason in done.output + str(done.exception)
    assert not (tmp_path / "none").exists()
