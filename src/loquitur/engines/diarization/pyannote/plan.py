"""What a pipeline's folder says it is made of, read and checked before any of it is loaded.

The library takes classes by any name from `config.yaml` and calls them; here only the plain
speaker diarization pipeline is let through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.engines import weights
from loquitur.errors import InputError, MissingError

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = "config.yaml"
WEIGHTS = "pytorch_model.bin"
PLDA_FILES = ("plda.npz", "xvec_transform.npz")
COMMUNITY = "speaker-diarization-community-1"
COMMAND = "loquitur models pull pyannote:{name}"
_PIPELINES = (
    "pyannote.audio.pipelines.SpeakerDiarization",
    "pyannote.audio.pipelines.speaker_diarization.SpeakerDiarization",
)

# repository -> its files; the first of a model holds the configuration, all are gated or free
FILES: dict[str, dict[str, tuple[str, ...]]] = {
    COMMUNITY: {
        f"pyannote/{COMMUNITY}": (
            CONFIG,
            f"segmentation/{WEIGHTS}",
            f"embedding/{WEIGHTS}",
            *(f"plda/{name}" for name in PLDA_FILES),
        )
    },
    "speaker-diarization-3.1": {
        "pyannote/speaker-diarization-3.1": (CONFIG,),
        "pyannote/segmentation-3.0": (WEIGHTS,),
        "pyannote/wespeaker-voxceleb-resnet34-LM": (WEIGHTS,),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A pipeline's configuration, read and checked: nothing in it names foreign code.

    `segmentation` and `embedding` are files of weights, `plda` a folder, or None where the
    clustering needs none.
    """

    folder: Path
    segmentation: Path
    embedding: Path
    plda: Path | None
    clustering: str
    settings: dict[str, Any]
    parameters: dict[str, Any]

    @property
    def files(self) -> list[Path]:
        """Every file that decides the result."""
        plda = [self.plda / name for name in PLDA_FILES] if self.plda else []
        return [self.folder / CONFIG, self.segmentation, self.embedding, *plda]

    @classmethod
    def read(cls, folder: Path) -> Plan:
        """The plan in a folder.

        Raises:
            MissingError: A model that it names is not there.
            InputError: It is no pipeline of this kind.
        """
        content = _configuration(folder / CONFIG)
        pipeline = content.get("pipeline")
        name = pipeline.get("name") if isinstance(pipeline, dict) else None
        if name not in _PIPELINES or "preprocessors" in content:
            raise InputError(
                f"{folder / CONFIG} is no plain speaker diarization pipeline: {str(name)[:60]}",
                code="LQ-NO-MODEL",
            )
        settings = dict(content["pipeline"].get("params") or {})
        clustering = str(settings.pop("clustering", "VBxClustering"))
        parts = {key: settings.pop(key, None) for key in ("segmentation", "embedding", "plda")}
        plda = None
        if clustering == "VBxClustering":
            plda = _part(folder, parts["plda"], PLDA_FILES)
        allowed = (
            "segmentation_step", "embedding_exclude_overlap", "embedding_batch_size",
            "segmentation_batch_size",
        )  # fmt: skip
        return cls(
            folder=folder,
            segmentation=_part(folder, parts["segmentation"], (WEIGHTS,)) / WEIGHTS,
            embedding=_part(folder, parts["embedding"], (WEIGHTS,)) / WEIGHTS,
            plda=plda,
            clustering=clustering,
            settings={key: value for key, value in settings.items() if key in allowed},
            parameters=dict(content.get("params") or {}),
        )


def _configuration(path: Path) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as exc:
        raise no_package("yaml") from exc
    try:
        content = yaml.safe_load(path.read_bytes())
    except (OSError, ValueError, yaml.YAMLError) as exc:
        raise InputError(f"{path} cannot be read: {exc}", code="LQ-NO-MODEL") from exc
    if not isinstance(content, dict):
        raise InputError(f"{path} is no configuration of a pipeline", code="LQ-NO-MODEL")
    return content


def _part(folder: Path, named: Any, names: tuple[str, ...]) -> Path:
    """The folder of a model that a configuration names.

    `$model/x` lies inside; `owner/name`, as 3.1 has it, beside, where a pull puts it, or inside.

    Raises:
        MissingError: It is not there.
    """
    text = str(named)
    last = text.rpartition("/")[2].partition("@")[0]
    if text.startswith("$model/"):
        places = [folder / text.removeprefix("$model/").partition("@")[0]]
    else:
        places = [folder / text, folder.parent / last, folder / last]
    for place in places:
        if place.is_dir() and not weights.lacking(place, names):
            return place
    known = next((name for name, files in FILES.items() if folder.name == name and files), None)
    raise MissingError(
        f"{folder.name} needs {text}, and no {', '.join(names)} is in {places[0]}",
        hint=COMMAND.format(name=known) if known else "put it there",
        code="LQ-NO-MODEL",
    )


def no_package(name: str) -> MissingError:
    """The error of a package that is not there."""
    return MissingError(
        f"the diarization engine 'pyannote' needs {name}",
        hint="loquitur engines env diarization.pyannote --create",
        code="LQ-NO-PACKAGE",
    )
