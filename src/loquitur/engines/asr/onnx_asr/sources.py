"""Where models of onnx-asr are: known names, repositories of the hub, folders of the user."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from loquitur import languages
from loquitur.engines import weights
from loquitur.engines.asr.onnx_asr.families import (
    FAMILIES,
    PRECISIONS,
    Family,
    Precision,
    Times,
    known_languages,
    tell,
)
from loquitur.engines.catalog import Catalog, Download, hub_label, is_hub_name
from loquitur.errors import RemoteError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loquitur.protocols import Resources

Wanted = Literal["auto", "int8", "fp32"]

ENGINE = "onnx-asr"
CATALOG = Catalog("asr", ENGINE)

_RUSSIAN = ("ru",)
_FLASH = ("en", "de", "es", "fr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the table of models does not say: the family, language tags, the size in fp32."""

    family: str
    languages: tuple[str, ...]
    fp32_mb: int
    only_fp32: bool = False


def _tdt(known: tuple[str, ...], fp32_mb: int) -> Known:
    return Known(family="nemo-conformer-tdt", languages=known, fp32_mb=fp32_mb)


def _whisper(fp32_mb: int) -> Known:
    return Known(family="whisper", languages=languages.WHISPER, fp32_mb=fp32_mb)


def _gigaam(name: str, fp32_mb: int, known: tuple[str, ...] = _RUSSIAN) -> Known:
    return Known(family=name, languages=known, fp32_mb=fp32_mb)


def _nemo(kind: str, known: tuple[str, ...], fp32_mb: int) -> Known:
    return Known(family=f"nemo-conformer-{kind}", languages=known, fp32_mb=fp32_mb)


