from __future__ import annotations

import dataclasses

import pytest

from loquitur.codec import canonical
from loquitur.model.media import MediaRef
from loquitur.model.work import Engine
from loquitur.pipeline.plan import Recipe, Step, followers, plan, unmet

PARROT = Engine(kind="asr", name="parrot", version="1", model="m", model_digest="d", options="{}")
RECIPE = Recipe(
    steps=(
        Step(stage="decode", version=1, options="{}", inputs=(("media", "media"),)),
        Step(stage="detect", version=1, options="{}", inputs=(("audio", "decode"),)),
        Step(
            stage="transcribe",
            version=1,
            options='{"a":1}',
            inputs=(("audio", "decode"), ("activity", "detect")),
            engine=PARROT,
        ),
        Step(stage="diarize", version=1, options="{}", inputs=(("audio", "decode"),)),
        Step(
            stage="weave",
            version=1,
            options="{}",
            inputs=(("words", "transcribe"), ("turns", "diarize"), ("feelings", "emotion")),
        ),
        Step(stage="subtitle", version=1, options="{}", inputs=(("transcript", "weave"),)),
    )
)


def media(**changes):
    known = MediaRef(
        media_id="sha256:" + "ab" * 32,
        title="Talk",
        source="/talks/talk.mp4",
        size_bytes=10,
        container="mp4",
        tracks=(),
        has_video=False,
        duration_ms=1000,
    )
    return dataclasses.replace(known, **changes)


def keys(recipe=RECIPE, medium=None, path=""):
    return {task.stage: task.key for task in plan(recipe, medium or media(), media_path=path)}


def changed(stage, **changes):
    steps = tuple(
        dataclasses.replace(step, **changes) if step.stage == stage else step
        for step in RECIPE.steps
    )
    return keys(Recipe(steps=steps))


def differing(one, other):
    return {stage for stage in one if one[stage] != other[stage]}


def test_a_plan_is_pure_and_its_keys_are_distinct():
    assert plan(RECIPE, media()) == plan(RECIPE, media())
    found = keys()
    assert len(set(found.values())) == len(found)
    assert all(len(key) == 64 and int(key, 16) for key in found.values())


def test_inputs_name_the_keys_they_come_from():
    tasks = {task.stage: task for task in plan(RECIPE, media())}
    assert dict(tasks["decode"].inputs) == {"media": "ab" * 32}
    assert dict(tasks["transcribe"].inputs) == {
        "audio": tasks["decode"].key,
        "activity": tasks["detect"].key,
    }
    # a stage that is switched off is no input
    assert dict(tasks["weave"].inputs).keys() == {"words", "turns"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "other"),
        ("version", "2"),
        ("model", "n"),
        ("model_digest", "e"),
        ("options", canonical({"beam": 2})),
    ],
)
def test_whatever_an_engine_s_result_depends_on_is_in_the_key(field, value):
    other = changed("transcribe", engine=dataclasses.replace(PARROT, **{field: value}))
    assert differing(keys(), other) == {"transcribe", "weave", "subtitle"}


@pytest.mark.parametrize(("field", "value"), [("tuning", '{"threads":8}'), ("draft", True)])
def test_threads_and_devices_are_in_no_key(field, value):
    other = changed("transcribe", engine=dataclasses.replace(PARROT, **{field: value}))
    assert differing(keys(), other) == set()


def test_options_and_versions_of_a_stage_are_in_its_key():
    assert differing(keys(), changed("diarize", options='{"n":2}')) == {
        "diarize", "weave", "subtitle",
    }  # fmt: skip
    assert differing(keys(), changed("subtitle", version=2)) == {"subtitle"}


def test_names_and_places_of_a_medium_are_in_no_key():
    medium = media(title="Other", source="/x", duration_ms=None, uploader="Somebody")
    assert keys(medium=medium, path="/elsewhere/x.mp4") == keys()


def test_the_content_of_a_medium_is_in_every_key():
    other = keys(medium=media(media_id="sha256:" + "cd" * 32))
    assert differing(keys(), other) == set(keys())


def test_followers_are_all_that_depend_on_a_stage():
    assert followers(RECIPE, {"diarize"}) == {"diarize", "weave", "subtitle"}
    assert followers(RECIPE, {"decode"}) == {step.stage for step in RECIPE.steps}
    assert followers(RECIPE, {"subtitle"}) == {"subtitle"}
    assert followers(RECIPE, set()) == frozenset()
    assert followers(RECIPE, {"acquire"}) == frozenset()


ALL = frozenset(step.stage for step in RECIPE.steps)


@pytest.mark.parametrize(
    ("targets", "stored", "running"),
    [
        ({"subtitle", "weave"}, set(), ALL),
        ({"subtitle", "weave"}, ALL, set()),
        ({"subtitle", "weave"}, ALL - {"decode"}, set()),  # evicted sound is not missed
        ({"subtitle", "weave"}, ALL - {"decode", "diarize"}, set()),
        ({"subtitle", "weave"}, ALL - {"subtitle"}, {"subtitle"}),
        ({"subtitle", "weave"}, ALL - {"weave"}, {"weave"}),
        ({"subtitle"}, ALL - {"weave"}, set()),
        ({"subtitle", "weave"}, ALL - {"decode", "diarize", "weave"},
         {"decode", "diarize", "weave"}),
        ({"transcribe"}, set(), {"decode", "detect", "transcribe"}),
    ],
)  # fmt: skip
def test_only_what_something_missing_needs_must_run(targets, stored, running):
    assert unmet(RECIPE, targets, stored) == running


def test_a_recipe_finds_its_steps():
    assert RECIPE.step("weave").stage == "weave"
    assert RECIPE.step("emotion") is None
