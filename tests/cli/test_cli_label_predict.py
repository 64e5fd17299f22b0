"""`label predict`: labels with what speaks for them, as JSON, as files, in a library, a report."""

from __future__ import annotations

import dataclasses
import importlib.util
import json

import av
import numpy as np
import pytest

import loquitur as lq
from loquitur import api, labelling
from loquitur.errors import InputError, UsageError
from loquitur.insight.labels.reading import holds_labels, read_labels
from loquitur.protocols import Resources
from loquitur.testing.tiny_labellers import linear_labeller, linear_model
from loquitur.vision.labels.dataset import YOUTUBE_8M
from loquitur.vision.labels.threshold_files import SCHEMA, read_thresholds


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    """Six seconds of a red square that goes to the right over grey, without sound."""
    path = tmp_path_factory.mktemp("films") / "silent.mp4"
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


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return linear_labeller(tmp_path_factory.mktemp("labeller"), streams=("rgb", "audio"))


def test_a_silent_film_to_files_a_library_and_a_report(loquitur, silent, model, tmp_path):
    done = loquitur(
        "label", "predict", silent, "--model", model, "--json", "-o", "out", "--format",
        "json,csv", "--library", "about", "--top", "4",
    )  # fmt: skip
    assert done.code == 0, done.err
    document = done.json
    assert document["video"] == str(silent)
    assert document["streams"] == ["rgb"]
    assert document["warnings"] == ["labelled without sound, which the model reads too"]
    assert len(document["labels"]) == 4
    first = document["labels"][0]
    assert 0 < first["score"] < 1
    assert first["branches"] == {"rgb": first["score"]}
    assert all(0 <= one["start_ms"] < one["end_ms"] <= 6_000 for one in first["moments"])
    assert document["genres"]
    assert document["passages"] >= 1
    path = tmp_path / "out" / "silent.labels.json"
    assert holds_labels(path)
    assert [one.label for one in read_labels(path).labels] == [
        one["label"] for one in document["labels"]
    ]
    table = (tmp_path / "out" / "silent.labels.csv").read_text().splitlines()
    assert table[0] == "video,kind,label,score,index,verticals,rgb"
    assert len(table) == 1 + 4 + len(document["genres"])

    (hit, *_) = loquitur("search", first["label"], "--library", "about", "--json").json["hits"]
    assert (hit["media_id"], hit["kind"]) == (document["media_id"], "labels")
    assert hit["start_ms"] == (first["moments"][0]["start_ms"] if first["moments"] else 0)
    added = loquitur("library", "add", path, "--library", "other")
    assert added.code == 0, added.err
    (again, *_) = loquitur("search", first["label"], "--library", "other", "--json").json["hits"]
    assert (again["media_id"], again["url"]) == (hit["media_id"], hit["url"])

    told = loquitur("insight", "report", "out", "-o", "page.html")
    assert told.code == 0, told.err
    assert "1 analysis" in told.err, "the table beside it says nothing more"
    page = (tmp_path / "page.html").read_text()
    assert first["label"] in page
    assert "What it is about" in page
    whole = loquitur("label", "predict", silent, "--model", model)
    assert "silent.mp4" not in whole.out.splitlines()[0]
    assert whole.out.splitlines()[0].split() == ["label", "score", "genre", "moments"]
    assert whole.out.splitlines()[-1].startswith("genres: ")


def test_sound_alone_and_what_is_left_out(loquitur, clip, silent, model):
    done = loquitur("label", "predict", clip, "--model", model, "--json")
    assert done.code == 0, done.err
    assert done.json["streams"] == ["audio"]
    assert done.json["warnings"] == ["labelled without pictures, which the model reads too"]
    refused = loquitur("label", "predict", silent, "--model", model, "--without", "pictures")
    assert refused.code == 4
    assert "has nothing that the model reads" in refused.err


