"""Checkpoints that torch runs: found in a folder or brought from the hub, put on a device, run.

The engines on torch share this page; it knows no architecture. Nothing is executed that lies in a
model's folder: weights are safetensors, or read by torch with `weights_only`. A model of the hub
lies in the model cache under `transformers/OWNER--NAME`, one of a pinned revision under
`transformers/OWNER--NAME@REVISION`, whichever engine reads it.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import pickle
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from loquitur.engines import weights
from loquitur.errors import EngineError, InputError, MissingError, RemoteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from loquitur.protocols import Resources

T = TypeVar("T")
U = TypeVar("U")

Precision = Literal["auto", "float32", "float16", "bfloat16"]

LIBRARY = "transformers"
CONFIG = "config.json"
_INSTALL = 'pip install "loquitur[transformers]"'
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
_WORDING = (".json", ".txt", ".model", ".jinja", ".yaml")  # all that is not weights, never code
_SAFE = re.compile(r"model(-\d+-of-\d+)?\.safetensors")
_PICKLED = re.compile(r"pytorch_model(-\d+-of-\d+)?\.bin")
_TORCHAUDIO = (
    "torchaudio does not load beside this torch, and transformers imports it for every audio "
    "model where it is installed"
)
TORCHAUDIO_ADVICE = "pip uninstall torchaudio, or install the build made for your torch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a model is: a folder of the user's, or a repository of the hub at a revision.

    `folder` is set for the first, `repository` for the second.
    """

    folder: Path | None = None
    repository: str = ""
    revision: str = ""

    @property
    def name(self) -> str:
        """What a person calls it: the folder's name, or `owner/name[@revision]`."""
        if self.folder is not None:
            return self.folder.resolve().name
        return self.repository + (f"@{self.revision}" if self.revision else "")


def source(model: str, revision: str = "") -> Source:
    """What a text names: an existing folder, or `owner/name[@revision]` of the hub.

    Args:
        model: As the user gave it.
        revision: A branch, tag or commit; goes before one in the name.

    Raises:
        UsageError: It is neither.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return Source(folder=folder)
    repository, _, pinned = model.partition("@")
    if _REPOSITORY.fullmatch(repository) is None or ".." in repository:
        raise UsageError(
            f"'{model}' is neither a folder that is here nor a model of the hub",
            hint="expected a folder, or OWNER/NAME[@REVISION]",
            code="LQ-NO-MODEL",
        )
    return Source(repository=repository, revision=revision or pinned)


def cache_folder(found: Source, resources: Resources) -> Path:
    """Where a model of the hub lies once it is here; the user's own folder otherwise."""
    if found.folder is not None:
        return found.folder
    mark = f"@{re.sub(r'[^A-Za-z0-9._-]', '-', found.revision)}" if found.revision else ""
    return resources.models / LIBRARY / (found.repository.replace("/", "--") + mark)


def locate(found: Source, resources: Resources, *, needs: Sequence[str] = (CONFIG,)) -> Path:
    """The folder of a model, complete as far as `needs` says; nothing is fetched.

    One that is not in our cache, but in that of the hub's client (`HF_HOME`), is taken from there.

    Raises:
        MissingError: It is not in the cache, with the command that brings it.
        InputError: The user's folder lacks what such a model has.
    """
    folder = cache_folder(found, resources)
    if found.folder is None and not folder.is_dir():
        folder = _hubs_own_copy(found, needs[0]) or folder
    if found.folder is None and not folder.is_dir():
        raise MissingError(
            f"model {found.name} is not in the model cache",
            hint=f"loquitur models pull {LIBRARY}:{found.name}",
            code="LQ-NO-MODEL",
        )
    absent = weights.lacking(folder, needs)
    if not absent and not weight_files(folder):
        absent = ["model.safetensors"]
    if absent and found.folder is None:
        raise MissingError(
            f"model {found.name} is incomplete in the model cache: no {', '.join(absent)}",
            hint=f"loquitur models pull {LIBRARY}:{found.name}",
            code="LQ-NO-MODEL",
        )
    if absent:
        raise InputError(
            f"{folder} is no model for this engine: no {', '.join(absent)}", code="LQ-NO-MODEL"
        )
    return folder


