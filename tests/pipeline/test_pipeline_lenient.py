"""Stages that do with what there is: what a medium gives nothing to is left out for it alone."""

from __future__ import annotations

import dataclasses

import pytest

from loquitur.errors import UsageError
from loquitur.model.media import MediaRef, Track
from loquitur.pipeline.plan import Recipe, Step, plan
from loquitur.pipeline.recipes import recipe
from loquitur.pipeline.wishes import Wish
from loquitur.protocols import Resources

PICTURES = Track(index=0, kind="video", codec="h264")
SOUND = Track(index=1, kind="audio", codec="aac")
STEPS = (
    Step(stage="decode", version=1, options="{}", inputs=(("media", "media"),), reads="sound"),
    Step(stage="features", version=1, options="{}", inputs=(("media", "media"),), reads="pictures"),
    Step(stage="hear", version=1, options="{}", inputs=(("audio", "decode"),)),
    Step(
        stage="label", version=1, options="{}", lenient=True,
        inputs=(("media", "media"), ("features", "features"), ("sounds", "hear")),
    ),
)  # fmt: skip


def medium(*tracks):
    return MediaRef(
        media_id="sha256:" + "0" * 64, title="x", source="x", size_bytes=1, container="mp4",
        tracks=tracks, has_video=PICTURES in tracks,
    )  # fmt: skip


def planned(steps, *tracks):
    return {task.stage: dict(task.inputs) for task in plan(Recipe(steps=steps), medium(*tracks))}


def test_what_a_medium_has_not_is_left_out():
    whole = planned(STEPS, PICTURES, SOUND)
    assert list(whole) == ["decode", "features", "hear", "label"]
    silent = planned(STEPS, PICTURES)
    assert list(silent) == ["features", "label"]
    assert silent["label"].keys() == {"media", "features"}
    assert list(planned(STEPS, SOUND)) == ["decode", "hear", "label"]
    assert list(planned(STEPS)) == ["label"]


def test_without_a_lenient_stage_what_is_missing_is_an_error_where_it_is_met():
    assert list(planned(STEPS[:3])) == ["decode", "features", "hear"]
    strict = (*STEPS[:3], dataclasses.replace(STEPS[3], lenient=False))
    assert list(planned(strict)) == ["decode", "features", "hear", "label"]


@pytest.mark.parametrize(
    ("streams", "wanted"),
    [
        ("rgb", ["features", "label"]),
        ("audio", ["decode", "hear", "label"]),
        ("rgb,audio", ["decode", "features", "hear", "label"]),
    ],
)
def test_only_what_a_model_reads_is_made(tmp_path, streams, wanted):
    wish = Wish(until="label", parameters={"label.streams": streams, "label.model": "x y"})
    made = recipe(wish, Resources(models=tmp_path))
    assert sorted(step.stage for step in made.steps) == sorted(wanted)
    label = made.step("label")
    assert label.lenient
    assert "x y" not in label.options  # where a model lies is in no key
    assert "x y" in label.tuning
    (task,) = (one for one in plan(made, medium(PICTURES, SOUND)) if one.stage == "label")
    assert "x y" in task.tuning


def test_a_stream_that_there_is_not(tmp_path):
    wish = Wish(until="label", parameters={"label.streams": "smell"})
    with pytest.raises(UsageError, match="no stream is called 'smell'"):
        recipe(wish, Resources(models=tmp_path))
