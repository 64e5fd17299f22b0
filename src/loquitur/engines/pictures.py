"""Encoders of pictures on torch: the part that the libraries they come from do not matter to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur.engines import runtime
from loquitur.errors import InputError
from loquitur.vision import encoders, preprocessing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from loquitur.model.vision import Preprocessing

CPU_BATCH, GPU_BATCH = 16, 128
"""Pictures side by side where nobody says: VGG16 takes 13 MB of activations for one in float32."""


class TorchEncoder:
    """A network that turns pictures into vectors, behind `loquitur.protocols.FrameEncoder`.

    A subclass makes the network and calls `settle`.

    Attributes:
        network: The network, on its device.
        forward: Vectors [n, d] of prepared pictures [n, 3, h, w], by the network.
    """

    network: Any
    forward: Callable[[Any], Any]

    motion: ClassVar[bool] = False
    scales: bool = False
    dimension: int
    preprocessing: Preprocessing
    batch_size: int

    def settle(
        self,
        torch: Any,
        model: Any,
        forward: Callable[[Any], Any],
        *,
        name: str,
        device: str,
        dtype: Any,
        threads: int,
        batch_size: int,
    ) -> None:
        """Put a network on its device.

        Args:
            torch: The library.
            model: The network.
            forward: Vectors [n, d] of pictures [n, 3, h, w], by the network.
            name: For messages.
            device: As `runtime.choose_device` gives it.
            dtype: Of its numbers.
            threads: On the processor.
            batch_size: Pictures at once; 0 for what suits the device.

        Raises:
            InputError: The network does not take pictures of that size, or gives no numbers.
            EngineError: The device is out of memory.
        """
        self._torch, self.forward, self._name = torch, forward, name
        self._device, self._dtype, self._threads = device, dtype, threads
        on_card = device.startswith("cuda")
        self.batch_size = batch_size or (GPU_BATCH if on_card else CPU_BATCH)
        self.scales = on_card
        # pictures come with their channels last, and convolutions on a card are fastest so
        layout = {"memory_format": torch.channels_last} if on_card else {}
        self.network = model.eval().requires_grad_(False).to(device=device, dtype=dtype, **layout)
        how = self.preprocessing
        grey = np.full((1, how.height_px, how.width_px, 3), 128, dtype=np.uint8)
        with runtime.translated(f"{name} failed", InputError):
            found = self._vectors(grey)
        self.dimension = encoders.numbers_of(found, name)

    def encode(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors of pictures uint8 [n, h, w, 3], RGB, of any size; float32 [n, dimension].

        Raises:
            InputError: They are no pictures.
            EngineError: The network failed, or the device is out of memory.
        """
        preprocessing.check(pictures)
        if self.scales:  # the card is a hundred times as fast at that as one core
            return self._in_batches(pictures, raw=True)
        return self.encode_fitted(preprocessing.fit(pictures, self.preprocessing))

    def encode_fitted(self, fitted: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As `encode`, of pictures that `preprocessing.fit` gave."""
        return self._in_batches(fitted, raw=False)

    def _in_batches(self, pictures: NDArray[np.uint8], *, raw: bool) -> NDArray[np.float32]:
        if not len(pictures):
            return np.zeros((0, self.dimension), dtype=np.float32)

        def run(some: Sequence[int]) -> Sequence[Any]:
            return list(self._seen(pictures[some[0] : some[-1] + 1], raw=raw))

        numbers = range(len(pictures))
        return np.stack(
            list(runtime.in_batches(numbers, self.batch_size, run, device=self._device))
        )

    def _seen(self, pictures: NDArray[np.uint8], *, raw: bool = False) -> NDArray[np.float32]:
        with runtime.translated(f"{self._name} failed", retried=True):
            return self._vectors(pictures, raw=raw)

    def _vectors(self, pictures: NDArray[np.uint8], *, raw: bool = False) -> NDArray[np.float32]:
        torch = self._torch
        how = self.preprocessing
        with runtime.inference(torch, self._threads):
            pixels = torch.from_numpy(np.ascontiguousarray(pictures)).to(self._device)
            pixels = pixels.permute(0, 3, 1, 2)
            if raw:
                pixels = scaled(torch, pixels, how)
            if how.channels == "bgr":
                pixels = pixels.flip(1)
            std = torch.tensor(how.std, dtype=torch.float64)
            factor = (how.scale / std).float().to(self._device)[:, None, None]
            shift = (torch.tensor(how.mean, dtype=torch.float64) / std).float()
            values = pixels.float() * factor - shift.to(self._device)[:, None, None]
            found = self.forward(values.to(self._dtype))
            array: NDArray[np.float32] = found.float().cpu().numpy()
        return array.reshape(len(pictures), -1)


def scaled(torch: Any, pixels: Any, how: Preprocessing) -> Any:
    """Pictures at the model's size, as `preprocessing.fit` makes them, wherever they lie.

    Args:
        torch: The library.
        pixels: uint8 [n, 3, h, w].
        how: The model's own preprocessing.

    Returns:
        float32 [n, 3, height_px, width_px], whole levels.
    """
    height, width = pixels.shape[2:]
    rows, columns = (
        torch.from_numpy(one).to(pixels.device)
        for one in preprocessing.matrices(height, width, how)
    )
    narrow = (pixels.float() @ columns.T + 0.5).floor().clamp(0, 255)
    return (rows @ narrow + 0.5).floor().clamp(0, 255)
