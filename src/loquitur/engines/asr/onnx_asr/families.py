"""The families of models that onnx-asr runs: their files, how a folder is told, what they know.

A folder is told by the files in it, then by `config.json`, then by the graph itself; nothing is
loaded for that. File patterns are the library's own (0.12); `{mark}` stands for the precision.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from loquitur import languages
from loquitur.engines import weights
from loquitur.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Precision = Literal["int8", "fp32"]
Times = Literal["words", "none"]

PRECISIONS: tuple[Precision, ...] = ("int8", "fp32")
_TOKEN = re.compile(r"<\|([a-z]{2,3})\|>")
_NEMO_INPUTS = ("audio_signal", "length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One kind of model.

    Args:
        name: What onnx-asr calls it.
        files: Patterns of its files; `{mark}` is `?int8` or nothing.
        inputs: Names of the inputs of its first graph: what a folder of another kind lacks.
        times: Whether its decoder says when a token was spoken.
        takes_language: Whether it can be told the language.
        needs_language: Whether it must be told: it cannot find out.
    """

    name: str
    files: tuple[str, ...]
    inputs: tuple[str, ...]
    times: Times = "words"
    takes_language: bool = False
    needs_language: bool = False

    def patterns(self, precision: Precision) -> tuple[str, ...]:
        """The patterns of its files in a precision."""
        mark = "" if precision == "fp32" else f"?{precision}"
        return tuple(pattern.format(mark=mark) for pattern in self.files)

    def found(self, folder: Path, precision: Precision) -> list[Path]:
        """Every file of a folder that decides the result, external weights among them, sorted."""
        named = [path for name in self.patterns(precision) for path in folder.glob(name)]
        data = [
            path
            for graph in named
            if graph.suffix == ".onnx"
            for path in graph.parent.glob(f"{graph.name}?data")
        ]
        return sorted({*named, *data, *folder.glob("config.json")})


def _gigaam_rnnt(name: str, stem: str, vocabulary: str) -> Family:
    parts = ("encoder", "decoder", "joint")
    return Family(
        name=name,
        files=(*(f"{stem}_{part}{{mark}}.onnx" for part in parts), vocabulary),
        inputs=_NEMO_INPUTS,
    )


def _gigaam_ctc(name: str, stem: str, vocabulary: str) -> Family:
    return Family(
        name=name,
        files=(f"{stem}{{mark}}.onnx", vocabulary),
        inputs=("features", "feature_lengths"),
    )


_TRANSDUCER = ("encoder-model{mark}.onnx", "decoder_joint-model{mark}.onnx", "vocab.txt")
_TDT = "nemo-conformer-tdt"
_RNNT = "nemo-conformer-rnnt"
_WHISPER = ("vocab.json", "added_tokens.json")

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family(name=_TDT, files=_TRANSDUCER, inputs=_NEMO_INPUTS),
        Family(name=_RNNT, files=_TRANSDUCER, inputs=_NEMO_INPUTS),
        Family(
            name="nemo-conformer-ctc",
            files=("model{mark}.onnx", "vocab.txt"),
            inputs=_NEMO_INPUTS,
        ),
        Family(
            name="nemo-conformer-aed",
            files=("encoder-model{mark}.onnx", "decoder-model{mark}.onnx", "vocab.txt"),
            inputs=_NEMO_INPUTS,
            times="none",
            takes_language=True,
            needs_language=True,
        ),
        Family(
            name="whisper",
            files=(
                *("**/encoder_model{mark}.onnx", "**/decoder_model_merged{mark}.onnx"),
                *_WHISPER,
            ),
            inputs=("input_features",),
            times="none",
            takes_language=True,
        ),
        Family(
            name="whisper-ort",
            files=("whisper-*_beamsearch{mark}.onnx", *_WHISPER),
            inputs=("input_features", "decoder_input_ids"),
            times="none",
            takes_language=True,
        ),
        _gigaam_ctc("gigaam-v2-ctc", "v2_ctc", "v2_vocab.txt"),
        _gigaam_rnnt("gigaam-v2-rnnt", "v2_rnnt", "v2_vocab.txt"),
        _gigaam_ctc("gigaam-v3-ctc", "v3_ctc", "v3_vocab.txt"),
        _gigaam_rnnt("gigaam-v3-rnnt", "v3_rnnt", "v3_vocab.txt"),
        _gigaam_ctc("gigaam-v3-e2e-ctc", "v3_e2e_ctc", "v3_e2e_ctc_vocab.txt"),
        _gigaam_rnnt("gigaam-v3-e2e-rnnt", "v3_e2e_rnnt", "v3_e2e_rnnt_vocab.txt"),
        _gigaam_ctc("gigaam-multilingual-ctc", "multilingual*_ctc", "multilingual_vocab.txt"),
        Family(
            name="kaldi-rnnt",
            files=(
                *("*/encoder{mark}.onnx", "*/decoder{mark}.onnx", "*/joiner{mark}.onnx"),
                "*/tokens.txt",
            ),
            inputs=("x", "x_lens"),
        ),
        Family(
            name="t-one-ctc", files=("model{mark}.onnx", "config.json"), inputs=("signal", "state")
        ),
    )
}

# Names of the library that mean the same files.
_SAME = {"vosk": "kaldi-rnnt"}


