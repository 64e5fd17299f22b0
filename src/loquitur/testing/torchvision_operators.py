"""Importing torchvision beside a torch that its compiled part was not built for.

The package index has torchvision for CUDA builds of torch alone. Beside a CPU build its Python
part works, but the import fails, since it describes two operators (`nms`, `qnms`) that only the
compiled part declares. Here they are declared, without an implementation: pictures are resized and
normalised, networks are made and run; finding boxes still fails with torch's own error.

`python -m loquitur.testing.torchvision_operators` makes an environment do so by itself, in every
process, where it is needed; nothing is changed where torchvision imports as it is.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

_PTH = "loquitur_torchvision.pth"
_LINE = "import loquitur.testing.torchvision_operators as operators; operators.watch()\n"
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[Any] = []


def declare() -> None:
    """Declare the operators, once."""
    if _declared:
        return
    import torch

    library = torch.library.Library("torchvision", "DEF")
    for schema in _SCHEMAS:
        library.define(schema)
    _declared.append(library)


class _Watch(MetaPathFinder):
    """Declares the operators when torchvision is about to be imported; finds nothing itself."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Told of every import."""
        del path, target
        if name == "torchvision":
            sys.meta_path.remove(self)
            declare()


def watch() -> None:
    """Declare the operators as soon as somebody imports torchvision."""
    sys.meta_path.insert(0, _Watch())


def main() -> int:
    """Write the environment's line where its torchvision cannot be imported."""
    tried = subprocess.run(
        [sys.executable, "-c", "import torchvision"], capture_output=True, text=True, check=False
    )
    if tried.returncode == 0 or "torchvision::nms" not in tried.stderr:
        return 0
    (Path(sysconfig.get_paths()["purelib"]) / _PTH).write_text(_LINE, encoding="utf-8")
    return subprocess.run([sys.executable, "-c", "import torchvision"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
