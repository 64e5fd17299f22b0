"""Which recognizer of sherpa-onnx a folder's files are for, by their names and their metadata."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from loquitur import languages
from loquitur.engines import sherpa
from loquitur.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Precision = Literal["auto", "int8", "fp32"]
Times = Literal["words", "none"]

SENSE_VOICE = ("zh", "en", "ja", "ko", "yue")
_CANARY = ("en", "de", "es", "fr")

# what `model_type` in the metadata of a single graph says -> factory, name of its argument
_SINGLE = {
    "sense_voice_ctc": ("from_sense_voice", "model"),
    "paraformer": ("from_paraformer", "paraformer"),
    "EncDecCTCModelBPE": ("from_nemo_ctc", "model"),
    "EncDecCTCModel": ("from_nemo_ctc", "model"),
    "EncDecHybridRNNTCTCBPEModel": ("from_nemo_ctc", "model"),
    "zipformer2_ctc": ("from_zipformer_ctc", "model"),
    "wenet_ctc": ("from_wenet_ctc", "model"),
    "telespeech_ctc": ("from_telespeech_ctc", "model"),
    "dolphin": ("from_dolphin_ctc", "model"),
    "tdnn": ("from_tdnn_ctc", "model"),
}
_NEMO_TRANSDUCERS = ("EncDecRNNTBPEModel", "EncDecHybridRNNTCTCBPEModel", "EncDecRNNTModel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognizer:
    """A recognizer and its files.

    Args:
        factory: The classmethod of `OfflineRecognizer` that makes it.
        files: Its file arguments.
        extra: Its other arguments.
        times: Whether it says when a token was spoken.
        languages: What it can be told, or knows; empty for unknown.
        told: Where in the library's configuration the language is told, empty where nowhere.
        needs_language: Whether it must be told.
    """

    factory: str
    files: Mapping[str, Path]
    extra: Mapping[str, str] = field(default_factory=dict)
    times: Times = "words"
    languages: tuple[str, ...] = ()
    told: str = ""
    needs_language: bool = False

    @property
    def paths(self) -> list[Path]:
        """Every file that decides the result, external weights among them, sorted by name."""
        data = [
            path
            for graph in self.files.values()
            for path in graph.parent.glob(f"{graph.name}?data")
        ]
        data += [
            path
            for graph in self.files.values()
            for path in graph.parent.glob(f"{graph.stem}.weights")
        ]
        return sorted({*self.files.values(), *data})


def recognizer_in(folder: Path, precision: Precision) -> Recognizer:
    """The recognizer that a folder's files are for.

    Args:
        folder: An existing folder; the files lie in it, not below.
        precision: `int8` or `fp32` where both are there; `auto` is int8 where there is such.

    Raises:
        InputError: None, or not all of one.
    """
    tokens = sorted(folder.glob("*tokens.txt"))
    graphs = sorted([*folder.glob("*.onnx"), *folder.glob("*.ort")])
    if not tokens or not graphs:
        lacking = "tokens.txt" if graphs else "*.onnx"
        raise InputError(
            f"{folder} holds no model of sherpa-onnx: no {lacking}", code="LQ-NO-MODEL"
        )
    for shape in (_moonshine, _transducer, _encoder_decoder, _single):
        found = shape(folder, graphs, tokens[0], precision)
        if found is not None:
            return found
    names = ", ".join(path.name for path in graphs[:6])
    raise InputError(
        f"{folder} holds no model that this engine knows, or not all of one: {names}",
        hint="it takes transducers, CTC, Whisper, Moonshine, Canary, SenseVoice, Paraformer",
        code="LQ-NO-MODEL",
    )


def _moonshine(
    folder: Path, graphs: Sequence[Path], tokens: Path, precision: Precision
) -> Recognizer | None:
    names = {
        "preprocessor": "preprocess",
        "encoder": "encode",
        "uncached_decoder": "uncached_decode",
        "cached_decoder": "cached_decode",
    }
    if any(path.name.startswith("uncached_decode") for path in graphs):
        files = {
            key: _one(folder, graphs, name, precision, prefix=True) for key, name in names.items()
        }
        return Recognizer(factory="from_moonshine", files={**files, "tokens": tokens}, times="none")
    if any(path.name.startswith("decoder_model_merged") for path in graphs):
        files = {
            key: _one(folder, graphs, name, precision, prefix=True)
            for key, name in (("encoder", "encoder_model"), ("decoder", "decoder_model_merged"))
        }
        return Recognizer(
            factory="from_moonshine_v2", files={**files, "tokens": tokens}, times="none"
        )
    return None


def _transducer(
    folder: Path, graphs: Sequence[Path], tokens: Path, precision: Precision
) -> Recognizer | None:
    if not any("joiner" in path.name for path in graphs):
        return None
    files = {key: _one(folder, graphs, key, precision) for key in ("encoder", "decoder", "joiner")}
    said = sherpa.header(files["encoder"])
    is_nemo = "pred_hidden" in said or said.get("model_type") in _NEMO_TRANSDUCERS
    return Recognizer(
        factory="from_transducer",
        files={**files, "tokens": tokens},
        extra={"model_type": "nemo_transducer" if is_nemo else "transducer"},
    )


def _encoder_decoder(
    folder: Path, graphs: Sequence[Path], tokens: Path, precision: Precision
) -> Recognizer | None:
    if not all(any(part in path.name for path in graphs) for part in ("encoder", "decoder")):
        return None
    files = {key: _one(folder, graphs, key, precision) for key in ("encoder", "decoder")}
    said = sherpa.header(files["encoder"])
    files["tokens"] = tokens
    if said.get("model_type") == "EncDecMultiTaskModel":
        return Recognizer(
            factory="from_nemo_canary",
            files=files,
            times="none",
            languages=_CANARY,
            told="canary",
            needs_language=True,
        )
    if "n_text_layer" not in said:
        return None
    many = said.get("is_multilingual") == "1"
    known = tuple(filter(None, said.get("all_language_codes", "").split(",")))
    timed = "n_alignment_heads" in said
    return Recognizer(
        factory="from_whisper",
        files=files,
        extra={"language": "" if many else "en"},
        times="words" if timed else "none",
        languages=(known or languages.WHISPER) if many else ("en",),
        told="whisper" if many else "",
    )


def _single(
    folder: Path, graphs: Sequence[Path], tokens: Path, precision: Precision
) -> Recognizer | None:
    if len({path.name.replace(".int8", "") for path in graphs}) != 1:
        return None
    graph = _one(folder, graphs, "", precision)
    kind = sherpa.header(graph).get("model_type", "")
    if kind not in _SINGLE:
        raise InputError(
            f"{graph} is of the kind '{kind[:40]}', which this engine does not know"
            if kind
            else f"{graph} does not say of what kind it is: no model_type in its metadata",
            hint=f"known: {', '.join(_SINGLE)}",
            code="LQ-NO-MODEL",
        )
    factory, argument = _SINGLE[kind]
    is_sense = factory == "from_sense_voice"
    return Recognizer(
        factory=factory,
        files={argument: graph, "tokens": tokens},
        languages=SENSE_VOICE if is_sense else (),
    )


def _one(
    folder: Path, graphs: Sequence[Path], part: str, precision: Precision, *, prefix: bool = False
) -> Path:
    """The graph of a part, in the precision wanted.

    Raises:
        InputError: There is none, or several.
    """
    named = [
        path for path in graphs if (path.name.startswith(part) if prefix else part in path.name)
    ]
    small = [path for path in named if ".int8" in path.name]
    large = [path for path in named if ".int8" not in path.name]
    alike = part in ("decoder", "preprocess")  # small as they are, often there in fp32 alone
    chosen = {"auto": small or large, "int8": small or large * alike, "fp32": large}[precision]
    if len(chosen) != 1:
        mark = "" if precision == "auto" else f" in {precision}"
        what = f"{part or 'graph'}{mark}"
        found = f"several: {', '.join(path.name for path in chosen[:4])}" if chosen else "none"
        raise InputError(f"{folder} should hold one {what}, and holds {found}", code="LQ-NO-MODEL")
    return chosen[0]
