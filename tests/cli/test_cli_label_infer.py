"""`label infer`: what models say of a data set, as files that `label eval` reads."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import shutil

import numpy as np
import pytest

from loquitur.testing.tiny_labellers import linear_model
from loquitur.vision.labels import modelfile
from loquitur.vision.labels.columns import joined
from loquitur.vision.labels.dataset_files import open_dataset, write_dataset
from loquitur.vision.labels.feeding.batches import LabelBatches
from loquitur.vision.labels.feeding.sharded import open_data
from loquitur.vision.labels.generated import Design, write_sample
from loquitur.vision.labels.generated.writing import Sample
from loquitur.vision.labels.inferring import infer
from loquitur.vision.labels.records.writing import ShardWriter, records_of

LABELS = 6


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A data set of six labels whose names nobody says, and two models of its streams."""
    folder = tmp_path_factory.mktemp("inferred")
    design = Design(labels=LABELS, rgb=12, audio=8, words=8, least_rows=20, most_rows=70)
    write_sample(folder / "set", Sample(design=design, videos=200, shards=2, split=(40, 30, 30)))
    about = json.loads((folder / "set" / "dataset.json").read_text())
    (folder / "set" / "dataset.json").write_text(
        json.dumps({**about, "vocabulary": "", "vocabulary_file": ""})
    )
    info, _ = open_dataset(folder / "set")
    linear_model(folder / "one", info.streams, seed=1)
    linear_model(folder / "two", info.streams, seed=2)
    return folder


def said_by(folder, name, part):
    """Every score of a model, video by video."""
    model = modelfile.load(folder / name)
    with open_data(folder / "set") as data:
        batches = LabelBatches(data, part, batch=7, most_rows=60, shuffle=False)
        return {
            ident: scores
            for batch in batches.epoch(0)
            for ident, scores in zip(batch.video_ids, model.scores(batch), strict=True)
        }


def test_the_challenges_file_of_the_test_part(loquitur, made):
    done = loquitur("label", "infer", made / "one", "--data", made / "set", "--top", "4")
    assert done.code == 0, done.err
    assert "60 videos" in done.err
    rows = list(csv.DictReader(io.StringIO(done.out)))
    wanted = said_by(made, "one", "test")
    assert [row["VideoId"] for row in rows] == list(wanted)
    for row in rows:
        cells = row["LabelConfidencePairs"].split()
        labels, scores = [int(one) for one in cells[::2]], [float(one) for one in cells[1::2]]
        assert labels == np.argsort(-wanted[row["VideoId"]], kind="stable")[:4].tolist()
        assert scores == pytest.approx(wanted[row["VideoId"]][labels].tolist(), abs=1e-6)


def test_files_measure_as_the_model_does(loquitur, made, tmp_path):
    found = {}
    for name in ("said.csv", "said.jsonl", "said.npz"):
        written = loquitur(
            "label", "infer", made / "one", "--data", made / "set", "--part", "validate",
            "-o", tmp_path / name, "--json",
        )  # fmt: skip
        assert written.code == 0, written.err
        assert (written.json["videos"], written.json["skipped"]) == (60, 0)
    vocabulary = tmp_path / "names.txt"
    card = modelfile.load(made / "one").card
    vocabulary.write_text("".join(f"{one.name}\n" for one in card.labels))
    for name in ("said.csv", "said.jsonl", "said.npz", "model"):
        place = made / "one" if name == "model" else tmp_path / name
        told = loquitur(
            "label", "eval", f"x={place}", "--data", made / "set", "--vocabulary", vocabulary,
            "--json",
        )  # fmt: skip
        assert told.code == 0, told.err
        (found[name],) = told.json["results"]
    for key in ("gap", "hit_at_one", "perr", "map"):
        for name in ("said.csv", "said.jsonl", "said.npz"):
            assert found[name][key] == pytest.approx(found["model"][key], abs=1e-9), (name, key)


def test_of_several_models_the_mean_is_told(made):
    models = [modelfile.load(made / name) for name in ("one", "two")]
    with open_data(made / "set") as data:
        said = list(infer(models, data, "test", top=LABELS).said())
    first, second = said_by(made, "one", "test"), said_by(made, "two", "test")
    videos = 0
    for batch in said:
        for ident, labels, scores in zip(batch.video_ids, batch.labels, batch.scores, strict=True):
            mean = (first[ident] + second[ident]) / 2
            assert scores == pytest.approx(mean[labels], abs=1e-7)
            assert (np.diff(scores) <= 0).all()
            videos += 1
    assert videos == 60