def test_labels_that_reach_their_thresholds(loquitur, silent, model, tmp_path):
    command = ("label", "predict", silent, "--model", model, "--json")
    every = loquitur(*command, "--top", "100").json["labels"]
    half = every[1]["score"]
    some = loquitur(*command, "--least", str(half - 1e-6)).json["labels"]
    assert [one["label"] for one in some] == [one["label"] for one in every[:2]]
    none = loquitur(*command[:-1], "--least", "1", "-o", "out", "--library", "about")
    assert none.code == 0, none.err
    assert "no label reaches its threshold" in none.err
    assert not json.loads((tmp_path / "out" / "silent.labels.json").read_text())["labels"]

    def written(name, thresholds):
        path = tmp_path / name
        labels = [
            {"index": one["index"], "label": one["label"], "threshold": least}
            for one, least in zip(every, thresholds, strict=True)
        ]
        path.write_text(json.dumps({"schema": SCHEMA, "labels": labels}))
        return path

    own = written("own.json", [None, 0.0, *[1.0] * (len(every) - 2)])
    (only,) = loquitur(*command, "--least", own).json["labels"]
    assert only["label"] == every[1]["label"], "the first is never said, the others are too low"
    other = written("other.json", [0.0] * len(every))
    other.write_text(other.read_text().replace(f'"index": {every[0]["index"]},', '"index": 999,'))
    refused = loquitur(*command, "--least", other)
    assert (refused.code, refused.out) == (2, "")
    assert "other.json has no threshold of" in refused.err


def test_from_python(silent, model, settings):
    found = lq.label(silent, model=model, settings=settings, parameters={"label.moments": 0})
    assert isinstance(found, lq.Labelled)
    assert found.labels.labels[0].score >= found.labels.labels[-1].score
    assert not found.labels.labels[0].moments
    again = lq.label(silent, model=model, settings=settings, parameters={"label.moments": 0})
    assert again.labels == found.labels
    assert all(run.cached for run in again.stages)
    with pytest.raises(UsageError, match="no model is named that labels"):
        lq.label(silent, settings=settings)


def test_a_model_of_features_that_nobody_can_make(loquitur, silent, tmp_path):
    unknown = tuple(dataclasses.replace(one, encoder=None) for one in YOUTUBE_8M.streams)
    linear_model(tmp_path / "foreign", unknown)
    done = loquitur("label", "predict", silent, "--model", "foreign")
    assert done.code == 2
    assert "nobody knows how 'rgb' was made" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["x.mp4"], 2, "no model is named that labels"),
        (["x.mp4", "--model", "./nowhere"], 4, "no such folder"),
        (["x.mp4", "--model", "nowhere"], 2, "no image-text model is called 'nowhere'"),
        (["x.mp4", "--model", "."], 4, "holds no model of ours"),
        (["nowhere.mp4", "--model", "MODEL"], 4, "no such file"),
        (["x.mp4", "--model", "MODEL", "--labels", "a,b"], 2, "a trained one knows its own"),
        (["x.mp4", "--model", "MODEL", "--format", "csv"], 2, "-o DIR"),
        (["x.mp4", "--model", "MODEL", "-o", "out", "--format", "vtt"], 2, "not written as 'vtt'"),
        (["x.mp4", "--model", "MODEL", "--set", "label.tops=3"], 2, "no option 'tops'"),
        (["x.mp4", "--model", "MODEL", "--without", "pictures", "--without", "sound"], 2,
         "nothing is left"),
        (["x.mp4", "--model", "MODEL", "--without", "rgb,sound"], 2, "nothing is left"),
        (["x.mp4", "--model", "MODEL", "--without", "picture"], 2, "did you mean 'pictures'"),
        (["x.mp4", "--model", "MODEL", "--least", "1.5"], 2, "a score is from 0 to 1"),
        (["x.mp4", "--model", "MODEL", "--least", "nowhere.json"], 4, "cannot be read"),
        (["x.mp4", "--labels", ","], 4, "without labels"),
        (["x.mp4", "--labels", "a,b", "--without", "pictures"], 2, "looks at pictures"),
    ],
)  # fmt: skip
def test_what_is_refused(loquitur, model, arguments, code, said):
    given = [str(model) if one == "MODEL" else one for one in arguments]
    done = loquitur("label", "predict", *given)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_a_model_that_settings_name(loquitur, silent, model):
    done = loquitur("label", "predict", silent, "--set", f"label.model={model}", "--json")
    assert done.code == 0, done.err
    assert done.json["model"]["name"] == "labeller"


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is here")
def test_a_net_for_torch_is_refused_before_anything_is_made(loquitur, silent, model, tmp_path):
    card = json.loads((model / "model.json").read_text())
    card["form"] = "torch"
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "model.json").write_text(json.dumps(card))
    done = loquitur("label", "predict", silent, "--model", tmp_path / "net")
    assert done.code != 0
    assert "label export" in done.err
    assert "features" not in done.err


def test_labels_as_users_give_them(tmp_path):
    assert labelling.labels_of(" cooking, football,cooking ") == ("cooking", "football")
    assert len(labelling.labels_of("verticals")) == 24
    path = tmp_path / "labels.txt"
    path.write_text("cooking\nfootball, American\n")
    assert labelling.labels_of(str(path)) == ("cooking", "football, American")


