"""A pyannote pipeline with random weights in the layout of the real ones.

Its checkpoints are written by the library itself, as it writes those that are published. Needs
torch and pyannote.audio: `python -m loquitur.testing.tiny_pyannote FOLDER community|3.1`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

SEGMENTATION_S = 5.0
_WEIGHTS = "pytorch_model.bin"

_COMMUNITY = """
dependencies:
  pyannote.audio: 4.0.0
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: VBxClustering
    segmentation: $model/segmentation
    segmentation_batch_size: 4
    segmentation_step: 1.0
    embedding: $model/embedding
    embedding_batch_size: 4
    embedding_exclude_overlap: true
    plda: $model/plda
params:
  clustering: {threshold: 0.6, Fa: 0.07, Fb: 0.8}
  segmentation: {min_duration_off: 0.0}
"""
_OLDER = """
version: 3.1.0
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: AgglomerativeClustering
    embedding: pyannote/wespeaker-voxceleb-resnet34-LM
    embedding_batch_size: 4
    embedding_exclude_overlap: true
    segmentation: pyannote/segmentation-3.0
    segmentation_batch_size: 4
    segmentation_step: 1.0
params:
  clustering: {method: centroid, min_cluster_size: 2, threshold: 0.7045654963945799}
  segmentation: {min_duration_off: 0.0}
"""


def tiny_pyannote(root: Path, kind: str = "community", *, seed: int = 2) -> Path:
    """A pipeline under a folder: PyanNet of 53,000 parameters, the true ResNet34 embedding.

    Args:
        root: Where its folder goes; those of 3.1's models go beside it, as on the hub.
        kind: `community` (VBx clustering with a PLDA, all in one folder) or `3.1`.
        seed: Decides the weights; with 2 speakers come and go.

    Returns:
        The folder with `config.yaml`.
    """
    import torch

    torch.manual_seed(seed)
    if kind == "community":
        folder = root / "speaker-diarization-community-1"
        places = (folder / "segmentation", folder / "embedding")
        _write_plda(folder / "plda", seed)
    else:
        folder = root / "speaker-diarization-3.1"
        places = (root / "segmentation-3.0", root / "wespeaker-voxceleb-resnet34-LM")
    folder.mkdir(parents=True, exist_ok=True)
    text = _COMMUNITY if kind == "community" else _OLDER
    (folder / "config.yaml").write_text(text.lstrip(), encoding="utf-8")
    for place, net in zip(places, (_segmentation(torch), _embedding()), strict=True):
        place.mkdir(parents=True, exist_ok=True)
        _save(net, place / _WEIGHTS)
    return folder


def _segmentation(torch: Any) -> Any:
    """A powerset network for three speakers, two at once, that hears somebody everywhere."""
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.segmentation import PyanNet

    net = PyanNet(
        sincnet={"stride": 10},
        lstm={"hidden_size": 16, "num_layers": 1, "bidirectional": True},
        linear={"hidden_size": 16, "num_layers": 1},
    )
    net.specifications = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=SEGMENTATION_S,
        classes=["speaker#1", "speaker#2", "speaker#3"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    net.setup()
    with torch.no_grad():
        net.classifier.weight.mul_(8.0)  # so that the answer changes with the sound
        net.classifier.bias[0] = -5.0  # nobody
    return net


def _embedding() -> Any:
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.embedding import WeSpeakerResNet34

    net = WeSpeakerResNet34()
    net.specifications = Specifications(
        problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=SEGMENTATION_S
    )
    net.setup()
    return net


def _save(net: Any, path: Path) -> None:
    """A checkpoint as the library's trainer writes it."""
    from lightning.pytorch import Trainer

    trainer = Trainer(
        accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )  # fmt: skip
    trainer.strategy.connect(net)
    trainer.save_checkpoint(path, weights_only=True)


def _write_plda(folder: Path, seed: int) -> None:
    """Centring, whitening and between-class variances of random numbers, 256 to 128 wide."""
    generator = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(
        folder / "xvec_transform.npz",
        mean1=generator.standard_normal(256) * 0.1,
        mean2=generator.standard_normal(128) * 0.1,
        lda=generator.standard_normal((256, 128)) / 16.0,
    )
    np.savez(
        folder / "plda.npz",
        mu=generator.standard_normal(128) * 0.1,
        tr=np.linalg.qr(generator.standard_normal((128, 128)))[0],
        psi=np.sort(generator.random(128) * 5.0 + 0.1)[::-1],
    )


if __name__ == "__main__":
    tiny_pyannote(Path(sys.argv[1]), sys.argv[2])
