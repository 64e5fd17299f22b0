"""A net that reads things one by one tells unseen combinations, in seconds of training."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from loquitur.model.speech import EngineStamp  # noqa: E402
from loquitur.vision.decoding.search import decode  # noqa: E402
from loquitur.vision.descriptor.things import SLOT_LENGTH, SLOTS, thing_numbers  # noqa: E402
from loquitur.vision.features.sets import SetInfo  # noqa: E402
from loquitur.vision.nets.stepping import TorchStepper  # noqa: E402
from loquitur.vision.shapes import corpus, render, slot_figures  # noqa: E402
from loquitur.vision.training.captioning import Captioning  # noqa: E402
from loquitur.vision.training.loop import train  # noqa: E402
from loquitur.vision.training.options import TrainingOptions  # noqa: E402
from loquitur.vision.training.presets import NetOptions  # noqa: E402

pytestmark = [pytest.mark.extras, pytest.mark.slow]


class Seen:
    """Features of things of every second frame."""

    def __init__(self, clips):
        self._found = {
            clip.clip_id: thing_numbers(render(clip.source).pixels[::2]).astype(np.float16)
            for clip in clips
        }
        self.clip_ids = tuple(self._found)
        stamp = EngineStamp(name="things", version="1")
        self.info = SetInfo(encoder=stamp, dimension=SLOTS * SLOT_LENGTH)

    def get(self, clip_id, /):
        matrix = self._found[clip_id]
        return np.arange(len(matrix)) * 250, matrix

    def statistics(self, clip_ids, /):
        rows = np.concatenate([self._found[one] for one in clip_ids]).astype(np.float32)
        return rows.mean(0), rows.std(0)


def test_shapes_of_unseen_pairs_are_told(tmp_path):
    """Fold 2, whose unseen pairs are not the published ones: 400 steps on 800 clips."""
    made = corpus(fold=2, sizes={"train": 800, "validation": 20, "unseen": 120})
    features = Seen(made.clips)
    options = TrainingOptions(
        epochs=None, steps=400, batch=64, lr=2e-3, schedule="linear", evaluate_every=1000,
        threads=1, plots="no", tensorboard="no",
    )  # fmt: skip
    net = NetOptions(architecture="s2vt-state", hidden=96, embedding=48, dropout=0.2, things=SLOTS)
    task = Captioning(made, features, net=net, batch=64)
    outcome = train(task, tmp_path / "run", options)
    assert outcome.steps == 400
    trained = task.net()
    from safetensors.torch import load_file

    (weights,) = sorted((tmp_path / "run" / "last").glob("model*.safetensors"))
    trained.load_state_dict(load_file(weights))
    clips = made.of("unseen")
    mean, std = task.statistics
    asked = [(features.get(clip.clip_id)[1] - mean) / (std + 0.05) for clip in clips]
    said = decode(TorchStepper(trained), [one.astype(np.float32) for one in asked])
    texts = {
        clip.clip_id: task.vocabulary.decode(one[0].words)
        for clip, one in zip(clips, said, strict=True)
    }
    figures = slot_figures({clip.clip_id: clip.source for clip in clips}, texts)
    assert figures.shape_on_unseen_pairs > 0.6
    assert figures.colour > 0.8
    assert figures.unparsed < 12
