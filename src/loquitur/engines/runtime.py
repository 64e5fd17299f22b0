"""torch as the engines on it need it: loaded quietly, put on a device, short of memory, and safe.

Nothing is executed that lies in a model's folder: weights are safetensors, or read by torch with
`weights_only`.
"""

from __future__ import annotations

import contextlib
import pickle
import re
import sys
import warnings
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from loquitur.engines.checkpoints import INSTALL, LIBRARY, version
from loquitur.errors import EngineError, InputError, MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")
U = TypeVar("U")

Precision = Literal["auto", "float32", "float16", "bfloat16"]

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
_CROWDED = re.compile(
    r"out of memory|ALLOC_FAILED|can't allocate memory|not enough memory", re.IGNORECASE
)
_TORCHAUDIO = (
    "torchaudio does not load beside this torch, and transformers imports it for every audio "
    "model where it is installed"
)
TORCHAUDIO_ADVICE = "pip uninstall torchaudio, or install the build made for your torch"


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
            hint=f"{INSTALL} --force-reinstall",
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
        EngineError: It is here, and its memory is full or it fails.
    """
    device = _named_device(torch, wanted)
    if device.startswith("cuda"):
        try:
            _settle(torch, device)
        except RuntimeError as exc:
            if not lacks_memory(exc):
                raise EngineError(
                    f"{device} cannot be used: {_first_line(exc)}",
                    hint="nvidia-smi tells its state; or take device=cpu",
                ) from exc
            raise EngineError(
                f"{device} has no memory left",
                hint="nvidia-smi tells which programs hold it: end one, or take device=cpu",
                code="LQ-NO-MEMORY",
            ) from exc
    return device


def _settle(torch: Any, device: str) -> None:
    """Has cuBLAS take its workspace (32 MB) while nothing else is on the card.

    Later it would be put into a block that a model has freed, which could then not be given back:
    2 GB were seen to stay.
    """
    one = torch.ones(1, 1, device=device)
    torch.mm(one, one)


def _named_device(torch: Any, wanted: str) -> str:
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
                f"device={wanted} was asked for, but the last card here is cuda:{count - 1}",
                hint="nvidia-smi lists the cards; or take device=auto",
                code="LQ-NO-CUDA",
            )
    return wanted


def choose_precision(torch: Any, wanted: Precision, device: str) -> Any:
    """A torch dtype; `auto` is half precision on CUDA, where the models lose nothing by it."""
    if wanted == "auto":
        return torch.float16 if device.startswith("cuda") else torch.float32
    return getattr(torch, wanted)


@contextlib.contextmanager
def translated(
    what: str, error: type[EngineError | InputError] = EngineError, *, retried: bool = False
) -> Iterator[None]:
    """Turns what torch and the libraries on it raise into ours.

    Args:
        what: What was being done, for the message.
        error: What a failure becomes: `InputError` while a model's files are read.
        retried: A lack of memory comes as torch's OutOfMemoryError, for `in_batches` to try again.

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
    except (
        RuntimeError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        OSError,
        AssertionError,
    ) as exc:
        if lacks_memory(exc):
            if retried:
                raise torch.OutOfMemoryError(_first_line(exc)) from exc
            raise _no_memory(what) from exc
        # a card that fails says nothing of the files
        kind = EngineError if "CUDA" in str(exc) else error
        raise kind(f"{what}: {_first_line(exc)}") from exc
    except ImportError as exc:
        raise MissingError(
            f"{what}: {_first_line(exc)}",
            hint="install what it names, in the build made for your torch",
            code="LQ-NO-PACKAGE",
        ) from exc


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


def lacks_memory(exc: BaseException) -> bool:
    """Whether an error says that memory ran out, on the card or off it.

    torch has a class for what its own allocator is refused. What the libraries beneath it are
    refused comes as a plain RuntimeError: a context or a handle of theirs on a card that is full,
    and memory of the processor.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(exc, torch.OutOfMemoryError):
        return True
    return isinstance(exc, RuntimeError) and _CROWDED.search(str(exc)) is not None


def release() -> None:
    """Give back what engines held that are gone.

    torch keeps the memory of a card for its own next use, out of reach of other libraries and
    processes.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


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


def load_complete(
    kind: Any, folder: Path, dtype: Any, *, hint: str, trust_remote_code: bool = False
) -> Any:
    """A model with all of its weights, ready to be asked.

    Args:
        kind: Of the library: `AutoModelForSequenceClassification` and the like.
        folder: Of the model.
        dtype: Of its numbers.
        hint: What else the folder may hold, where it lacks weights.
        trust_remote_code: Run Python code that lies in the folder.

    Raises:
        InputError: The folder lacks weights, which the library would draw at random.
    """
    model, report = kind.from_pretrained(
        folder,
        dtype=dtype,
        local_files_only=True,
        output_loading_info=True,
        trust_remote_code=trust_remote_code,
    )
    absent = missing_weights(report, model)
    if absent:
        raise InputError(
            f"{folder} lacks weights of {type(model).__name__}: {', '.join(absent[:3])}",
            hint=hint,
            code="LQ-NO-MODEL",
        )
    return model.eval()


def tensors(path: Path, *, inside: Sequence[str] = ()) -> dict[str, Any]:
    """The named tensors of one file of weights, on the CPU; nothing in it is run.

    Args:
        path: The file.
        inside: Names under which the tensors may lie, one in the other, where there is more
            in the file than they.

    Raises:
        InputError: It is damaged, or holds more than tensors.
    """
    import torch
    from safetensors.torch import load_file

    with translated(f"{path} cannot be read", InputError):
        if path.suffix == ".safetensors":
            found: Any = load_file(path)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
        for name in inside:
            nested = found.get(name)
            found = nested if isinstance(nested, dict) else found
        strange = [name for name, value in found.items() if not isinstance(value, torch.Tensor)]
    if strange:
        raise InputError(
            f"{path} holds more than weights: {strange[0]}", hint="", code="LQ-NO-MODEL"
        )
    return {str(name): value for name, value in found.items()}
