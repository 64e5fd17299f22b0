"""Speaker turns by pyannote.audio 4: community-1 and 3.1, from a folder or the gated hub.

Bredin 2023, "pyannote.audio 2.1 speaker diarization pipeline"; Plaquet and Bredin 2023, "Powerset
multi-class cross entropy loss for neural speaker diarization". Sound is handed over in memory, so
neither torchcodec nor FFmpeg is needed, and the library's telemetry is switched off.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import weights
from loquitur.engines.catalog import known_model
from loquitur.engines.diarization.pyannote.checkpoint import read_net
from loquitur.engines.diarization.pyannote.plan import (
    COMMAND,
    COMMUNITY,
    CONFIG,
    FILES,
    PLDA_FILES,
    Plan,
    no_package,
)
from loquitur.engines.runtime import lacks_memory
from loquitur.errors import EngineError, InputError, MissingError, UsageError, near
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import Turn
from loquitur.protocols import Identity, Resources, Samples, SpeakerCount
from loquitur.speech import loudness
from loquitur.speech.activity import regions
from loquitur.speech.exclusive import merge
from loquitur.timing import from_seconds, to_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity

Device = Literal["auto", "cpu", "cuda", "mps"]

_DISTRIBUTION = "pyannote.audio"
_BLOCK_MS = 60_000

_ABOUT_MB = 33  # of each model, in its first or its last repository


@dataclass(frozen=True, slots=True, kw_only=True)
class PyannoteOptions:
    """Which pipeline, where it runs, and what may be changed of it.

    Args:
        model: `speaker-diarization-community-1`, `speaker-diarization-3.1`, or a folder with a
            clone of either, or with a pipeline of one's own (`config.yaml` and its models).
        device: `auto` takes CUDA where torch has it.
        threshold: The clustering's threshold, in place of the configuration's; higher finds fewer
            speakers.
        min_gap_s: Shorter pauses of a speaker are filled, in place of the configuration's.
        batch: Windows worked on at once; 0 for the configuration's. Fewer where memory is short.
        trust_pickles: Read weights that hold more than numbers, which may run any code: for your
            own models alone.
    """

    model: str = field(default=COMMUNITY, metadata={"keyed": False})
    device: Device = field(default="auto", metadata={"keyed": False})
    threshold: float | None = None
    min_gap_s: float | None = None
    batch: int = field(default=0, metadata={"keyed": False})
    trust_pickles: bool = field(default=False, metadata={"keyed": False})

    def __post_init__(self) -> None:
        if self.batch < 0:
            raise ValueError("batch is 0 or more")
        if self.min_gap_s is not None and not self.min_gap_s >= 0.0:
            raise ValueError("min_gap_s is 0 or more")


class Pyannote:
    """A pyannote pipeline (`loquitur.protocols.Diarizer` and `Pullable`).

    Args:
        options: See `PyannoteOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package or model absent.
        InputError: The folder is no such pipeline, or its weights hold more than numbers.
        EngineError: The library refuses, or the device is not there.
    """

    Options: ClassVar[type] = PyannoteOptions

    def __init__(self, options: PyannoteOptions, resources: Resources) -> None:
        plan = Plan.read(_locate(options, resources))
        torch = _torch(resources.threads)
        device = _device(options.device, torch)
        try:
            with _translated(f"the pipeline in {plan.folder} cannot be loaded", InputError):
                self._pipeline = _built(plan, options, torch)
                self._pipeline.to(torch.device(device))
        except _CrowdedError as exc:
            raise _no_memory(f"the pipeline in {plan.folder}") from exc

    @classmethod
    def identity(cls, options: PyannoteOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the pipeline's files; nothing is loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder is no such pipeline.
        """
        version = _version()
        plan = Plan.read(_locate(options, resources))
        return Identity(
            version=version,
            model=plan.folder.name,
            model_digest=weights.digest(plan.files, resources.models / "pyannote"),
        )

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a pipeline and its models into the model cache; what is there is kept.

        Raises:
            UsageError: An unknown name.
            MissingError: Its conditions are not accepted, or it cannot be had while offline.
            TransientError: The hub cannot be reached now.
            RemoteError: The hub refuses.
            FullError: It cannot be written.
        """
        name = known_model(model or COMMUNITY, FILES)
        for repository, names in FILES[name].items():
            folder = _cache(resources) / repository.partition("/")[2]
            if folder.is_dir() and not weights.lacking(folder, names):
                tell(f"{repository} is there already")
                continue
            if resources.offline:
                raise MissingError(
                    f"{repository} cannot be fetched while offline",
                    hint=f"go online, or copy its files to {folder}",
                    code="LQ-NO-MODEL",
                )
            tell(f"fetching {repository} (of about {_ABOUT_MB} MB in all)")
            try:
                weights.fetch(
                    repository, names, folder, about_mb=_ABOUT_MB, tell=tell, resources=resources
                )
            except MissingError as exc:
                raise _closed(repository, exc) from exc
        tell(f"{name} is ready")

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a pipeline in the cache, whether it is there or not.

        Raises:
            UsageError: An unknown name.
        """
        return _cache(resources) / known_model(model or COMMUNITY, FILES)

    def diarize(
        self, samples: Samples, activity: Activity, *, speakers: SpeakerCount
    ) -> Iterator[Turn]:
        """Turns in media time, sorted by start; none where the voice detector hears nobody.

        A word inside two turns belongs to the speaker whom the pipeline hears best there (its
        exclusive output); who speaks beside is kept in turns of their own. The whole sound is held
        in memory: 230 MB an hour.

        Raises:
            EngineError: The library failed, or memory does not suffice for a single window.
        """
        if not regions(activity):
            return
        import torch

        sound = _read(samples, activity.gain_db)
        file = {"waveform": torch.from_numpy(sound)[None], "sample_rate": SAMPLE_RATE_HZ}
        output = self._applied(file, speakers, samples)
        bounds = (samples.offset_ms, samples.end_ms)
        yield from merge(
            _turns(output.exclusive_speaker_diarization, *bounds),
            _turns(output.speaker_diarization, *bounds),
        )

    def _applied(self, file: dict[str, Any], speakers: SpeakerCount, samples: Samples) -> Any:
        """The pipeline's answer; where memory is short, once more with smaller batches."""
        count = {"min_speakers": speakers.minimum, "max_speakers": speakers.maximum}
        if speakers.minimum == speakers.maximum and speakers.minimum is not None:
            count = {"num_speakers": speakers.minimum}

        def _hook(*_: object, **__: object) -> None:
            samples.read(samples.offset_ms, samples.offset_ms)  # a cancelled run ends at a read

        while True:
            try:
                with _quietly(), _translated("pyannote failed"):
                    return self._pipeline(file, hook=_hook, **count)
            except _CrowdedError as exc:
                pipeline = self._pipeline
                most = max(pipeline.segmentation_batch_size, pipeline.embedding_batch_size)
                if most <= 1:
                    raise _no_memory("a single window") from exc
                self._resize(max(1, most // 4))

    def _resize(self, batch: int) -> None:
        self._pipeline.segmentation_batch_size = batch
        self._pipeline.embedding_batch_size = batch


class _CrowdedError(Exception):
    """Memory did not suffice."""


def _no_memory(what: str) -> EngineError:
    return EngineError(
        f"there is not enough memory for {what}",
        hint="--set diarize.device=cpu, or a shorter section",
        code="LQ-NO-MEMORY",
    )


def _built(plan: Plan, options: PyannoteOptions, torch: Any) -> Any:
    """The library's own pipeline over models that were read safely."""
    with _quietly():
        from pyannote.audio.core.plda import PLDA
        from pyannote.audio.pipelines import SpeakerDiarization
        from pyannote.audio.telemetry import set_telemetry_metrics

        set_telemetry_metrics(False)
        # Without a folder of it the library would ask the hub, although nothing uses it.
        plda = PLDA(*(plan.plda / name for name in reversed(PLDA_FILES))) if plan.plda else None
        pipeline = SpeakerDiarization(
            segmentation=read_net(plan.segmentation, torch, trusting=options.trust_pickles),
            embedding=read_net(plan.embedding, torch, trusting=options.trust_pickles),
            plda=plda or PLDA.__new__(PLDA),
            clustering=plan.clustering,
            **plan.settings,
        )
        parameters = {name: dict(values) for name, values in plan.parameters.items()}
        if options.threshold is not None:
            parameters.setdefault("clustering", {})["threshold"] = options.threshold
        if options.min_gap_s is not None:
            parameters.setdefault("segmentation", {})["min_duration_off"] = options.min_gap_s
        pipeline.instantiate(parameters)
    if options.batch:
        pipeline.segmentation_batch_size = options.batch
        pipeline.embedding_batch_size = options.batch
    return pipeline


def _read(samples: Samples, gain_db: float) -> NDArray[np.float32]:
    """All of the sound at its common loudness, shape [n]."""
    total = to_samples(samples.end_ms - samples.offset_ms, SAMPLE_RATE_HZ)
    sound = np.zeros(total, np.float32)
    done = 0
    for block in samples.blocks(_BLOCK_MS):
        piece = loudness.apply(block, gain_db)[: total - done]
        sound[done : done + len(piece)] = piece
        done += len(piece)
    return sound


def _turns(annotation: Any, from_ms: int, until_ms: int) -> list[Turn]:
    """The library's segments in media time; what rounds to nothing is left out."""
    found = []
    for segment, _, speaker in annotation.itertracks(yield_label=True):
        start_ms = max(from_ms, from_ms + from_seconds(float(segment.start)))
        end_ms = min(until_ms, from_ms + from_seconds(float(segment.end)))
        if start_ms < end_ms:
            found.append(Turn(start_ms=start_ms, end_ms=end_ms, speaker=str(speaker)))
    return found


@contextlib.contextmanager
def _translated(what: str, error: type[EngineError | InputError] = EngineError) -> Iterator[None]:
    """Turns the library's errors into ours; while files are read a failure is theirs."""
    try:
        yield
    except (RuntimeError, ValueError, TypeError, KeyError, AssertionError, OSError) as exc:
        if lacks_memory(exc):
            raise _CrowdedError(str(exc)) from exc
        kind = EngineError if "CUDA" in str(exc) else error
        raise kind(f"{what}: {type(exc).__name__}: {str(exc)[:200]}") from exc
    except ImportError as exc:
        raise no_package(str(exc.name)) from exc


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without the library's advice on training, decoding and its own versions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _torch(threads: int) -> Any:
    try:
        import torch
    except ImportError as exc:
        raise no_package("torch") from exc
    torch.set_num_threads(max(1, threads))
    return torch


def _device(wanted: Device, torch: Any) -> str:
    cuda = bool(torch.cuda.is_available())
    there = {
        "cpu": True,
        "cuda": cuda,
        "mps": bool(torch.backends.mps.is_available()),
    }
    if wanted == "auto":
        return "cuda" if cuda else "cpu"
    if not there[wanted]:
        raise MissingError(
            f"torch has no {wanted} here",
            hint="--set diarize.device=cpu, or auto",
            code="LQ-NO-CUDA",
        )
    return wanted


def _version() -> str:
    try:
        return importlib.metadata.version(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError as exc:
        raise no_package(_DISTRIBUTION) from exc


def _closed(repository: str, error: MissingError) -> MissingError:
    """The hub says no, or that there is no such repository: to strangers it says the same."""
    if error.code not in ("LQ-NO-MODEL", "LQ-GATED"):
        return error
    return MissingError(
        f"{repository} is open only to who has accepted its conditions",
        hint=f"accept them at https://huggingface.co/{repository} and set HF_TOKEN to a token of"
        " your account (in the environment or in .env)",
        code="LQ-GATED",
    )


def _locate(options: PyannoteOptions, resources: Resources) -> Path:
    """The folder of the pipeline.

    Raises:
        MissingError: It is not in the cache.
        InputError: The folder has no configuration.
        UsageError: Neither a known name nor a folder.
    """
    if options.model in FILES:
        folder = _cache(resources) / options.model
        if not (folder / CONFIG).is_file():
            raise MissingError(
                f"the model {options.model} is not in the model cache",
                hint=COMMAND.format(name=options.model),
                code="LQ-NO-MODEL",
            )
        return folder
    folder = Path(options.model).expanduser()
    if not folder.is_dir():
        raise UsageError(
            f"no model and no folder is called '{options.model}'",
            hint=near(options.model, FILES),
            code="LQ-NO-MODEL",
        )
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder} has no {CONFIG}", code="LQ-NO-MODEL")
    return folder


def _cache(resources: Resources) -> Path:
    return resources.models / "pyannote"
