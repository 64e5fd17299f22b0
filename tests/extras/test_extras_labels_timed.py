"""Nets whose rows are laid in time: what they learn, and that all who use them lay them alike."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.extras

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))

from labels_toy import options  # noqa: E402

from loquitur.testing.tiny_labellers import tiny_labeller  # noqa: E402
from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo  # noqa: E402
from loquitur.vision.labels.evidence import Asked, explain, track_of  # noqa: E402
from loquitur.vision.labels.examples import Examples, Stream  # noqa: E402
from loquitur.vision.labels.exporting import compare, export, random_examples  # noqa: E402
from loquitur.vision.labels.feeding.memory import MemoryDataset  # noqa: E402
from loquitur.vision.labels.modelfile import load  # noqa: E402
from loquitur.vision.labels.training.labelling import Labelling  # noqa: E402
from loquitur.vision.labels.training.presets import LabelOptions, NetOptions  # noqa: E402
from loquitur.vision.labels.vocabulary import LabelVocabulary, label_names  # noqa: E402
from loquitur.vision.training.folder import RunFolder  # noqa: E402
from loquitur.vision.training.loop import train  # noqa: E402

SECONDS = 12
INFO = DatasetInfo(
    name="same second",
    level="frame",
    streams=(
        StreamInfo(name="rgb", dimension=2, quantised=False),
        StreamInfo(name="words", dimension=2, quantised=False, rate_hz=0.0),
    ),
    labels=2,
)


def films(videos, seed):
    """Pictures change by chance; the label is what is seen in the second of the one word."""
    chance = np.random.default_rng(seed)
    rgb = chance.choice([-1.0, 1.0], (videos, SECONDS, 2)).astype(np.float32)
    said = chance.integers(1, SECONDS - 1, videos)
    words = np.tile(np.array([[0, -1], [2, 0], [0, -1]], np.float32), (videos, 1))
    times = np.stack([0 * said, 1000 * said + 300, 1000 * said + 1000], axis=1)
    labels = (rgb[np.arange(videos), said, 0] > 0).astype(np.int64)
    return Examples(
        video_ids=tuple(f"{seed}-{at}" for at in range(videos)),
        labels=labels,
        label_offsets=np.arange(videos + 1),
        streams={
            "rgb": Stream(
                rows=rgb.reshape(-1, 2), offsets=np.arange(0, SECONDS * videos + 1, SECONDS)
            ),
            "words": Stream(
                rows=words, offsets=np.arange(0, 3 * videos + 1, 3), times_ms=times.ravel()
            ),
        },
    )


@pytest.mark.parametrize("timed", [True, False])
def test_what_is_said_while_something_is_seen_can_be_learnt(tmp_path, timed):
    data = MemoryDataset(INFO, {"train": films(600, 0), "validate": films(200, 1)})
    net = NetOptions(
        architecture="gru", hidden=16, cell_size=16, dropout=0.0, branch_dropout=0.0, timed=timed
    )
    task = Labelling(
        data,
        LabelVocabulary.of(label_names(None, 2)),
        net=net,
        options=LabelOptions(vertical_weight=0.0),
        batch=32,
    )
    outcome = train(task, tmp_path / "run", options(epochs=12, batch=32, lr=0.01))
    hit = outcome.best["hit_at_one"]
    assert hit > 0.9 if timed else hit < 0.8, hit
    model = load(tmp_path / "run")
    assert model.card.net.timed is timed
    validated = data.parts["validate"]
    scores = model.scores(validated)
    found = (scores.argmax(axis=1) == validated.labels).mean()
    assert found == pytest.approx(hit, abs=1e-6), "whoever labels lays rows as the training did"
    tracks = {name: track_of(validated, 7, name) for name in validated.streams}
    told = explain(model, tracks, Asked(labels=2, moments=1))
    assert {one.index: one.score for one in told.labels} == pytest.approx(
        dict(enumerate(scores[7].tolist())), abs=1e-5
    )
    export(model, tmp_path / "onnx")
    agreement = compare(model, load(tmp_path / "onnx"), validated)
    assert agreement.holds, agreement


def test_models_and_runs_of_before_are_not_timed(tmp_path):
    run = tiny_labeller(tmp_path / "run", architecture="lstm")
    card = json.loads((run / "best/model.json").read_text())
    before = load(run)
    del card["net"]["timed"]
    (run / "best/model.json").write_text(json.dumps(card))
    model = load(run)
    assert not model.card.net.timed
    examples = random_examples(model.card)
    assert np.array_equal(model.scores(examples), before.scores(examples))


def test_a_run_that_began_before_there_was_timed_goes_on(tmp_path):
    data = MemoryDataset(INFO, {"train": films(40, 0), "validate": films(20, 1)})

    def task(**more):
        net = NetOptions(architecture="gru", hidden=8, cell_size=4, **more)
        return Labelling(
            data, LabelVocabulary.of(label_names(None, 2)), net=net,
            options=LabelOptions(vertical_weight=0.0), batch=16,
        )  # fmt: skip

    train(task(), tmp_path / "run", options(epochs=1))
    assert "timed" not in (RunFolder(tmp_path / "run").read_config() or {})["task"]["net"]
    assert train(task(), tmp_path / "run", options(epochs=2)).epochs == 2
    from loquitur.errors import UsageError

    with pytest.raises(UsageError, match=r"another net\.timed"):
        train(task(timed=True), tmp_path / "run", options(epochs=3))


def test_timed_scores_do_not_depend_on_who_is_beside(tmp_path):
    run = tiny_labeller(tmp_path / "run", architecture="gru")
    model = load(run)
    timed = dataclasses.replace(
        model, card=dataclasses.replace(
            model.card, net=dataclasses.replace(model.card.net, timed=True)
        )
    )  # fmt: skip
    examples = random_examples(model.card, seed=4)
    both = timed.scores(examples)
    from loquitur.vision.labels.columns import taken

    for at in range(len(examples)):
        alone = timed.scores(taken(examples, np.array([at])))
        np.testing.assert_allclose(alone[0], both[at], atol=1e-5)
