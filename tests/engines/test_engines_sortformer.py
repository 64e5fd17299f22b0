"""What the adapter knows before the toolkit is there; itself: tests/extras."""

from __future__ import annotations

import pytest

from loquitur.engines.diarization.sortformer import Sortformer, SortformerOptions
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Resources

STREAMING = "diar_streaming_sortformer_4spk-v2"


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    monkeypatch.setattr("loquitur.engines.nemo_toolkit.version", lambda engine: "3.0.0")


def test_models_of_the_cache(resources):
    with pytest.raises(MissingError, match="not in the model cache") as caught:
        Sortformer.identity(SortformerOptions(), resources)
    assert caught.value.hint == f"loquitur models pull sortformer:{STREAMING}"
    folder = Sortformer.location("", resources)
    folder.mkdir(parents=True)
    (folder / f"{STREAMING}.nemo").write_bytes(b"x")
    found = Sortformer.identity(SortformerOptions(), resources)
    assert (found.version, found.model) == ("3.0.0", STREAMING)
    assert len(found.model_digest) == 64


def test_folders_and_files(tmp_path, resources):
    with pytest.raises(UsageError, match=r"no model, \.nemo file or folder") as caught:
        Sortformer.identity(SortformerOptions(model="diar_sortformer_4spk-v3"), resources)
    assert "diar_sortformer_4spk-v1" in caught.value.hint
    with pytest.raises(InputError, match=r"holds 0 \.nemo files"):
        Sortformer.identity(SortformerOptions(model=str(tmp_path)), resources)
    (tmp_path / "mine.nemo").write_bytes(b"x")
    by_folder = Sortformer.identity(SortformerOptions(model=str(tmp_path)), resources)
    assert by_folder == Sortformer.identity(
        SortformerOptions(model=str(tmp_path / "mine.nemo")), resources
    )


def test_a_pull_says_how_large_it_is_and_fetches_nothing_while_offline(resources):
    with pytest.raises(MissingError, match=r"about 470 MB.*while offline"):
        Sortformer.pull("", resources, print)
    with pytest.raises(UsageError, match="no model is called"):
        Sortformer.pull("sortformer", resources, print)
    folder = Sortformer.location(STREAMING, resources)
    folder.mkdir(parents=True)
    (folder / f"{STREAMING}.nemo").write_bytes(b"x")
    said = []
    Sortformer.pull(STREAMING, resources, said.append)
    assert said == [f"nvidia/{STREAMING} is there already"]


@pytest.mark.parametrize(
    "given", [{"onset": 0.0}, {"onset": 0.3, "offset": 0.6}, {"min_gap_ms": -1}]
)
def test_options_that_do_not_fit(given):
    with pytest.raises(ValueError, match=r"thresholds|negative"):
        SortformerOptions(**given)