KNOWN: dict[str, Known] = {
    "parakeet-tdt-0.6b-v3": _tdt(languages.EUROPEAN, 2550),
    "parakeet-tdt-0.6b-v2": _tdt(("en",), 2500),
    "parakeet-rnnt-0.6b": _nemo("rnnt", ("en",), 2480),
    "parakeet-ctc-0.6b": _nemo("ctc", ("en",), 2440),
    "canary-1b-v2": _nemo("aed", languages.EUROPEAN, 3930),
    "canary-1b-flash": _nemo("aed", _FLASH, 3540),
    "canary-180m-flash": _nemo("aed", _FLASH, 740),
    "whisper-large-v3-turbo": _whisper(3240),
    "whisper-small": _whisper(1150),
    "whisper-base": Known(family="whisper-ort", languages=languages.WHISPER, fp32_mb=410),
    "whisper-tiny": _whisper(230),
    "gigaam-v3-rnnt": _gigaam("gigaam-v3-rnnt", 900),
    "gigaam-v3-ctc": _gigaam("gigaam-v3-ctc", 890),
    "gigaam-v3-e2e-rnnt": _gigaam("gigaam-v3-e2e-rnnt", 900),
    "gigaam-v3-e2e-ctc": _gigaam("gigaam-v3-e2e-ctc", 890),
    "gigaam-v2-rnnt": _gigaam("gigaam-v2-rnnt", 940),
    "gigaam-v2-ctc": _gigaam("gigaam-v2-ctc", 930),
    "gigaam-multilingual-ctc": _gigaam("gigaam-multilingual-ctc", 890, ()),
    "gigaam-multilingual-large-ctc": _gigaam("gigaam-multilingual-ctc", 2400, ()),
    "fastconformer-ru-rnnt": _nemo("rnnt", _RUSSIAN, 460),
    "fastconformer-ru-ctc": _nemo("ctc", _RUSSIAN, 460),
    "vosk-model-ru": Known(family="kaldi-rnnt", languages=_RUSSIAN, fp32_mb=260),
    "vosk-model-small-ru": Known(family="kaldi-rnnt", languages=_RUSSIAN, fp32_mb=95),
    "t-one": Known(family="t-one-ctc", languages=_RUSSIAN, fp32_mb=140, only_fp32=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A model that is there, whole."""

    folder: Path
    family: Family
    precision: Precision
    is_given: bool

    @property
    def files(self) -> list[Path]:
        """Every file that decides the result."""
        return self.family.found(self.folder, self.precision)


def parse(model: str) -> tuple[str, Wanted]:
    """A name without, and the precision behind it (`-int8`, `-fp32`); names of the library too.

    >>> parse("nemo-parakeet-tdt-0.6b-v2-fp32"), parse("t-tech/t-one"), parse("./my-fp32")
    (('parakeet-tdt-0.6b-v2', 'fp32'), ('t-one', 'auto'), ('./my-fp32', 'auto'))
    """
    name: str = model or CATALOG.default
    precision: Wanted = "auto"
    for item in PRECISIONS:
        bare = name.removesuffix(f"-{item}")
        if bare != name and (_own(bare) in KNOWN or is_hub_name(bare)):
            name, precision = bare, item
    return _own(name), precision


def _own(name: str) -> str:
    """Our name for one of the library's."""
    bare = name.removeprefix("nemo-").removeprefix("alphacep/").removeprefix("t-tech/")
    return bare if bare in KNOWN else name


def locate(model: str, family: str, precision: Wanted, resources: Resources) -> Place:
    """A model's place, checked to be whole; the library itself would fetch what it misses.

    Raises:
        UsageError: Nothing is called so.
        MissingError: It is not in the model cache, or not whole there.
        InputError: The folder given holds no such model.
    """
    given = CATALOG.given_folder(model)
    if given is not None:
        found, settled = tell(given, wanted=family, precision=precision)
        return Place(folder=given, family=found, precision=settled, is_given=True)
    for item in _precisions(model, precision):
        folder = CATALOG.folder(label(model, item), resources)
        if not folder.is_dir():
            continue
        if model not in KNOWN:
            found, settled = tell(folder, wanted=family, precision=item)
            return Place(folder=folder, family=found, precision=settled, is_given=False)
        expected = FAMILIES[KNOWN[model].family]
        lacking = weights.lacking(folder, expected.patterns(item))
        if lacking:
            raise CATALOG.incomplete(model, lacking, mark=_mark(model, item))
        return Place(folder=folder, family=expected, precision=item, is_given=False)
    first = _precisions(model, precision)[0]
    size = f", about {size_mb(model, first)} MB" if model in KNOWN else ""
    raise CATALOG.absent(model, mark=_mark(model, first), detail=f"{first}{size}")


def pull(model: str, resources: Resources, say: Callable[[str], None]) -> None:
    """Bring a model into the cache, in int8 unless another is named or there is none.

    Raises:
        UsageError: Nothing is called so.
        MissingError: It cannot be had from here.
        RemoteError: The hub refuses, or the repository holds no model for this engine.
    """
    name, wanted = parse(model)
    CATALOG.check_name(name)
    precisions = _precisions(name, wanted)
    if name in KNOWN:
        _pull_known(name, precisions[0], resources, say)
        return
    for precision in precisions:
        try:
            _pull_stranger(name, precision, resources, say)
        except TransientError:
            raise
        except RemoteError:
            if precision == precisions[-1]:
                raise
        else:
            return


def _pull_known(
    name: str, precision: Precision, resources: Resources, say: Callable[[str], None]
) -> None:
    download = Download(
        label=label(name, precision),
        repository=CATALOG.models[name].source,
        needed=FAMILIES[KNOWN[name].family].patterns(precision),
        extra=_beside(precision),
        about_mb=size_mb(name, precision),
    )
    CATALOG.pull(f"{name} ({precision})", [download], resources, say)


def _pull_stranger(
    name: str, precision: Precision, resources: Resources, say: Callable[[str], None]
) -> None:
    """A repository nobody told us of: all files that any family could have, then a look."""
    title, target = f"{name} ({precision})", label(name, precision)
    if CATALOG.folder(target, resources).is_dir():
        say(f"{title} is there already")
        return
    patterns = {item for family in FAMILIES.values() for item in family.patterns(precision)}
    download = Download(
        label=target,
        repository=name,
        needed=(),
        extra=(*sorted(patterns), *_beside(precision)),
    )
    check = partial(tell, precision=precision)
    CATALOG.pull(title, [download], resources, say, check=check)


def _beside(precision: Precision) -> tuple[str, ...]:
    """What may lie beside the graphs: in int8 the weights are inside them."""
    weights_ = ("*.onnx?data", "*/*.onnx?data") if precision == "fp32" else ()
    return ("config.json", *weights_)


def label(name: str, precision: Precision) -> str:
    """The folder of the cache for a model."""
    return f"{hub_label(name)}-{precision}"


def location(model: str, resources: Resources) -> Path:
    """The folder of a model of the hub in the cache, whether it is there or not.

    Raises:
        UsageError: Nothing is called so.
    """
    name, wanted = parse(model)
    CATALOG.check_name(name)
    return CATALOG.folder(label(name, _precisions(name, wanted)[0]), resources)


def size_mb(name: str, precision: Precision) -> int:
    """About what a fetch of a known model brings."""
    only = KNOWN[name].only_fp32 or precision == "fp32"
    return KNOWN[name].fp32_mb if only else CATALOG.models[name].size_mb


def languages_of(model: str, family: str, precision: Wanted) -> tuple[str, ...]:
    """The languages of a model, empty for any; of a folder those that its vocabulary names."""
    if model in KNOWN:
        return KNOWN[model].languages
    given = CATALOG.given_folder(model)
    if given is None:
        return ()
    found, _ = tell(given, wanted=family, precision=precision)
    return known_languages(found, given)


def must_be_told(model: str, family: str, precision: Wanted) -> bool:
    """Whether a model cannot find out the language; of the hub's others its name has to tell."""
    if model in KNOWN:
        return FAMILIES[KNOWN[model].family].needs_language
    given = CATALOG.given_folder(model)
    if given is not None:
        return tell(given, wanted=family, precision=precision)[0].needs_language
    return FAMILIES[family].needs_language if family else "canary" in model.lower()


def times_of(model: str, family: str, precision: Wanted) -> Times:
    """Whether a model says when words are spoken; of the hub's others its name has to tell."""
    if model in KNOWN:
        return FAMILIES[KNOWN[model].family].times
    given = CATALOG.given_folder(model)
    if given is not None:
        return tell(given, wanted=family, precision=precision)[0].times
    if family:
        return FAMILIES[family].times
    untimed = any(word in model.lower() for word in ("whisper", "canary"))
    return "none" if untimed else "words"


def _precisions(model: str, wanted: Wanted) -> tuple[Precision, ...]:
    """The precisions to look for, in order."""
    if model in KNOWN and KNOWN[model].only_fp32:
        return ("fp32",)
    return PRECISIONS if wanted == "auto" else (wanted,)


def _mark(model: str, precision: Precision) -> str:
    """What a pull command adds to the name for this precision."""
    return "" if precision == _precisions(model, "auto")[0] else f"-{precision}"
