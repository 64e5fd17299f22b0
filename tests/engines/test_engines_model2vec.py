"""Static vectors by model2vec: what is damaged is told."""

from __future__ import annotations

import pytest

pytest.importorskip("model2vec")

from loquitur.engines.embedding.model2vec import Model2Vec
from loquitur.errors import InputError
from loquitur.protocols import Resources
from loquitur.testing.tiny_sentences import tiny_model2vec


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_damaged_folder_is_one_error(tmp_path, name):
    folder = tiny_model2vec(tmp_path / "tiny")
    options, resources = Model2Vec.Options(model=str(folder)), Resources(models=tmp_path / "models")
    assert Model2Vec(options, resources).dimension == 16
    (folder / name).write_bytes(b"{ no such thing")
    with pytest.raises(InputError, match="is no model of model2vec"):
        Model2Vec(options, resources)
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"has no {name}"):
        Model2Vec(options, resources)
