"""Labels of a film by a net on torch, by its graph, and by an image-text model."""

from __future__ import annotations

import numpy as np
import pytest

import loquitur as lq
from loquitur.errors import UsageError
from loquitur.testing.tiny_labellers import tiny_labeller

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = pytest.mark.extras

OWN = ["a red wall", "the sea", "a dog"]


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Six seconds, half red, half blue, without sound."""
    av = pytest.importorskip("av")
    path = tmp_path_factory.mktemp("films") / "halves.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for at in range(60):
            pixels = np.zeros((48, 64, 3), np.uint8)
            pixels[:, :, 0 if at < 30 else 2] = 220
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    return path


def test_torch_and_graph_say_the_same_of_a_film(film, settings, tmp_path):
    from loquitur.vision.labels.exporting import export
    from loquitur.vision.labels.modelfile import load

    run = tiny_labeller(tmp_path / "run", streams=("rgb",), architecture="gru", verticals=True)
    export(load(run), tmp_path / "graph")
    one = lq.label(film, model=run, settings=settings).labels
    other = lq.label(film, model=tmp_path / "graph", settings=settings).labels
    assert [each.label for each in one.labels] == [each.label for each in other.labels]
    for mine, theirs in zip(
        (*one.labels, *one.genres), (*other.labels, *other.genres), strict=True
    ):
        assert mine.score == pytest.approx(theirs.score, abs=1e-5)
    assert (one.source.model, other.source.model) == ("run", "graph")
    assert one.source.model_digest != other.source.model_digest


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_labels_of_ones_own(film, settings, tmp_path, kind):
    from loquitur.testing import tiny_zeroshot

    folder = getattr(tiny_zeroshot, f"tiny_{kind}_words")(tmp_path / kind)
    named = f"transformers:{folder}"
    found = lq.label(film, model=named, labels=OWN, settings=settings)
    labels = found.labels.labels
    assert {one.label for one in labels} == set(OWN)
    assert found.labels.streams == ("rgb",)
    scores = [one.score for one in labels]
    assert scores == sorted(scores, reverse=True)
    if kind == "clip":
        assert sum(scores) == pytest.approx(1, abs=1e-4)  # they compete
    assert all(one.moments for one in labels)  # the halves differ
    again = lq.label(film, model=named, labels=OWN, settings=settings)
    assert again.labels == found.labels
    assert all(run.cached for run in again.stages)
    genres = lq.label(film, model=named, settings=settings, parameters={"match.top": 24})
    assert len(genres.labels.labels) == 24
    with pytest.raises(UsageError, match="looks at pictures"):
        lq.label(film, model=named, without=["pictures"], settings=settings)