def _hubs_own_copy(found: Source, name: str) -> Path | None:
    """The folder of a model in the cache of the hub's client, where it has it with weights."""
    try:
        import huggingface_hub
    except ImportError:
        return None
    path = huggingface_hub.try_to_load_from_cache(
        found.repository, name, revision=found.revision or None
    )
    folder = Path(path).parent if isinstance(path, str) else None
    return folder if folder is not None and weight_files(folder) else None


def weight_files(folder: Path) -> list[Path]:
    """The files of weights that the library would read, safetensors before all others."""
    everything = sorted(path for path in folder.glob("*") if path.is_file())
    for kind in (_SAFE, _PICKLED):
        chosen = [path for path in everything if kind.fullmatch(path.name)]
        if chosen:
            return chosen
    return [path for path in everything if path.suffix == ".ckpt"]


def digest(folder: Path, resources: Resources) -> str:
    """The digest of every file that decides a result: weights and wording."""
    wording = [path for path in folder.glob("*") if path.suffix in _WORDING and path.is_file()]
    adapters = list(folder.glob("adapter.*.safetensors"))
    files = sorted({*weight_files(folder), *wording, *adapters})
    return weights.digest(files, resources.models / LIBRARY)


def read_config(folder: Path, name: str = CONFIG) -> dict[str, Any]:
    """A JSON file of a model's folder; empty where there is none.

    Raises:
        InputError: It is no JSON object.
    """
    path = folder / name
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as exc:
        raise InputError(f"{path} is no JSON: {exc}", code="LQ-NO-MODEL") from exc
    if not isinstance(content, dict):
        raise InputError(f"{path} is no JSON object", code="LQ-NO-MODEL")
    return content


def version(package: str = LIBRARY) -> str:
    """The installed version of a package.

    Raises:
        MissingError: It is not installed.
    """
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError as exc:
        raise MissingError(
            f"the package {package} is not installed", hint=_INSTALL, code="LQ-NO-PACKAGE"
        ) from exc


# --- the hub --------------------------------------------------------------------------------------


def pull(found: Source, resources: Resources, tell: Callable[[str], None]) -> None:
    """Bring a model of the hub into the cache, whole or not at all; a present one is kept.

    Size, licence and gate are told before anything large is fetched. Safetensors are preferred; a
    repository without them is fetched as torch's own files, which are read with `weights_only`.

    Raises:
        UsageError: A folder is nothing to fetch.
        MissingError: It cannot be had from here, or its conditions must be accepted first.
        TransientError: The hub cannot be reached now.
        RemoteError: The hub refuses, or the repository holds no weights.
        FullError: It cannot be written.
    """
    if found.folder is not None:
        raise UsageError(f"{found.folder} is a folder: there is nothing to fetch")
    folder = cache_folder(found, resources)
    if folder.is_dir() and weight_files(folder):
        tell(f"{found.name} is there already")
        return
    if resources.offline:
        raise MissingError(
            f"model {found.name} cannot be fetched while offline",
            hint=f"go online, or copy its files to {folder}",
            code="LQ-NO-MODEL",
        )
    listed = _listing(found)
    about_mb = max(1, round(sum(size for _, size in listed.files) / 1e6))
    tell(
        f"fetching {found.name} (about {about_mb} MB, licence {listed.licence}"
        f"{', gated' if listed.gated else ''})"
    )
    weights.fetch(
        found.repository,
        [name for name, _ in listed.files],
        folder,
        about_mb=about_mb,
        tell=tell,
        revision=found.revision or None,
    )
    tell(f"{found.name} is ready")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    files: tuple[tuple[str, int], ...]
    licence: str
    gated: bool


