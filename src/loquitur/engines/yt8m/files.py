"""What must lie in the folder of a user, and where it was published (no address was tried here)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.engines import sessions, weights
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Identity
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.protocols import Resources

VERSION = "1"
"""Of what is done around the graphs."""
_DOCS = "docs/label-features.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """The files of one of the two networks.

    Args:
        graph: The network as ONNX.
        source: What it is converted from, and where that was published.
        forms: The PCA: the files of each form in which it was published, and where.
    """

    graph: str
    source: str
    forms: tuple[tuple[tuple[str, ...], str], ...]


_MATRICES = "http://data.yt8m.org/pca_matrix_data/"
PICTURES = Needed(
    graph="inception.onnx",
    source="made by tf2onnx of classify_image_graph_def.pb in"
    " http://download.tensorflow.org/models/image/imagenet/inception-2015-12-05.tgz",
    forms=(
        (
            ("mean.npy", "eigenvals.npy", "eigenvecs.npy"),
            "out of http://data.yt8m.org/yt8m_pca.tgz",
        ),
        (("inception3_mean_matrix_data.pb", "inception3_projection_matrix_data.pb"), _MATRICES),
    ),
)
SOUND = Needed(
    graph="vggish.onnx",
    source="made by tf2onnx of the frozen"
    " https://storage.googleapis.com/audioset/vggish_model.ckpt",
    forms=(
        (
            ("vggish_pca_params.npz",),
            "https://storage.googleapis.com/audioset/vggish_pca_params.npz",
        ),
        (("vggish_mean_matrix_data.pb", "vggish_projection_matrix_data.pb"), _MATRICES),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What lies there.

    Args:
        graph: The network.
        pca: The files of the first form of the PCA that is whole.
    """

    graph: Path
    pca: tuple[Path, ...]


def folder_of(named: str, resources: Resources) -> Path:
    """The folder that is meant: `yt8m` in the model cache where none is named.

    Raises:
        UsageError: One is named that is not there.
    """
    if not named:
        return _cached(resources)
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise UsageError(f"there is no folder '{display(named)}'", code="LQ-NO-MODEL")
    return folder


def _cached(resources: Resources) -> Path:
    return resources.models / "yt8m"


def find(folder: Path, needed: Needed, resources: Resources) -> Found:
    """The files of a network.

    Raises:
        MissingError: Some are not in the model cache; each is named, with where it was published.
        InputError: Some are not in a folder that the user named.
    """
    whole = [
        tuple(folder / name for name in names)
        for names, _ in needed.forms
        if not _absent(folder, names)
    ]
    graph = folder / needed.graph
    if whole and graph.is_file():
        return Found(graph=graph, pca=whole[0])
    told = [] if graph.is_file() else [f"{needed.graph} ({needed.source})"]
    if not whole:
        told.append(_pca_told(folder, needed))
    kind = MissingError if folder == _cached(resources) else InputError
    raise kind(
        f"yt8m: {display(str(folder))} lacks {'; '.join(told)}",
        hint=f"bring them there, or name their folder as yt8m:FOLDER; {_DOCS} has the commands",
        code="LQ-NO-MODEL",
    )


def _absent(folder: Path, names: Sequence[str]) -> list[str]:
    return [name for name in names if not (folder / name).is_file()]


def _pca_told(folder: Path, needed: Needed) -> str:
    """What is missing of the PCA: of a form that is there in part, or of either."""
    begun = [one for one in needed.forms if len(_absent(folder, one[0])) < len(one[0])]
    return ", or ".join(
        f"{', '.join(_absent(folder, names))} ({where})" for names, where in begun or needed.forms
    )


def identity_of(folder: Path, needed: Needed, resources: Resources) -> Identity:
    """Onnxruntime's version, and the digest of graph, PCA and what is done around them.

    No name is in it: the same files in any folder are the same encoder.

    Raises:
        MissingError: Files are not in the model cache, or onnxruntime is not installed.
        InputError: A file cannot be read, or is not in the folder that the user named.
    """
    found = find(folder, needed, resources)
    beside = sorted(folder.glob(f"{found.graph.name}?data"))
    return Identity(
        version=sessions.version(),
        model_digest=weights.combined(
            [
                VERSION,
                weights.digest([found.graph, *beside, *found.pca], _cached(resources)),
            ]
        ),
    )