def test_damaged_records_end_it_or_are_left_out(loquitur, made, tmp_path):
    place = tmp_path / "damaged"
    place.mkdir()
    for path in (made / "set").iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    shard = next(place.glob("test*"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(bytes(data))
    command = ("label", "infer", made / "one", "--data", place, "-o", tmp_path / "x.csv")
    ended = loquitur(*command)
    assert ended.code == 4
    assert "is damaged at record" in ended.err
    assert not (tmp_path / "x.csv").exists()
    done = loquitur(*command, "--keep-going", "--json")
    assert (done.code, done.json["videos"], done.json["skipped"]) == (0, 59, 1)
    assert "1 damaged place left out" in done.err
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 60


def test_what_is_refused(loquitur, made, tmp_path):
    command = ("label", "infer", made / "one", "--data", made / "set")
    for arguments, code, said in (
        (["-o", tmp_path / "x.txt"], 2, "no form of predictions"),
        (["-o", tmp_path / "x"], 2, "end its name in"),
        (["--json"], 2, "-o FILE"),
        (["-o", tmp_path], 2, "no form of predictions"),
    ):
        done = loquitur(*command, *arguments)
        assert (done.code, done.out) == (code, ""), done
        assert said in done.err
    absent = loquitur("label", "infer", tmp_path / "none", "--data", made / "set")
    assert absent.code == 4
    narrow = tmp_path / "narrow"
    info, _ = open_dataset(made / "set")
    linear_model(narrow, info.streams[:1])
    less = loquitur("label", "infer", narrow, "--data", made / "set", "--top", "100")
    assert less.code == 0, "a model of fewer streams reads those"
    assert len(less.out.splitlines()[1].split(",")[1].split()) == 2 * LABELS


def test_a_model_of_other_labels_than_the_data_is_not_measured(loquitur, made, tmp_path):
    place = tmp_path / "more"
    shutil.copytree(made / "set", place)
    about = json.loads((place / "dataset.json").read_text())
    (place / "dataset.json").write_text(json.dumps({**about, "labels": LABELS + 1}))
    done = loquitur("label", "eval", made / "one", "--data", place)
    assert (done.code, done.out) == (2, "")
    assert f"knows {LABELS} labels" in done.err
    assert f"has {LABELS + 1}" in done.err


def test_a_timed_model_gets_rows_laid_in_time(made):
    model = modelfile.load(made / "one")
    net = dataclasses.replace(model.card.net, architecture="gru", timed=True)
    timed = dataclasses.replace(model, card=dataclasses.replace(model.card, net=net))
    with open_data(made / "set") as data:
        counts = data.counts("test").tolist()
        read = joined([
            data.read("test", shard, np.arange(many)).examples for shard, many in enumerate(counts)
        ])  # fmt: skip
        said = list(infer([timed], data, "test", top=LABELS).said())
    labels = np.concatenate([one.labels for one in said])
    wanted = timed.scores(read)
    assert not np.allclose(wanted, model.scores(read), atol=1e-3)
    found = np.concatenate([one.scores for one in said])
    np.testing.assert_allclose(found, np.take_along_axis(wanted, labels, axis=1), atol=1e-6)


@pytest.fixture
def spoilt(made, tmp_path):
    """A data set with NaN in one video's sound, who it is, the others, and two models of it."""
    with open_data(made / "set") as data:
        whole = data.read("test", 0, np.arange(20)).examples
    info, _ = open_dataset(made / "set")
    two = tuple(dataclasses.replace(one, quantised=False) for one in info.streams[:2])
    info = dataclasses.replace(info, streams=two)
    streams = {
        name: dataclasses.replace(stream, rows=stream.rows.astype(np.float32) / 64 - 2)
        for name, stream in whole.streams.items()
        if name != "words"
    }
    bad = int(np.argmax(streams["audio"].lengths))
    streams["audio"].of(bad)[0] = 1234.5
    records = records_of(dataclasses.replace(whole, streams=streams), info)
    place = tmp_path / "spoilt"
    place.mkdir()
    with ShardWriter(place / "testaa.tfrecord", info) as shard:
        for one in records:
            shard.add_record(one.replace(np.float32(1234.5).tobytes(), np.float32("nan").tobytes()))
    write_dataset(place, info)
    linear_model(tmp_path / "both", info.streams, seed=1)
    linear_model(tmp_path / "seen", info.streams[:1], seed=2)
    sound = [each for at, each in enumerate(whole.video_ids) if at != bad]
    return place, sound, (tmp_path / "both", tmp_path / "seen")


def test_what_is_no_number_in_a_stream_of_one_model_is_left_out_for_all(spoilt):
    """Else the models would be asked about different videos, and their means be of two."""
    place, sound, folders = spoilt
    models = [modelfile.load(folder) for folder in folders]
    with open_data(place, keep_going=True) as data:
        asked = infer(models, data, "test")
        said = list(asked.said())
    assert [each for one in said for each in one.video_ids] == sound
    assert len(asked.skipped) == 1


def test_measures_leave_out_what_is_no_number_in_any_stream(loquitur, spoilt):
    place, sound, folders = spoilt
    command = ("label", "eval", *folders, "--data", place, "--part", "test", "--json")
    ended = loquitur(*command)
    assert (ended.code, ended.out) == (4, "")
    done = loquitur(*command, "--keep-going")
    assert done.code == 0, done.err
    assert [one["videos"] for one in done.json["results"]] == [len(sound)] * 2
    assert any("1 damaged place left out" in one for one in done.json["notices"])