def _listing(found: Source) -> _Listing:
    """What a fetch of a repository brings: (name, bytes) of wording and one set of weights."""
    try:
        import huggingface_hub
        from huggingface_hub import errors
    except ImportError as exc:
        raise MissingError(
            "the package huggingface_hub is not installed",
            hint="pip install huggingface_hub",
            code="LQ-NO-PACKAGE",
        ) from exc
    with weights.translated(found.repository, errors):
        info = huggingface_hub.HfApi().model_info(
            found.repository, revision=found.revision or None, files_metadata=True
        )
    top = {item.rfilename: item.size or 0 for item in info.siblings if "/" not in item.rfilename}
    chosen: list[str] = []
    for kind in (_SAFE, _PICKLED, re.compile(r"[\w-]+\.ckpt")):
        chosen = chosen or [name for name in top if kind.fullmatch(name)]
    if not chosen:
        raise RemoteError(
            f"{found.repository} has no weights for torch (model.safetensors)", code="LQ-NO-MODEL"
        )
    wording = [name for name in top if name.endswith(_WORDING)]
    adapters = [name for name in top if name == "adapter.eng.safetensors"]
    card = getattr(info, "card_data", None)
    return _Listing(
        files=tuple((name, top[name]) for name in sorted({*chosen, *wording, *adapters})),
        licence=str(getattr(card, "license", None) or "not stated"),
        gated=bool(getattr(info, "gated", False)),
    )


# --- torch ----------------------------------------------------------------------------------------


def libraries() -> tuple[Any, Any]:
    """Torch and transformers, imported now, with their own talk switched off.

    Raises:
        MissingError: One is not installed, or a broken torchaudio keeps them from loading.
    """
    for package in ("torch", LIBRARY):
        version(package)
    try:
        import torch
        import transformers
        import transformers.audio_utils
    except (ImportError, OSError) as exc:
        if "torchaudio" in str(exc) or "torchaudio" in _places(exc):
            raise MissingError(_TORCHAUDIO, hint=TORCHAUDIO_ADVICE, code="LQ-NO-PACKAGE") from exc
        raise MissingError(
            f"transformers cannot be loaded: {_first_line(exc)}",
            hint=f"{_INSTALL} --force-reinstall",
            code="LQ-NO-PACKAGE",
        ) from exc
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return torch, transformers


def _places(exc: BaseException) -> str:
    """The files through which an error came."""
    names = []
    trace = exc.__traceback__
    while trace is not None:
        names.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    return " ".join(names)


def choose_device(torch: Any, wanted: str) -> str:
    """A device by name: `auto` takes CUDA, then Apple's, then the CPU.

    Raises:
        UsageError: No such device is known.
        MissingError: It is asked for by name and not here.
    """
    if _DEVICE.fullmatch(wanted) is None:
        raise UsageError(
            f"no device is called '{wanted}'", hint="known: auto, cpu, cuda, cuda:1, mps"
        )
    has_mps = torch.backends.mps.is_available()
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if has_mps else "cpu"
    if wanted == "mps" and not has_mps:
        raise MissingError("this machine has no Apple GPU", hint="take device=cpu or device=auto")
    if wanted.startswith("cuda"):
        if not torch.cuda.is_available():
            built = torch.version.cuda
            reason = "finds no NVIDIA card or driver" if built else "is a build without CUDA"
            raise MissingError(
                f"device={wanted} was asked for, but this torch {reason}",
                hint="nvidia-smi shows whether the card is seen; or take device=auto"
                if built
                else "install torch with CUDA (https://pytorch.org), or take device=auto",
                code="LQ-NO-CUDA",
            )
        count = torch.cuda.device_count()
        number = int(wanted.partition(":")[2] or 0)
        if number >= count:
            raise MissingError(
                f"device={wanted} was asked for, but there are {count} cards",
                hint="count from cuda:0",
                code="LQ-NO-CUDA",
            )
    return wanted


def choose_precision(torch: Any, wanted: Precision, device: str) -> Any:
    """A torch dtype; `auto` is half precision on CUDA, where the models lose nothing by it."""
    if wanted == "auto":
        return torch.float16 if device.startswith("cuda") else torch.float32
    return getattr(torch, wanted)


