"""`loquitur describe features`: of a corpus, of a folder, of videos, and what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest

from loquitur import artifacts
from loquitur.errors import InputError, UsageError
from loquitur.model.vision import Sampling
from loquitur.settings import resolve
from loquitur.vision.corpora import write
from loquitur.vision.features import open_set
from loquitur.vision.shapes.data import corpus
from loquitur.vision.shapes.film import write_film


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return write_film("shapes:train/3?size=64", tmp_path_factory.mktemp("films") / "three.mp4")


@pytest.fixture
def clips(tmp_path):
    path = tmp_path / "clips.jsonl"
    write(corpus(sizes={"train": 3, "test": 1}), path)
    return path


def test_a_corpus_as_a_set_and_again(loquitur, clips, tmp_path):
    folder = tmp_path / "set"
    first = loquitur("describe", "features", clips, "-o", folder, "--json")
    assert first.code == 0, first.err
    assert (first.json["made"], first.json["frames"]) == (4, 64)
    assert first.json["sampling"]["count"] == 16, "all the frames of a generated clip"
    again = loquitur("describe", "features", clips, "-o", folder)
    assert "0 clips of 0 frames x 896, 4 were there" in again.err
    found = open_set(folder)
    assert len(found) == 4
    assert found.info.encoder.name == "descriptor"


def test_another_encoder_for_the_same_folder(loquitur, clips, tmp_path):
    folder = tmp_path / "set"
    assert loquitur("describe", "features", clips, "-o", folder).code == 0
    answer = loquitur("describe", "features", clips, "-o", folder, "--encoder", "things")
    assert answer.code == 2
    assert "features of two encoders never mix" in answer.err
    answer = loquitur("describe", "features", clips, "-o", folder, "--count", "3")
    assert answer.code == 2
    assert "of other frames" in answer.err


def test_clips_without_pictures_are_listed_and_stop_no_other(loquitur, clips, tmp_path):
    lines = clips.read_text().splitlines()
    row = json.loads(lines[0])
    row |= {"clip": "lost", "video": "lost", "source": "videos/lost.mp4"}
    clips.write_text("\n".join([*lines, json.dumps(row)]) + "\n")
    answer = loquitur("describe", "features", clips, "-o", tmp_path / "set", "--json", "-q")
    assert answer.code == 4
    assert [one["clip"] for one in answer.json["failures"]] == ["lost"]
    assert "lost" in (tmp_path / "set" / "failures.jsonl").read_text()
    for old in (tmp_path / "set").iterdir():
        old.unlink()
    clips.write_text(json.dumps(row) + "\n")
    assert loquitur("describe", "features", clips, "-o", tmp_path / "set").code == 4


def test_a_folder_of_films(loquitur, film, tmp_path):
    answer = loquitur(
        "describe", "features", film.parent, "-o", tmp_path / "set", "--count", "5", "--json"
    )
    assert answer.code == 0, answer.err
    times_ms, matrix = open_set(tmp_path / "set").get("three")
    assert len(matrix) == 5
    assert times_ms[0] == 0
    assert times_ms[-1] == 1875


def test_a_video_through_the_store_and_into_a_set(loquitur, film, tmp_path):
    store = tmp_path / "store"
    options = ("--rate", "4", "--store", store, "-o", tmp_path / "set")
    answer = loquitur("describe", "features", film, *options, "--json")
    assert answer.code == 0, answer.err
    (row,) = answer.lines
    assert row["times_ms"] == [0, 250, 500, 750, 1000, 1250, 1500, 1750]
    assert row["dimension"] == 896
    table = loquitur("describe", "features", film, *options)
    assert row["object"][:12] in table.out
    assert len(open_set(tmp_path / "set").get("three")[1]) == 8
    settings = resolve({"store": store}).settings
    kept = artifacts.features(film, sampling=Sampling(by="rate", rate_hz=4), settings=settings)
    assert kept.matrix == row["object"]
    matrix = artifacts.matrix(kept, settings=settings)
    assert (matrix == open_set(tmp_path / "set").get("three")[1]).all()


@pytest.mark.slow
def test_shots_are_found_first(film, tmp_path):
    settings = resolve({"store": tmp_path / "store"}).settings
    found = artifacts.features(film, sampling=Sampling(by="shots", per_shot=3), settings=settings)
    assert len(found.times_ms) == 3
    assert found.sampling.by == "shots"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--count", "3", "--by", "rate"], "--count is for --by uniform"),
        (["--set", "transcribe.x=1"], "not a parameter of this verb"),
        (["--encoder", "descripter"], "no vision engine is called 'descripter'"),
        (["--rate", "0"], "no frames are sampled so"),
        (["--section", "0:02-0:01"], "start before end"),
    ],
)
def test_what_cannot_be_asked_for(loquitur, film, tmp_path, arguments, said):
    answer = loquitur("describe", "features", film, "--store", tmp_path / "store", *arguments)
    assert answer.code == 2
    assert said in answer.err


def test_a_corpus_needs_a_folder_and_no_company(loquitur, clips, film):
    assert "-o DIR" in loquitur("describe", "features", clips).err
    assert loquitur("describe", "features", clips, film, "-o", "x").code == 2


@pytest.mark.slow
def test_sound_alone_and_a_file_that_is_none(loquitur, tmp_path):
    import wave

    sound = tmp_path / "sound.wav"
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.zeros(16_000, np.int16).tobytes())
    text = tmp_path / "text.mp4"
    text.write_text("no film")
    answer = loquitur("describe", "features", sound, text, "--store", tmp_path / "store", "--json")
    assert answer.code == 4
    errors = [json.loads(line)["error"]["message"] for line in answer.err.splitlines()]
    assert len(errors) == 2
    assert any("no moving pictures" in message for message in errors)
    with pytest.raises(InputError):
        artifacts.features(text, settings=resolve({"store": tmp_path / "store"}).settings)


def test_a_wrong_option_of_the_encoder_is_told(film, tmp_path):
    settings = resolve({"store": tmp_path / "store"}).settings
    with pytest.raises(UsageError, match="no option 'colour'"):
        artifacts.features(film, options={"colour": "1"}, settings=settings)
