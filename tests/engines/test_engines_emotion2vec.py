"""What the adapter knows before FunASR is there; itself: tests/extras."""

from __future__ import annotations

import pytest

from loquitur.engines.emotion.emotion2vec import (
    DEFAULT,
    FILES,
    Emotion2vec,
    Emotion2vecOptions,
    _read_labels,
)
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Resources
from loquitur.speech.moods import moods_of


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    monkeypatch.setattr("loquitur.engines.emotion.emotion2vec._version", lambda: "1.4.16")


def fill(folder):
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_text("x")
    return folder


@pytest.mark.parametrize("name", [DEFAULT, f"iic/{DEFAULT}", f"emotion2vec/{DEFAULT}"])
def test_models_of_the_cache_by_their_name_on_either_hub(resources, name):
    with pytest.raises(MissingError, match=r"not in the model cache: no config\.yaml") as caught:
        Emotion2vec.identity(Emotion2vecOptions(model=name), resources)
    assert caught.value.hint == f"loquitur models pull emotion2vec:{DEFAULT}"
    fill(Emotion2vec.location(name, resources))
    found = Emotion2vec.identity(Emotion2vecOptions(model=name), resources)
    assert (found.version, found.model) == ("1.4.16", DEFAULT)
    assert len(found.model_digest) == 64


def test_folders(tmp_path, resources):
    with pytest.raises(UsageError, match="no model and no folder") as caught:
        Emotion2vec.identity(Emotion2vecOptions(model="emotion2vec_plus_huge"), resources)
    assert "emotion2vec_plus_" in caught.value.hint
    folder = fill(tmp_path / "mine")
    assert Emotion2vec.identity(Emotion2vecOptions(model=str(folder)), resources).model == "mine"
    (folder / "model.pt").unlink()
    with pytest.raises(InputError, match=r"has no model\.pt"):
        Emotion2vec.identity(Emotion2vecOptions(model=str(folder)), resources)


def test_a_pull_says_how_large_it_is_and_fetches_nothing_while_offline(resources):
    with pytest.raises(MissingError, match=r"about 1850 MB.*while offline"):
        Emotion2vec.pull("", resources, print)
    with pytest.raises(UsageError, match="no model is called"):
        Emotion2vec.pull("emotion", resources, print)
    said = []
    fill(Emotion2vec.location("", resources))
    Emotion2vec.pull("", resources, said.append)
    assert said == [f"emotion2vec/{DEFAULT} is there already"]


def test_labels_of_two_languages(tmp_path):
    path = tmp_path / "tokens.txt"
    path.write_text("生气/angry\n开心/happy\n其他/other\n<unk>\nunuse_0\n\n", encoding="utf-8")
    labels = _read_labels(path)
    assert labels == ("生气/angry", "开心/happy", "其他/other", "<unk>", "unuse_0")
    assert moods_of(labels[:4], model="m") == ("angry", "happy", "other", "unknown")
    for content in (b"\n \n", b"\xff\xfe\x00"):
        path.write_bytes(content)
        with pytest.raises(InputError):
            _read_labels(path)


@pytest.mark.parametrize("shortest_ms", [0, 99, 10_001])
def test_options_that_do_not_fit(shortest_ms):
    with pytest.raises(ValueError, match="shortest_ms"):
        Emotion2vecOptions(shortest_ms=shortest_ms)