@contextlib.contextmanager
def translated(what: str, *, retried: bool = False) -> Iterator[None]:
    """Turns what torch and the libraries on it raise into ours.

    Args:
        what: What was being done, for the message.
        retried: Lets torch's OutOfMemoryError through, for `in_batches` to try again.

    Raises:
        InputError: The model's files are damaged or of another architecture.
        EngineError: Anything else.
    """
    import torch
    from safetensors import SafetensorError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except torch.OutOfMemoryError as exc:
        if retried:
            raise
        raise _no_memory(what) from exc
    except SafetensorError as exc:
        raise InputError(
            f"{what}: its weights are damaged ({_first_line(exc)})",
            hint="copy or pull the model again",
            code="LQ-NO-MODEL",
        ) from exc
    except pickle.UnpicklingError as exc:
        raise InputError(
            f"{what}: its files hold more than weights, and nothing in them is run",
            hint="look for the same model as safetensors",
            code="LQ-NO-MODEL",
        ) from exc
    except (RuntimeError, ValueError, TypeError, LookupError, AttributeError, OSError) as exc:
        raise EngineError(f"{what}: {_first_line(exc)}") from exc
    except ImportError as exc:
        raise MissingError(
            f"{what}: {_first_line(exc)}",
            hint="install what it names, in the build made for your torch",
            code="LQ-NO-PACKAGE",
        ) from exc
    except (NotImplementedError, AssertionError) as exc:
        raise EngineError(f"{what}: {_first_line(exc)}") from exc


def in_batches(
    items: Sequence[T], size: int, run: Callable[[Sequence[T]], Sequence[U]], *, device: str
) -> Iterator[U]:
    """Runs items through a model in batches, smaller ones where memory does not hold them.

    Once a size was too large it is not tried again in this call.

    Args:
        items: What to run, in order.
        size: How many at once, at most.
        run: Gives one result (never none) for each item; raises torch's OutOfMemoryError.
        device: For the message.

    Yields:
        The results, in the order of the items.

    Raises:
        EngineError: Not even one item fits.
    """
    import torch

    at = 0
    while at < len(items):
        batch = items[at : at + size]
        try:
            results = run(batch)
        except torch.OutOfMemoryError as exc:
            if len(batch) <= 1:
                raise _no_memory(f"one chunk at a time on {device}") from exc
            size = len(batch) // 2
            results = ()
        if results:
            yield from results
            at += len(batch)
        else:
            torch.cuda.empty_cache()  # what the failed attempt held; nothing where CUDA is unused


def _no_memory(what: str) -> EngineError:
    return EngineError(
        f"{what}: the model does not fit into memory",
        hint="take a smaller model, dtype=float16, shorter chunks, or device=cpu",
        code="LQ-NO-MEMORY",
    )


def _first_line(exc: BaseException) -> str:
    lines = str(exc).strip().splitlines()
    return lines[0][:200] if lines else type(exc).__name__


@contextlib.contextmanager
def inference(torch: Any, threads: int) -> Iterator[None]:
    """Runs a model: with so many threads, without gradients."""
    before = torch.get_num_threads()
    if threads and threads != before:
        torch.set_num_threads(threads)
    try:
        with torch.inference_mode():
            yield
    finally:
        if threads and threads != before:
            torch.set_num_threads(before)


def missing_weights(report: Any, model: Any) -> list[str]:
    """Weights that a checkpoint lacks and that the library therefore drew at random.

    Args:
        report: What `from_pretrained(..., output_loading_info=True)` gives beside the model.
        model: The model.

    Returns:
        Their names, sorted; those that stay unused when a model only listens are left out.
    """
    names = set(report["missing_keys"]) | {item[0] for item in report["mismatched_keys"]}
    ignored = getattr(model, "_keys_to_ignore_on_load_missing", None) or ()
    unused = ("masked_spec_embed", *ignored)
    return sorted(name for name in names if not any(item in name for item in unused))


def tensors(path: Path) -> dict[str, Any]:
    """The named tensors of one file of weights, on the CPU; nothing in it is run.

    Raises:
        InputError: It is damaged, or holds more than tensors.
    """
    import torch
    from safetensors.torch import load_file

    with translated(f"{path} cannot be read"):
        if path.suffix == ".safetensors":
            found: Any = load_file(path)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
        strange = [name for name, value in found.items() if not isinstance(value, torch.Tensor)]
    if strange:
        raise InputError(
            f"{path} holds more than weights: {strange[0]}", hint="", code="LQ-NO-MODEL"
        )
    return {str(name): value for name, value in found.items()}