def tell(folder: Path, *, wanted: str = "", precision: str = "auto") -> tuple[Family, Precision]:
    """Which family a folder holds, and in which precision: int8 before fp32 where both are there.

    Args:
        folder: An existing folder.
        wanted: A family's name that the user gives; empty to find out.
        precision: `int8`, `fp32` or `auto`.

    Raises:
        InputError: None, not all of one, or several that only the user can choose from.
    """
    config = _config(folder)
    precisions = [item for item in PRECISIONS if precision in ("auto", item)]
    families = [FAMILIES[wanted]] if wanted else list(FAMILIES.values())
    for item in precisions:
        whole = [family for family in families if _is_whole(family, folder, item, config)]
        if whole:
            return _only(whole, folder, config), item
    raise _nothing(folder, families, precisions, config)


def known_languages(family: Family, folder: Path) -> tuple[str, ...]:
    """The languages that a model's own vocabulary names; empty where it names none."""
    if not family.takes_language:
        return ()
    for name in ("added_tokens.json", "vocab.txt"):
        path = folder / name
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            known = (*languages.EUROPEAN, *languages.WHISPER)
            return tuple(sorted(set(_TOKEN.findall(text)) & set(known)))
    return ()


def _config(folder: Path) -> dict[str, Any]:
    """The content of `config.json`, empty where there is none.

    Raises:
        InputError: It cannot be read.
    """
    path = folder / "config.json"
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_bytes())
    except ValueError as exc:
        raise InputError(f"{path} is not JSON: {exc}", code="LQ-NO-MODEL") from exc
    return found if isinstance(found, dict) else {}


def _is_whole(family: Family, folder: Path, precision: Precision, config: dict[str, Any]) -> bool:
    if weights.lacking(folder, family.patterns(precision)):
        return False
    return family.name != "t-one-ctc" or "decoder_params" in config


def _only(whole: list[Family], folder: Path, config: dict[str, Any]) -> Family:
    """The one family that is meant."""
    said = _SAME.get(str(config.get("model_type")), str(config.get("model_type")))
    named = [family for family in whole if family.name == said]
    if named or len(whole) == 1:
        return (named or whole)[0]
    if {family.name for family in whole} == {_TDT, _RNNT}:
        return FAMILIES[_transducer(folder)]
    names = ", ".join(family.name for family in whole)
    raise InputError(
        f"{folder} holds several models: {names}",
        hint="say which with --set transcribe.family=NAME",
        code="LQ-NO-MODEL",
    )


def _transducer(folder: Path) -> str:
    """TDT or RNNT: the joint network of a TDT gives more logits than there are tokens.

    Raises:
        InputError: The graph does not say.
    """
    import onnx
    from google.protobuf.message import DecodeError

    path = sorted(folder.glob("decoder_joint-model*.onnx"))[0]
    vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8", errors="replace")
    tokens = len(vocabulary.strip("\n").splitlines())
    try:
        graph = onnx.load(path, load_external_data=False).graph
    except (DecodeError, OSError) as exc:
        raise InputError(f"{path} is no ONNX graph: {exc}", code="LQ-NO-MODEL") from exc
    sizes = {
        item.name: item.type.tensor_type.shape.dim[-1].dim_value
        for item in graph.output
        if item.type.tensor_type.shape.dim
    }
    logits = sizes.get("outputs", 0)
    if not logits:
        raise InputError(
            f"{folder} is a NeMo transducer, but not whether TDT or RNNT",
            hint=f'write {{"model_type": "{_TDT}"}} (or "{_RNNT}") into its config.json,'
            " or --set transcribe.family=NAME",
            code="LQ-NO-MODEL",
        )
    return _TDT if logits > tokens else _RNNT


def _nothing(
    folder: Path,
    families: Iterable[Family],
    precisions: list[Precision],
    config: dict[str, Any],
) -> InputError:
    """What is wrong with a folder in which no family is whole."""
    others = [item for item in PRECISIONS if item not in precisions]
    for item in others:
        if any(_is_whole(family, folder, item, config) for family in families):
            return InputError(
                f"{folder} has no {precisions[0]} files, only {item}",
                hint=f"--set transcribe.precision={item}",
                code="LQ-NO-MODEL",
            )
    said = str(config.get("model_type", ""))
    nearest, precision = max(
        ((family, item) for family in families for item in precisions),
        key=lambda pair: (
            _share(pair[0], folder, pair[1]),
            pair[0].name in (said, _SAME.get(said)),
        ),
    )
    lacking = weights.lacking(folder, nearest.patterns(precision))
    graphs = [name for name in nearest.patterns(precision) if name.endswith(".onnx")]
    if set(graphs) <= set(lacking):
        kind = f" (its config.json says '{said[:60]}')" if said else ""
        return InputError(
            f"{folder} holds no model that onnx-asr knows{kind}",
            hint="it takes ONNX exports of " + ", ".join(FAMILIES),
            code="LQ-NO-MODEL",
        )
    if not lacking:
        return InputError(
            f"{folder}: config.json does not describe a {nearest.name} model", code="LQ-NO-MODEL"
        )
    return InputError(
        f"{folder} is no whole {nearest.name} model: no {', '.join(lacking)}", code="LQ-NO-MODEL"
    )


def _share(family: Family, folder: Path, precision: Precision) -> float:
    patterns = family.patterns(precision)
    graphs = [pattern for pattern in patterns if pattern.endswith(".onnx")]
    found = len(graphs) - len(weights.lacking(folder, graphs))
    rest = len(patterns) - len(weights.lacking(folder, patterns))
    return found / len(graphs) + rest / len(patterns) / 10
