"""A file of thresholds against what a model says of a video."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from loquitur.errors import UsageError
from loquitur.model.labels import Labels, LabelScore
from loquitur.model.speech import EngineStamp
from loquitur.vision.labels.threshold_files import SCHEMA, LabelThresholds, read_thresholds

MANY = 40


@pytest.fixture
def said():
    """Forty labels of one video."""
    return Labels(
        media_id="sha256:0",
        source=EngineStamp(name="labeller", version="1", options="{}"),
        labels=tuple(
            LabelScore(label=f"name {at}", score=1 - at / MANY, index=at) for at in range(MANY)
        ),
    )


def thresholds(path, name):
    labels = [{"index": at, "label": name(at), "threshold": 0.0} for at in range(MANY)]
    path.write_text(json.dumps({"schema": SCHEMA, "labels": labels}))
    return read_thresholds(path)


def test_a_file_says_nothing_of_labels_below_those_it_was_fitted_on(said, tmp_path):
    """What is not among the 20 highest scores counted as not said."""
    own = thresholds(tmp_path / "own.json", "name {}".format)
    assert own.kept(said).labels == said.labels[:20]
    assert LabelThresholds(least=0.0).kept(said).labels == said.labels


def test_a_file_of_data_that_do_not_name_labels_goes_by_their_numbers(said, tmp_path):
    """`label eval` calls them so where neither the data set nor the user says their names."""
    nameless = thresholds(tmp_path / "nameless.json", "label {}".format)
    assert nameless.kept(said).labels == said.labels[:20]
    with pytest.raises(UsageError, match="has no threshold of 'name 0'"):
        thresholds(tmp_path / "other.json", "other {}".format).kept(said)


def test_labels_of_ones_own_have_no_number(said, tmp_path):
    """An image-text model was asked; `label eval` of what it said numbers the labels itself."""
    own = thresholds(tmp_path / "own.json", "name {}".format)
    named = replace(said, labels=tuple(replace(one, index=None) for one in said.labels))
    assert own.kept(named).labels == named.labels[:20]
