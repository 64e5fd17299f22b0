"""The page about features: its engines exist, its Python runs, its JSON is read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from loquitur import registry
from loquitur.settings import resolve
from loquitur.vision import encoders, processors
from loquitur.vision.corpora import write
from loquitur.vision.features import write_set
from loquitur.vision.shapes.data import corpus
from loquitur.vision.shapes.film import write_film

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "describe-features.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_every_encoder_has_a_row():
    for spec in registry.specs("vision"):
        assert f"| `{spec.name}" in PAGE, spec.name
        assert all(model.name in PAGE for model in spec.models[:1]), spec.name


def test_its_preprocessing_is_read(tmp_path):
    (text,) = blocks("json")
    (tmp_path / processors.OURS).write_text(text)
    how = processors.preprocessing_of(tmp_path)
    assert (how.short_px, how.std[0]) == (256, json.loads(text)["std"][0])


@pytest.mark.slow
def test_its_python_runs(tmp_path, monkeypatch):
    settings = resolve({"store": tmp_path / "store"}).settings
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOQUITUR_STORE", str(settings.store))
    clips = corpus(sizes={"train": 2})
    write(clips, tmp_path / "clips.jsonl")
    from loquitur.api import place_of
    from loquitur.model.vision import Sampling

    encoder = encoders.open_encoder("", place_of(settings).resources)
    write_set(tmp_path / "features", clips.clips, encoder, Sampling(count=16))
    write_film("shapes:train/3?size=64", tmp_path / "talk.mp4")
    first, second = blocks("python")
    known: dict = {}
    exec(first, known)
    assert known["matrix"].shape == (16, 896)
    assert known["mean"].shape == (896,)
    exec(second, known)
    assert known["matrix"].shape == (4, 896)
