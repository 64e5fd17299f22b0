"""Speaker turns by NVIDIA's Sortformer, through NeMo: at most four speakers, overlaps kept.

Park et al. 2024, "Sortformer: Seamless Integration of Speaker Diarization and ASR by Bridging
Timestamps and Tokens"; Medennikov et al. 2025, "Streaming Sortformer: Speaker Cache-Based Online
Speaker Diarization with Arrival-Time Ordering". Sound of any length is heard in bounded pieces. The
streaming models keep a cache of everybody heard; features, cache and network are the library's own,
step by step. The first model has none: each of its windows is heard after a reminder
(`speech.arrivals`). The toolkit belongs in an environment of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur.engines import nemo_toolkit, weights
from loquitur.engines.catalog import Catalog, Download, known_model
from loquitur.engines.nemo_archive import check_archive
from loquitur.engines.nemo_toolkit import Device, quietly
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.protocols import Identity, Resources, Samples, SpeakerCount
from loquitur.speech.activity import RegionOptions, regions
from loquitur.speech.arrivals import Reminders, at_most, turns_of_probabilities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity, Turn

_ENGINE = "diarization.sortformer"
_DEFAULT = "diar_streaming_sortformer_4spk-v2"
# name: repository, about MB
_MODELS = {
    _DEFAULT: ("nvidia/diar_streaming_sortformer_4spk-v2", 470),
    "diar_streaming_sortformer_4spk-v2.1": ("nvidia/diar_streaming_sortformer_4spk-v2.1", 470),
    "diar_sortformer_4spk-v1": ("nvidia/diar_sortformer_4spk-v1", 490),
}
_CATALOG = Catalog("diarization", "sortformer")
_HOP_SAMPLES = 160
_HOP_MS = 10
_MARGIN_HOPS = 8  # more than the analysis window and the pre-emphasis reach
_STREAMING = {  # the card's most accurate setting, 30 s behind: nobody waits here
    "chunk_len": 340,
    "chunk_right_context": 40,
    "fifo_len": 40,
    "spkcache_update_period": 300,
}
_WINDOW_MS = 60_000  # and 16 s of reminders: the first model was trained on 90 s
_EDGE_MS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SortformerOptions:
    """Which model, and what of its output is speech.

    Args:
        model: `diar_streaming_sortformer_4spk-v2`, `-v2.1`, `diar_sortformer_4spk-v1`, a `.nemo`
            file, or a folder with one.
        device: `auto` takes CUDA where torch has it.
        onset: Probability at which a turn begins, 0..1.
        offset: Probability below which it ends.
        min_turn_ms: Shorter turns are dropped.
        min_gap_ms: Shorter pauses of a speaker are filled.
    """

    model: str = field(default=_DEFAULT, metadata={"keyed": False})
    device: Device = field(default="auto", metadata={"keyed": False})
    onset: float = 0.5
    offset: float = 0.5
    min_turn_ms: int = 160
    min_gap_ms: int = 240

    def __post_init__(self) -> None:
        _ = self.regions  # says what does not fit

    @property
    def regions(self) -> RegionOptions:
        """How probabilities become turns."""
        return RegionOptions(
            onset=self.onset,
            offset=self.offset,
            min_speech_ms=self.min_turn_ms,
            min_silence_ms=self.min_gap_ms,
        )


class Sortformer:
    """A Sortformer (`loquitur.protocols.Diarizer` and `Pullable`).

    Args:
        options: See `SortformerOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package or model absent.
        InputError: The file or folder is no such model.
        UsageError: An unknown model name.
        EngineError: The toolkit refuses the model, or the device is not there.
    """

    Options: ClassVar[type] = SortformerOptions

    def __init__(self, options: SortformerOptions, resources: Resources) -> None:
        place = _locate(options.model, resources)
        check_archive(place, engine=_ENGINE)
        self._torch = nemo_toolkit.torch_with(resources.threads, _ENGINE)
        device = nemo_toolkit.device_of(options.device, self._torch, "diarize")
        with self._translated(f"the model {place} cannot be loaded"), quietly():
            from nemo.collections.asr.models import SortformerEncLabelModel

            model = SortformerEncLabelModel.restore_from(str(place), map_location=device)
        if not isinstance(model, SortformerEncLabelModel):
            raise InputError(
                f"{place} is a {type(model).__name__}, no Sortformer", code="LQ-NO-MODEL"
            )
        model.eval()
        self._model = model
        self._options = options
        self._parts = model.sortformer_modules
        self._frame_ms = _HOP_MS * int(self._parts.subsampling_factor)
        # Features of a piece are those of the whole only where nothing is normalised over time.
        self._streaming = bool(model.streaming_mode) and model.cfg.preprocessor.normalize == "NA"
        if self._streaming:
            for name, value in _STREAMING.items():
                setattr(self._parts, name, value)

    @classmethod
    def identity(cls, options: SortformerOptions, resources: Resources) -> Identity:
        """The toolkit's version and the digest of the model's file; nothing is loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The file or folder is no such model.
            UsageError: An unknown model name.
        """
        version = nemo_toolkit.version(_ENGINE)
        place = _locate(options.model, resources)
        return Identity(
            version=version,
            model=place.stem,
            model_digest=weights.digest([place], resources.models / "sortformer"),
        )

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model into the model cache, whole or not at all; a present one is kept.

        Raises:
            UsageError: An unknown model name.
            MissingError: It cannot be had from here.
            TransientError: The hub cannot be reached now.
            RemoteError: The hub refuses.
            FullError: It cannot be written.
        """
        name = known_model(model or _DEFAULT, _MODELS)
        repository, about_mb = _MODELS[name]
        download = Download(
            label=name, repository=repository, needed=[f"{name}.nemo"], about_mb=about_mb
        )
        _CATALOG.pull(repository, [download], resources, tell)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model in the cache, whether it is there or not.

        Raises:
            UsageError: An unknown model name.
        """
        return _CATALOG.folder(known_model(model or _DEFAULT, _MODELS), resources)

    def diarize(
        self, samples: Samples, activity: Activity, *, speakers: SpeakerCount
    ) -> Iterator[Turn]:
        """Turns in media time, sorted by start; none where the voice detector hears nobody.

        Memory is that of one piece of sound, and 4 bytes a speaker for each 80 ms.

        Raises:
            UsageError: More speakers are asked for than the model tells apart.
            EngineError: The toolkit failed, or memory did not suffice.
        """
        most = int(self._parts.n_spk)
        if (speakers.minimum or 0) > most:
            raise UsageError(
                f"this Sortformer tells at most {most} speakers apart, and {speakers.minimum} are"
                " asked for",
                hint="--diarizer dvector, sherpa-onnx or pyannote know no such bound",
                code="LQ-SPEAKERS",
            )
        if not regions(activity):
            return
        heard = self._streamed(samples) if self._streaming else self._windowed(samples)
        probabilities = np.concatenate(list(heard))
        yield from turns_of_probabilities(
            at_most(probabilities, speakers.maximum),
            frame_ms=self._frame_ms,
            bounds_ms=(samples.offset_ms, samples.end_ms),
            options=self._options.regions,
        )

    def _streamed(self, samples: Samples) -> Iterator[NDArray[np.float32]]:
        """Probabilities of each step of a streaming model, shape [frames, speakers]."""
        torch, parts, factor = self._torch, self._parts, int(self._parts.subsampling_factor)
        hops = max(1, -(-(samples.end_ms - samples.offset_ms) // _HOP_MS))
        state = parts.init_streaming_state(
            batch_size=1, async_streaming=self._model.async_streaming, device=self._model.device
        )
        for start in range(0, hops, parts.chunk_len * factor):
            end = min(start + parts.chunk_len * factor, hops)
            left = min(parts.chunk_left_context * factor, start)
            right = min(parts.chunk_right_context * factor, hops - end)
            with self._translated("Sortformer failed"), quietly(), torch.inference_mode():
                features = self._features(samples, start - left, end + right)
                state, heard = self._model.forward_streaming_step(
                    processed_signal=features,
                    processed_signal_length=torch.tensor(
                        [features.shape[1]], device=self._model.device
                    ),
                    streaming_state=state,
                    total_preds=torch.zeros((1, 0, parts.n_spk), device=self._model.device),
                    left_offset=left,
                    right_offset=right,
                )
                found = heard[0].float().cpu().numpy()
            yield found

    def _features(self, samples: Samples, start: int, end: int) -> Any:
        """The library's features of some hops, shape [1, hops, features], as of the whole sound."""
        torch = self._torch
        first = max(0, start - _MARGIN_HOPS)
        sound = samples.read(
            samples.offset_ms + first * _HOP_MS,
            samples.offset_ms + (end + _MARGIN_HOPS) * _HOP_MS,
        )
        given = torch.from_numpy(sound)[None].to(self._model.device)
        length = torch.tensor([given.shape[1]], device=self._model.device)
        features, _ = self._model.preprocessor(input_signal=given, length=length)
        return features[:, :, start - first : end - first].transpose(1, 2)

    def _windowed(self, samples: Samples) -> Iterator[NDArray[np.float32]]:
        """Probabilities of each window of a model without a cache, shape [frames, speakers]."""
        frame_samples = self._frame_ms * SAMPLE_RATE_HZ // 1000
        reminders = Reminders(
            frame_ms=self._frame_ms, frame_samples=frame_samples, most=int(self._parts.n_spk)
        )
        window_ms = _WINDOW_MS // self._frame_ms * self._frame_ms
        edge_ms = _EDGE_MS // self._frame_ms * self._frame_ms
        for start_ms in range(samples.offset_ms, samples.end_ms, window_ms):
            end_ms = min(start_ms + window_ms, samples.end_ms)
            before_ms = min(edge_ms, start_ms - samples.offset_ms)
            sound = samples.read(start_ms - before_ms, min(end_ms + edge_ms, samples.end_ms))
            heard = self._heard(np.concatenate([reminders.sound, sound]))
            ordered = reminders.sort(heard, sound)
            first = before_ms // self._frame_ms
            count = -(-(end_ms - start_ms) // self._frame_ms)
            yield ordered[first : first + count]

    def _heard(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        torch = self._torch
        with self._translated("Sortformer failed"), quietly(), torch.inference_mode():
            heard = self._model.forward(
                audio_signal=torch.from_numpy(sound)[None],
                audio_signal_length=torch.tensor([len(sound)]),
            )
            found: NDArray[np.float32] = heard[0].float().cpu().numpy()
        return found

    def _translated(self, what: str) -> AbstractContextManager[None]:
        return nemo_toolkit.translated(what, engine=_ENGINE, room="--set diarize.device=cpu")


def _locate(model: str, resources: Resources) -> Path:
    """The `.nemo` file of a model.

    Raises:
        MissingError: It is not in the cache.
        InputError: The folder holds none, or several.
        UsageError: Neither a known name nor a place.
    """
    if model in _MODELS:
        place = resources.models / "sortformer" / model / f"{model}.nemo"
        if not place.is_file():
            raise MissingError(
                f"the model {model} is not in the model cache",
                hint=f"loquitur models pull sortformer:{model}",
                code="LQ-NO-MODEL",
            )
        return place
    place = nemo_toolkit.own_place(model, _MODELS)
    if place.is_file():
        return place
    found = sorted(place.glob("*.nemo"))
    if len(found) != 1:
        raise InputError(f"{place} holds {len(found)} .nemo files, not one", code="LQ-NO-MODEL")
    return found[0]
