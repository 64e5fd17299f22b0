from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path

import pytest

from loquitur import registry, stages
from loquitur.errors import UsageError

NAMES = list(stages.STAGES)


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_module_keeps_the_contract(name):
    stage = stages.load(name)
    assert stage.version >= 1
    assert stage.engine_kind in ("", *registry.KINDS)
    assert dataclasses.is_dataclass(stage.result)
    assert list(inspect.signature(stage.run).parameters) == ["work"]
    assert inspect.signature(stage.run).return_annotation == stage.result.__name__
    assert stage.run.__doc__


@pytest.mark.parametrize("name", NAMES)
def test_options_are_frozen_and_have_defaults(name):
    options = stages.load(name).options
    assert options.__dataclass_params__.frozen
    assert "__dict__" not in dir(options())
    assert options() == options()


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_takes_from_stages_before_it_only(name):
    before = {"media", *NAMES[: NAMES.index(name)]}
    assert {source for _, source in stages.load(name).inputs} <= before


@pytest.mark.parametrize("name", NAMES)
def test_no_stage_shares_an_option_with_its_engines(name, parrot):
    """`--set STAGE.KEY` must mean one thing."""
    stage = stages.load(name)
    own = {field.name for field in dataclasses.fields(stage.options)}
    for spec in registry.specs(stage.engine_kind) if stage.engine_kind else ():
        if spec.name != "broken" and not registry.missing(spec):  # extras: in their environment
            theirs = {field.name for field in dataclasses.fields(registry.load(spec).Options)}
            assert not own & theirs, spec.name


def test_an_unknown_stage_gives_the_near_ones():
    with pytest.raises(UsageError) as caught:
        stages.load("transcript")
    assert "'transcribe'" in caught.value.hint


def test_stages_are_glue():
    for path in Path(stages.__file__).parent.glob("*.py"):
        if path.name not in ("__init__.py", "acquire.py"):
            assert len(path.read_text().splitlines()) <= 150, path.name
