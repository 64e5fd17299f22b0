"""Speaker turns through sherpa-onnx: pyannote's segmentation, a speaker embedding, clustering.

The segmentation (Plaquet & Bredin 2023, powerset of up to three speakers in ten seconds) keeps
overlapped speech; embeddings of its local speakers are clustered by complete linkage.

What was learnt of it (2.0.1):
- The clustering holds a distance for each pair of local speakers: 10 hours would need some 26 GB.
  So long sound is heard in blocks, and speakers of blocks are linked by embeddings of their own.
- Sound no longer than a window (10 s) is not clustered, and the number of speakers not heeded: so
  it is made longer by silence.
- It writes a line to stderr where it finds nobody: so it is not asked about blocks with less speech
  than the shortest turn. (Where the two disagree on what speech is, the line stays.)
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur.engines import sherpa, weights
from loquitur.engines.catalog import Catalog, Download
from loquitur.errors import InputError, UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import Turn
from loquitur.protocols import Identity, Resources, Samples, SpeakerCount
from loquitur.speech import loudness
from loquitur.speech.activity import RegionOptions, regions, within
from loquitur.timing import Span, from_seconds, overlap_ms, to_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity

_CATALOG = Catalog("diarization", sherpa.ENGINE)
_SEGMENTATION = "csukuangfj/sherpa-onnx-pyannote-segmentation-3-0"
_EMBEDDINGS = {
    "pyannote-3.0+resnet34": "wespeaker_en_voxceleb_resnet34_LM.onnx",
    "pyannote-3.0+campplus": "3dspeaker_speech_campplus_sv_en_voxceleb_16k.onnx",
    "pyannote-3.0+titanet-small": "nemo_en_titanet_small.onnx",
    "pyannote-3.0+titanet-large": "nemo_en_titanet_large.onnx",
}
_SEGMENTATION_MB = 6
_FRAMEWORKS = ("wespeaker", "3d-speaker", "nemo")
_LONGEST_VOICE_S = 60  # how much of a speaker of a block is embedded to link it
_SHORTEST_VOICE_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SherpaDiarizerOptions:
    """How to tell speakers apart.

    Args:
        model: A known name (segmentation and embedding), or a folder with both graphs, told by
            their metadata. In a key stand its name and digest instead.
        threshold: Cosine distance up to which voices are one speaker; higher finds fewer. Not
            used where the number is given.
        shortest_turn_ms: Shorter turns are dropped.
        shortest_gap_ms: Shorter gaps in a turn are filled.
        block_ms: Longest stretch that is heard and clustered at once.
        onset: Speech probability from which somebody is known to speak, 0..1.
        offset: Speech probability under which nobody does.
        device: Where to run; `auto` is the processor.
    """

    model: str = field(default=_CATALOG.default, metadata={"keyed": False})
    threshold: float = 0.5
    shortest_turn_ms: int = 300
    shortest_gap_ms: int = 500
    block_ms: int = 600_000
    onset: float = 0.35
    offset: float = 0.20
    device: sherpa.Device = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 0.0 < self.threshold < 2.0:
            raise ValueError(f"threshold goes from 0 to 2, not {self.threshold}")
        if min(self.shortest_turn_ms, self.shortest_gap_ms) < 0 or self.block_ms < 30_000:
            raise ValueError("lengths are not negative, block_ms is 30000 or more")


class SherpaDiarizer:
    """Segmentation, embedding, clustering (`loquitur.protocols.Diarizer` and `Pullable`)."""

    Options: ClassVar[type] = SherpaDiarizerOptions

    def __init__(self, options: SherpaDiarizerOptions, resources: Resources) -> None:
        """Load both graphs.

        Raises:
            MissingError: Package, model or device absent.
            InputError: The folder holds no such graphs.
        """
        self._segmentation, self._embedding = _graphs(options.model, resources)
        self._options = options
        self._arguments: dict[str, Any] = {
            "segmentation": str(self._segmentation),
            "embedding": str(self._embedding),
            "threads": resources.threads,
            "provider": sherpa.provider(options.device),
            "clusters": -1,
            "threshold": options.threshold,
            "shortest_turn_s": options.shortest_turn_ms / 1000.0,
            "shortest_gap_s": options.shortest_gap_ms / 1000.0,
        }
        self._window_samples = int(sherpa.header(self._segmentation).get("window_size", 160_000))
        self._diarizer = sherpa.load(
            "diarization",
            self._arguments,
            folder=self._segmentation.parent,
            digest=_digest((self._segmentation, self._embedding), resources),
            cache=resources.models / sherpa.ENGINE,
        )
        self._voices: Any = None  # loaded where there are several blocks

    @classmethod
    def identity(cls, options: SherpaDiarizerOptions, resources: Resources) -> Identity:
        """The library's version and the digest of both graphs.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder holds no such graphs.
        """
        version = sherpa.version()
        given = _CATALOG.given_folder(options.model)
        return Identity(
            version=version,
            model=options.model if given is None else given.name,
            model_digest=_digest(_graphs(options.model, resources), resources),
        )

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring both graphs into the model cache; what is there is kept.

        Raises:
            UsageError: No known model.
        """
        name = _known(model)
        size_mb = _CATALOG.models[name].size_mb
        _CATALOG.pull(
            name,
            [
                Download(
                    label=f"{name}/segmentation",
                    repository=_SEGMENTATION,
                    needed=("model.onnx",),
                    about_mb=_SEGMENTATION_MB,
                ),
                Download(
                    label=f"{name}/embedding",
                    repository=_CATALOG.models[name].source,
                    needed=(_EMBEDDINGS[name],),
                    about_mb=size_mb - _SEGMENTATION_MB,
                ),
            ],
            resources,
            tell,
        )

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a known model in the cache, whether it is there or not.

        Raises:
            UsageError: No known model.
        """
        return _CATALOG.folder(_known(model), resources)

    def diarize(
        self, samples: Samples, activity: Activity, *, speakers: SpeakerCount
    ) -> Iterator[Turn]:
        """Turns in media time, sorted by start, overlaps kept; none where nobody speaks."""
        options = self._options
        speech = regions(
            activity, options=RegionOptions(onset=options.onset, offset=options.offset)
        )
        found: list[tuple[Span, int, int]] = []  # a turn, its block, its speaker in the block
        blocks = _blocks(samples, speech, options)
        bounds = speakers if len(blocks) == 1 else SpeakerCount(maximum=speakers.maximum)
        voices: list[NDArray[np.float32]] = []
        owners: list[tuple[int, int]] = []
        for number, block in enumerate(blocks):
            sound = loudness.apply(samples.read(block.start_ms, block.end_ms), activity.gain_db)
            turns = self._heard(sound, block, bounds)
            found += [(span, number, speaker) for span, speaker in turns]
            if len(blocks) > 1:
                for speaker, voice in self._embedded(sound, block, turns):
                    owners.append((number, speaker))
                    voices.append(voice)
        names = _names(found, self._linked(owners, voices, speakers) if owners else {})
        for span, number, speaker in sorted(found, key=lambda item: (item[0].start_ms, item[1:])):
            label = names[number, speaker]
            yield Turn(start_ms=span.start_ms, end_ms=span.end_ms, speaker=label)

    def _heard(
        self, sound: NDArray[np.float32], block: Span, bounds: SpeakerCount
    ) -> list[tuple[Span, int]]:
        """Turns of one block with their local speakers, as many as the bounds allow."""
        least, most = bounds.minimum or 1, bounds.maximum
        fixed = least if least == most else -1
        turns = self._process(sound, block, fixed)
        count = len({speaker for _, speaker in turns})
        if fixed == -1 and turns:
            wanted = max(least, count if most is None else min(count, most))
            if wanted != count:
                turns = self._process(sound, block, wanted)
        return turns

    def _process(
        self, sound: NDArray[np.float32], block: Span, clusters: int
    ) -> list[tuple[Span, int]]:
        config = sherpa.diarization_config(**{**self._arguments, "clusters": clusters})
        short = self._window_samples + self._window_samples // 5 - len(sound)
        whole = np.pad(sound, (0, max(0, short)))
        with sherpa.translated("sherpa-onnx failed to tell speakers apart"):
            self._diarizer.set_config(config)
            segments = self._diarizer.process(whole).sort_by_start_time()
        turns = []
        for segment in segments:
            start_ms = block.start_ms + from_seconds(segment.start)
            end_ms = min(block.start_ms + from_seconds(segment.end), block.end_ms)
            if start_ms < end_ms:
                turns.append((Span(start_ms=start_ms, end_ms=end_ms), int(segment.speaker)))
        return turns

    def _embedded(
        self, sound: NDArray[np.float32], block: Span, turns: list[tuple[Span, int]]
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """One embedding for each speaker of a block, of turns that are theirs alone if possible."""
        pieces: dict[int, list[NDArray[np.float32]]] = defaultdict(list)
        shared: dict[int, list[NDArray[np.float32]]] = defaultdict(list)
        for span, speaker in turns:
            first = to_samples(span.start_ms - block.start_ms, SAMPLE_RATE_HZ)
            piece = sound[first : first + to_samples(span.duration_ms, SAMPLE_RATE_HZ)]
            alone = not any(
                other != speaker and item.start_ms < span.end_ms and span.start_ms < item.end_ms
                for item, other in turns
            )
            (pieces if alone else shared)[speaker].append(piece)
        for speaker in sorted(pieces.keys() | shared.keys()):
            voice = np.concatenate(pieces.get(speaker) or shared[speaker])
            voice = voice[: _LONGEST_VOICE_S * SAMPLE_RATE_HZ]
            short = int(_SHORTEST_VOICE_S * SAMPLE_RATE_HZ) - len(voice)
            yield speaker, self._embed(np.pad(voice, (0, max(0, short)), mode="wrap"))

    def _embed(self, voice: NDArray[np.float32]) -> NDArray[np.float32]:
        import sherpa_onnx

        with sherpa.translated("sherpa-onnx failed to embed a voice"):
            if self._voices is None:
                self._voices = sherpa_onnx.SpeakerEmbeddingExtractor(
                    sherpa_onnx.SpeakerEmbeddingExtractorConfig(
                        model=str(self._embedding),
                        num_threads=self._arguments["threads"],
                        provider=self._arguments["provider"],
                    )
                )
            stream = self._voices.create_stream()
            stream.accept_waveform(SAMPLE_RATE_HZ, voice)
            stream.input_finished()
            found = np.asarray(self._voices.compute(stream), dtype=np.float32)
        return found / max(float(np.linalg.norm(found)), 1e-9)

    def _linked(
        self,
        owners: list[tuple[int, int]],
        voices: list[NDArray[np.float32]],
        speakers: SpeakerCount,
    ) -> dict[tuple[int, int], int]:
        """Which speakers of blocks are one and the same person."""
        labels = self._clustered(voices, -1)
        count = len(set(labels))
        least, most = speakers.minimum or 1, speakers.maximum or len(voices)
        wanted = min(max(count, least), most, len(voices))
        if wanted != count:
            labels = self._clustered(voices, wanted)
        return dict(zip(owners, labels, strict=True))

    def _clustered(self, voices: list[NDArray[np.float32]], clusters: int) -> list[int]:
        import sherpa_onnx

        if clusters == 1 or len(voices) == 1:  # the library takes no single cluster of several
            return [0] * len(voices)
        config = sherpa_onnx.FastClusteringConfig(
            num_clusters=clusters, threshold=self._options.threshold
        )
        with sherpa.translated("sherpa-onnx failed to link speakers"):
            return [int(label) for label in sherpa_onnx.FastClustering(config)(np.stack(voices))]


def _blocks(samples: Samples, speech: Sequence[Span], options: SherpaDiarizerOptions) -> list[Span]:
    """Stretches of at most `block_ms` that hold all speech, cut in pauses where there are any."""
    block_ms, least_ms = options.block_ms, options.shortest_turn_ms
    blocks: list[Span] = []
    start_ms = samples.offset_ms
    while start_ms < samples.end_ms:
        end_ms = min(start_ms + block_ms, samples.end_ms)
        if end_ms < samples.end_ms:
            late = within(speech, Span(start_ms=end_ms - block_ms // 4, end_ms=end_ms + 1))
            gaps = [item.start_ms for item in late if item.start_ms > end_ms - block_ms // 4]
            end_ms = min(gaps[-1], end_ms) if gaps else end_ms
        block = Span(start_ms=start_ms, end_ms=end_ms)
        spoken_ms = sum(
            overlap_ms(item.start_ms, item.end_ms, start_ms, end_ms)
            for item in within(speech, block)
        )
        if spoken_ms >= max(least_ms, 1):
            blocks.append(block)
        start_ms = end_ms
    return blocks


def _names(
    found: list[tuple[Span, int, int]], linked: dict[tuple[int, int], int]
) -> dict[tuple[int, int], str]:
    """A label for each speaker of each block, numbered by first appearance."""
    numbers: dict[int, int] = {}
    names: dict[tuple[int, int], str] = {}
    for _, block, speaker in sorted(found, key=lambda item: (item[0].start_ms, item[1:])):
        person = linked.get((block, speaker), speaker)
        number = numbers.setdefault(person, len(numbers))
        names[block, speaker] = f"SPEAKER_{number:02d}"
    return names


def _known(model: str) -> str:
    name = model or _CATALOG.default
    if name not in _CATALOG.models:
        known = ", ".join(_CATALOG.models)
        raise UsageError(f"no model is called '{name}'", hint=f"known: {known}", code="LQ-NO-MODEL")
    return name


def _digest(graphs: tuple[Path, Path], resources: Resources) -> str:
    """One digest of both graphs, which may lie in two folders."""
    cache = resources.models / sherpa.ENGINE
    if graphs[0].parent == graphs[1].parent:
        return weights.digest(sorted(graphs), cache)
    halves = [weights.digest([graph], cache) for graph in graphs]
    return weights.combined(halves)


def _graphs(model: str, resources: Resources) -> tuple[Path, Path]:
    """The segmentation and the embedding graph.

    Raises:
        UsageError: Nothing is called so.
        MissingError: They are not in the model cache.
        InputError: The folder given does not hold one of each.
    """
    given = _CATALOG.given_folder(model)
    if given is None:
        name = _known(model)
        folder = _CATALOG.folder(name, resources)
        graphs = (folder / "segmentation" / "model.onnx", folder / "embedding" / _EMBEDDINGS[name])
        absent = [path.name for path in graphs if not path.is_file()]
        if len(absent) == len(graphs):
            raise _CATALOG.absent(name, detail=f"about {_CATALOG.models[name].size_mb} MB")
        if absent:
            raise _CATALOG.incomplete(name, absent)
        return graphs
    segmentations, embeddings = [], []
    for path in sorted(given.rglob("*.onnx"), key=lambda item: (".int8" in item.name, item)):
        said = sherpa.header(path)
        if "powerset_max_classes" in said:
            segmentations.append(path)
        elif said.get("framework") in _FRAMEWORKS:
            embeddings.append(path)
    for what, paths in (("segmentation", segmentations), ("speaker embedding", embeddings)):
        whole = [path for path in paths if ".int8" not in path.name] or paths
        if len(whole) != 1:
            raise InputError(
                f"{given} holds {len(whole) or 'no'} {what} graph{'s' * (len(whole) > 1)} with the "
                "metadata of sherpa-onnx, where one is needed",
                hint="one of its pyannote segmentation exports and one of its speaker models",
                code="LQ-NO-MODEL",
            )
    return segmentations[0], embeddings[0]