@pytest.mark.parametrize(
    "text",
    [
        '{"video": "x", "labels": [{"label": "a", "score": 2}]}',
        '{"video": "x", "labels": [{"label": "a"}]}',
        '{"video": "x", "labels": 3, "score": 1}',
        '{"video": "x", "labels": [{"label": "a", "score": 0.5}',
    ],
)
def test_files_that_hold_no_labels(tmp_path, text):
    path = tmp_path / "x.labels.json"
    path.write_text(text)
    with pytest.raises(InputError):
        read_labels(path)


def test_labels_of_another_tool(loquitur, tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(
        json.dumps(
            {
                "video": "dQw4w9WgXcQ",
                "labels": [
                    {"label": "Tent", "score": 0.1},
                    {"label": "Boat", "score": 0.9,
                     "moments": [{"start_ms": 5000, "end_ms": 6000}]},
                    {"label": "Cave", "score": 0.6, "moments": [{"start_ms": 9, "end_ms": 3}]},
                ],
            }
        )
    )  # fmt: skip
    done = loquitur("library", "add", path, "--library", "mine")
    assert done.code == 0, done.err
    (hit,) = loquitur("search", "boat", "--library", "mine", "--json").json["hits"]
    assert hit["media_id"] == "youtube:dQw4w9WgXcQ"
    assert hit["start_ms"] == 5000
    assert not loquitur("search", "tent", "--library", "mine", "--json").json["hits"]


def test_an_encoder_that_is_a_folder_is_said_again_and_held_against_the_model(
    loquitur, silent, settings, tmp_path
):
    from loquitur.testing.tiny_vision import tiny_vision_onnx
    from loquitur.vision.encoders import resolve
    from loquitur.vision.labels.dataset import StreamInfo

    eye = tiny_vision_onnx(tmp_path / "far" / "eye")
    other = tiny_vision_onnx(tmp_path / "other" / "eye", seed=1)
    opened, stamp = resolve("vision", f"onnx:{eye}", Resources(models=tmp_path))
    engine = opened()
    stream = StreamInfo(
        name="rgb", dimension=engine.dimension, quantised=False, encoder=stamp,
        preprocessing=engine.preprocessing,
    )  # fmt: skip
    place = linear_model(tmp_path / "model", (stream,))
    with pytest.raises(UsageError, match="no folder 'eye'") as lost:
        labelling.label(silent, model=place, settings=settings)
    assert "--encoder onnx:FOLDER" in lost.value.hint
    with pytest.raises(UsageError) as mixed:
        labelling.label(
            silent, model=place, encoders={"pictures": f"onnx:{other}"}, settings=settings
        )
    assert mixed.value.code == "LQ-OTHER-ENCODER"
    done = loquitur("label", "predict", silent, "--model", place, "--encoder", f"onnx:{eye}")
    assert done.code == 0, done.err
    assert done.out.startswith("label")


def test_a_title_that_is_a_row_is_that_of_the_film_asked_for(settings):
    from loquitur.model.media import MediaRef
    from loquitur.pipeline.plan import plan
    from loquitur.pipeline.recipes import recipe

    keys = {}
    for cut in ("phrase", "phrase+title"):
        wish = dataclasses.replace(
            api.wish_of(settings), until="read", parameters={"read.cut": cut}
        )
        made = recipe(wish, api.place_of(settings).resources)
        for title in ("One", "Two"):
            media = MediaRef(
                media_id="sha256:" + "0" * 64, title=title, source="", size_bytes=1,
                container="wav", tracks=(), has_video=False,
            )  # fmt: skip
            (key,) = (task.key for task in plan(made, media) if task.stage == "read")
            keys[cut, title] = key
    assert keys["phrase", "One"] == keys["phrase", "Two"]
    assert keys["phrase+title", "One"] != keys["phrase+title", "Two"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "no thresholds"),
        ("[]", "no thresholds"),
        ('{"schema": "loquitur/label-thresholds/2", "labels": []}', "its schema is"),
        ('{"schema": "S", "labels": [{"index": 0, "label": "a", "threshold": 1.5}]}', "no probab"),
        ('{"schema": "S", "labels": [{"index": 0, "label": "a", "threshold": NaN}]}', "malformed"),
        ('{"schema": "S", "labels": [{"index": 0, "label": "a", "thresh": 1}]}', "unknown field"),
    ],
)
def test_files_that_are_no_thresholds(tmp_path, content, said):
    path = tmp_path / "t.json"
    path.write_text(content.replace('"S"', f'"{SCHEMA}"'))
    with pytest.raises(InputError, match=said):
        read_thresholds(path)
