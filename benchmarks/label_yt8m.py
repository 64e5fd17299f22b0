"""What the engine `yt8m` adds around YouTube-8M's networks: scaling, PCA and 8 bits, in CPU time.

The published networks are not at hand; what stands around them is the same whatever they are. Each
is held against its like: scaling against Pillow's bilinear one (which smooths, and so is another
picture), rows of the PCA one by one against one product of matrices. And, of random networks of the
published shapes, how many of the 256 levels are those of float64.

    python benchmarks/label_yt8m.py
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from loquitur.engines.yt8m.pictures import Yt8mPictures, Yt8mPicturesOptions
from loquitur.engines.yt8m.projecting import read_pca
from loquitur.engines.yt8m.resizing import resize
from loquitur.protocols import Resources
from loquitur.testing.tiny_yt8m import tiny_yt8m
from loquitur.vision.labels.records.quantising import quantise

SIZES = {"360p": (360, 640), "720p": (720, 1280), "1080p": (1080, 1920), "4K": (2160, 3840)}


def milliseconds(run: Callable[[], object], times: int) -> float:
    """CPU time of one call."""
    run()
    began = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - began) / times * 1000


def main() -> None:
    """Print it."""
    rng = np.random.default_rng(0)
    for name, (height, width) in SIZES.items():
        picture = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        image = Image.fromarray(picture)
        ours = milliseconds(lambda one=picture: resize(one, 299, 299), 20)
        theirs = milliseconds(
            lambda one=image: one.resize((299, 299), Image.Resampling.BILINEAR), 20
        )
        print(f"{name}: scaled in {ours:.1f} ms, by Pillow in {theirs:.1f} ms")
    with tempfile.TemporaryDirectory() as place:
        folder = tiny_yt8m(Path(place))
        files = [folder / f"{name}.npy" for name in ("mean", "eigenvals", "eigenvecs")]
        pca = read_pca(files, 2048, 1024)
        rows = rng.uniform(0, 2, (300, 2048)).astype(np.float32)
        each = milliseconds(lambda: pca.apply(rows), 3) / len(rows)
        whole = milliseconds(lambda: (rows - pca.mean) @ pca.matrix / pca.scale, 3) / len(rows)
        print(f"PCA and 8 bits: {each:.2f} ms a row, one product of all rows {whole:.2f} ms")
        exact = rows.astype(float) - np.load(files[0])[:, 0]
        exact = exact @ np.load(files[2])[:1024].T.astype(float)
        exact /= np.sqrt(np.load(files[1])[:1024, 0].astype(float) + 1e-4)
        apart = np.abs(quantise(pca.apply(rows)).astype(int) - quantise(exact))
        print(
            f"levels: {(apart == 0).mean():.5%} those of float64, {(apart > 1).sum()} of"
            f" {apart.size} more than one away"
        )
        engine = Yt8mPictures(Yt8mPicturesOptions(model=str(folder)), Resources(models=folder))
        frame = rng.integers(0, 256, (1, 720, 1280, 3), dtype=np.uint8)
        print(
            f"all of it for a 720p frame: {milliseconds(lambda: engine.encode(frame), 20):.1f} ms"
        )


if __name__ == "__main__":
    main()
