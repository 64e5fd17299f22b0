"""What of a sentence encoder's folder decides its vectors: graph or weights, lengths, pooling.

The files are those of sentence-transformers: `config.json`, `tokenizer.json`, and `model.onnx` (or
`onnx/model.onnx`) or `model.safetensors`; `sentence_bert_config.json` (how many tokens it reads),
`1_Pooling/config.json` (how tokens become a vector), `config_sentence_transformers.json` (what is
written before a text). A model of the hub lies in the model cache under `onnx/OWNER--NAME`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from loquitur.engines import checkpoints, classifiers, weights
from loquitur.engines.catalog import Catalog
from loquitur.engines.encoders.graph import FAMILIES, VERSION
from loquitur.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loquitur.engines.encoders.graph import Precision
    from loquitur.protocols import Resources

Pooling = Literal["mean", "cls", "max"]
ENGINE = "onnx"
WEIGHTS = "model.safetensors"
INT8 = "-int8"
"""Behind a model's name: its products in 8 bits, twice as fast and a quarter as large."""
_GRAPHS: dict[Precision, tuple[str, ...]] = {
    "float32": ("model.onnx", "onnx/model.onnx"),
    "int8": tuple(
        f"{place}model_{mark}.onnx" for place in ("", "onnx/") for mark in ("int8", "quantized")
    ),
}
_NEEDED = (checkpoints.CONFIG, classifiers.TOKENIZER, WEIGHTS)
_POOLING = "1_Pooling/config.json"
_SENTENCES = "sentence_bert_config.json"
_PROMPTS = "config_sentence_transformers.json"
_MODULES = "modules.json"
_BESIDE = (_SENTENCES, _PROMPTS, _MODULES, "tokenizer_config.json", _POOLING)
_PASSED = ("Transformer", "Pooling", "Normalize")
_POOLINGS: tuple[tuple[str, Pooling], ...] = (
    ("pooling_mode_cls_token", "cls"),
    ("pooling_mode_max_tokens", "max"),
    ("pooling_mode_mean_tokens", "mean"),
)
_PREFIXES: tuple[tuple[str, tuple[str, str]], ...] = (
    # their cards: Wang et al. 2022 (E5), Xiao et al. 2023 (BGE, English, without -m3)
    ("e5-", ("query: ", "passage: ")),
    ("bge-small-en", ("Represent this sentence for searching relevant passages: ", "")),
    ("bge-base-en", ("Represent this sentence for searching relevant passages: ", "")),
    ("bge-large-en", ("Represent this sentence for searching relevant passages: ", "")),
)
_INSTRUCTED = "-instruct"
_INSTRUCTION = (
    "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "
)
"""Of those E5 that read an instruction before a question, and nothing before a passage."""
_LONGEST_PREFIX = 1_000
_LEAST_TOKENS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that is here, not loaded.

    Args:
        folder: Where its files are.
        name: As people call it, with `-int8` where it runs so.
        precision: Of its products.
        graph: The graph that lies in the folder; None where it is written from the weights.
        is_given: Whether it is the user's own folder.
    """

    folder: Path
    name: str
    precision: Precision
    graph: Path | None
    is_given: bool

    @property
    def place(self) -> str:
        """The folder as it can be named again; empty for a model of the hub."""
        mark = INT8 if self.precision == "int8" else ""
        return f"{self.folder.resolve()}{mark}" if self.is_given else ""

    def digest(self, resources: Resources) -> str:
        """The digest of every file that decides a result, and of the precision."""
        names = (checkpoints.CONFIG, classifiers.TOKENIZER, _SENTENCES, _PROMPTS)
        core = [self.folder / name for name in names if (self.folder / name).is_file()]
        if self.graph is None:
            core.append(self.folder / WEIGHTS)
        cache = resources.models / ENGINE
        parts = [weights.digest(sorted(core), cache)]
        if self.graph is not None:
            data = sorted(self.graph.parent.glob(f"{self.graph.name}?data"))
            parts.append(weights.digest([self.graph, *data], cache))
        if (self.folder / _POOLING).is_file():
            parts.append(weights.digest([self.folder / _POOLING], cache))
        return weights.combined([*parts, self.precision, VERSION])

    def config(self) -> dict[str, Any]:
        """Its `config.json`."""
        return checkpoints.read_config(self.folder)

    def longest(self) -> int:
        """How many tokens it reads, marks included.

        Raises:
            InputError: It leaves room for none.
        """
        most = classifiers.longest_of(self.config())
        if most < _LEAST_TOKENS:
            raise InputError(
                f"{self.folder}: its config.json gives impossible sizes", code="LQ-NO-MODEL"
            )
        stated = checkpoints.read_config(self.folder, _SENTENCES).get("max_seq_length")
        usable = isinstance(stated, int) and stated >= _LEAST_TOKENS
        return min(most, stated) if usable and stated is not None else most

    def pooling(self) -> Pooling:
        """How the vectors of tokens become one; their mean where nothing is said.

        Raises:
            InputError: In a way, or through a further layer, that is not known here.
        """
        self._check_modules()
        said = checkpoints.read_config(self.folder, _POOLING)
        named = said.get("pooling_mode")
        chosen = [name for key, name in _POOLINGS if said.get(key)]
        if named is not None:
            chosen = [name for _, name in _POOLINGS if name == named]
        others = [key for key, value in said.items() if key.startswith("pooling_mode_") and value]
        if said and (len(chosen) != 1 or len(others) > 1):
            raise InputError(
                f"{self.folder / _POOLING}: its pooling is not known here",
                hint="take the engine sentence-transformers for it",
                code="LQ-NO-MODEL",
            )
        return chosen[0] if chosen else "mean"

    def prefixes(self) -> tuple[str, str]:
        """What is written before a question and before a passage; see `prefixes_of`."""
        return prefixes_of(self.folder, self.name)

    def _check_modules(self) -> None:
        path = self.folder / _MODULES
        if not path.is_file():
            return
        import msgspec

        try:
            listed = msgspec.json.decode(path.read_bytes(), type=list[dict[str, Any]])
        except (OSError, msgspec.DecodeError) as exc:
            raise InputError(f"{path} is no list of modules: {exc}", code="LQ-NO-MODEL") from exc
        kinds = [str(item.get("type", "")).rpartition(".")[2] for item in listed]
        strange = [kind for kind in kinds if kind not in _PASSED]
        if strange:
            raise InputError(
                f"{self.folder.name} has a further layer ({strange[0]}), which is not run here",
                hint="take the engine sentence-transformers for it",
                code="LQ-NO-MODEL",
            )


def catalog(kind: str) -> Catalog:
    """The known models of the engine `onnx` of a kind."""
    return Catalog(kind, ENGINE, full=f"{kind}.{ENGINE}")


def prefixes_of(folder: Path, name: str) -> tuple[str, str]:
    """What is written before a question and before a passage: by the model's files, or its name.

    A folder may be called anything: the name under which its `config.json` was written counts too.

    Raises:
        InputError: One is longer than the 1,000 characters that any needs.
    """
    prompts = checkpoints.read_config(folder, _PROMPTS).get("prompts")
    if isinstance(prompts, dict) and any(prompts.values()):
        told = [prompts.get(key) for key in ("query", "passage", "document")]
        query, passage, document = (one if isinstance(one, str) else "" for one in told)
        if max(len(query), len(passage), len(document)) > _LONGEST_PREFIX:
            raise InputError(f"{folder / _PROMPTS}: its prompts are too long", code="LQ-NO-MODEL")
        return query, passage or document
    written = checkpoints.read_config(folder).get("_name_or_path")
    return _usual(name) or _usual(written if isinstance(written, str) else "") or ("", "")


def _usual(name: str) -> tuple[str, str] | None:
    """What models of a name are trained with."""
    plain = name.rpartition("/")[2].lower()
    known = (pair for mark, pair in _PREFIXES if plain.startswith(mark) or f"-{mark}" in plain)
    found = next(known, None)
    return (_INSTRUCTION, "") if found and _INSTRUCTED in plain else found


def find(model: str, known: Catalog, resources: Resources) -> Model:
    """A model by its name or folder, `-int8` behind either; nothing is fetched.

    Raises:
        UsageError: Nothing is called so.
        MissingError: It is not in the model cache, with the command that brings it.
        InputError: The folder holds no such model.
    """
    name, precision = _parted(model)
    mark = INT8 if precision == "int8" else ""
    found = known.locate(name, resources)
    folder = found.folder
    absent = weights.lacking(folder, _NEEDED[:2])
    graphs = [folder / one for one in _GRAPHS[precision] if (folder / one).is_file()]
    has_weights = (folder / WEIGHTS).is_file()
    if precision == "int8" and has_weights and _is_written(folder):
        graphs = []  # of ours it is known that a text's vector depends on that text alone
    if not graphs and not has_weights:
        absent.append("model.onnx" if found.is_given and not mark else WEIGHTS)
    known.check_whole(
        found,
        absent,
        hint="a model's folder has config.json, tokenizer.json, and model.onnx or"
        " model.safetensors",
    )
    return Model(
        folder=folder,
        name=found.name + mark,
        precision=precision,
        graph=graphs[0] if graphs else None,
        is_given=found.is_given,
    )


def pull(model: str, known: Catalog, resources: Resources, tell: Callable[[str], None]) -> None:
    """Bring a model of the hub into the cache, whole or not at all; a present one is kept.

    Raises:
        UsageError: No name that the hub could have.
        MissingError: It cannot be had from here.
        TransientError: The hub cannot be reached now.
        RemoteError: The hub refuses, or the repository holds no such model.
        FullError: It cannot be written.
    """
    name, _ = _parted(model)
    known.pull_whole(name, resources, tell, needed=_NEEDED, extra=_BESIDE, check=_examine)


def location(model: str, known: Catalog, resources: Resources) -> Path:
    """The folder of a model of the hub in the cache, whether it is there or not.

    Raises:
        UsageError: No name that the hub could have.
    """
    name, _ = _parted(model)
    return known.location(name, resources)


def _parted(model: str) -> tuple[str, Precision]:
    if model.endswith(INT8) and not Path(model).expanduser().is_dir():
        return model.removesuffix(INT8), "int8"
    return model, "float32"


def _is_written(folder: Path) -> bool:
    return checkpoints.read_config(folder).get("model_type") in FAMILIES


def _examine(folder: Path) -> None:
    config: Mapping[str, Any] = checkpoints.read_config(folder)
    if config.get("model_type") not in FAMILIES:
        raise InputError(
            f"it is of the kind '{config.get('model_type')}', of which no graph can be written",
            hint="take a folder with its model.onnx, or the engine sentence-transformers",
            code="LQ-NO-MODEL",
        )
