"""YouTube-8M's chain: what comes out is what the published formulas give, by other code."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from loquitur.engines.yt8m.pictures import Yt8mPictures, Yt8mPicturesOptions
from loquitur.engines.yt8m.projecting import Pca, read_matrix, read_pca
from loquitur.engines.yt8m.resizing import resize
from loquitur.engines.yt8m.sound import Yt8mSound, Yt8mSoundOptions
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Resources
from loquitur.testing import signals, tiny_yt8m
from loquitur.vision.labels.records.quantising import dequantise, quantise

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_yt8m.tiny_yt8m(tmp_path_factory.mktemp("yt8m") / "files")


@pytest.fixture(scope="module")
def film() -> np.ndarray:
    """Three frames that change, more in red than in blue."""
    rng = np.random.default_rng(3)
    down = np.linspace(0, 255, 120)[None, :, None, None]
    film = np.broadcast_to(down, (3, 120, 200, 3)) * np.array([1.0, 0.6, 0.2])
    return np.clip(film + rng.normal(0, 20, film.shape), 0, 255).astype(np.uint8)


def _eye(folder: Path) -> Yt8mPictures:
    return Yt8mPictures(Yt8mPicturesOptions(model=str(folder)), Resources(models=folder))


def _ear(folder: Path) -> Yt8mSound:
    return Yt8mSound(Yt8mSoundOptions(model=str(folder)), Resources(models=folder))


def _link(folder: Path, target: Path, *, without: tuple[str, ...] = ()) -> Path:
    """A folder with the same files, but for some."""
    target.mkdir()
    for path in folder.iterdir():
        if path.is_file() and path.name not in without:
            (target / path.name).symlink_to(path)
    return target


def _levels(values: np.ndarray) -> np.ndarray:
    """As the published code: clipped to -2..2, times 255 / 4, cast to a byte."""
    return ((np.clip(values, -2, 2) + 2) * (255 / 4)).astype(np.uint8)


def _assert_levels(found: np.ndarray, expected: np.ndarray) -> None:
    """Of float32 against float64: next to all equal, none more than a level away."""
    apart = np.abs(quantise(found).astype(int) - expected.astype(int))
    assert apart.max() <= 1
    assert (apart == 0).mean() > 0.999
    assert len(np.unique(expected)) > 100, "the levels are spread, or this says nothing"


@pytest.mark.parametrize("size", [(120, 200), (299, 299), (720, 1280), (1, 1), (7, 1000)])
def test_pictures_are_scaled_as_tensorflow_1_does(size: tuple[int, int]) -> None:
    from onnx import TensorProto, helper

    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    node = helper.make_node(
        "Resize", ["x", "", "", "size"], ["y"], mode="linear",
        coordinate_transformation_mode="asymmetric",
    )  # fmt: skip
    graph = helper.make_graph(
        [node], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, "h", "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [helper.make_tensor("size", TensorProto.INT64, [4], [1, 3, 299, 299])],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (theirs,) = session.run(None, {"x": picture.transpose(2, 0, 1)[None].astype(np.float32)})
    ours = resize(picture, 299, 299)
    assert np.abs(ours - theirs[0].transpose(1, 2, 0)).max() < 0.05  # of 255
    # one pixel by the formula: its place is i * h / 299, between two pixels of the picture
    y, x = 150 * size[0] / 299, 77 * size[1] / 299
    top, left = int(y), int(x)
    below, right = min(top + 1, size[0] - 1), min(left + 1, size[1] - 1)
    four = picture.astype(float)
    upper = four[top, left] + (four[top, right] - four[top, left]) * (x - left)
    lower = four[below, left] + (four[below, right] - four[below, left]) * (x - left)
    assert np.allclose(ours[150, 77], upper + (lower - upper) * (y - top), atol=0.05)


def test_rows_of_pictures_are_those_of_the_published_formula(
    folder: Path, film: np.ndarray
) -> None:
    import onnx
    from onnx import numpy_helper

    stored = onnx.load(folder / "inception.onnx").graph.initializer
    matrix = next(numpy_helper.to_array(one) for one in stored if one.name == "matrix")
    mean = np.load(folder / "mean.npy")[:, 0].astype(float)
    values = np.load(folder / "eigenvals.npy")[:1024, 0].astype(float)
    vectors = np.load(folder / "eigenvecs.npy").T[:, :1024].astype(float)
    expected = []
    for picture in film:
        small = (resize(picture, 299, 299).astype(float) - 128) / 128
        cells = small[:296, :296].reshape(8, 37, 8, 37, 3).mean(axis=(1, 3)).transpose(2, 0, 1)
        pool = np.abs(cells.reshape(-1) @ matrix.astype(float))
        expected.append(((pool - mean) @ vectors) / np.sqrt(values + 1e-4))
    found = _eye(folder).encode(film)
    _assert_levels(found, _levels(np.array(expected)))
    assert np.abs(np.array(expected)).max() > 2, "something is cut"
    turned = _eye(folder).encode(film[..., ::-1])
    assert (quantise(turned) != quantise(found)).mean() > 0.5, "blue and red are told apart"


@pytest.mark.parametrize("step", ["DecodeJpeg", "Cast", "ExpandDims", "Sub", "Mul"])
def test_a_graph_may_begin_at_any_step(
    folder: Path, film: np.ndarray, tmp_path: Path, step: tiny_yt8m.Step
) -> None:
    other = _link(folder, tmp_path / "other", without=("inception.onnx",))
    tiny_yt8m.write_inception(other / "inception.onnx", step=step)
    found, known = quantise(_eye(other).encode(film)), quantise(_eye(folder).encode(film))
    assert np.abs(found.astype(int) - known).max() <= 1
    assert (found == known).mean() > 0.99


def test_rows_of_sound_are_those_of_the_published_formula(folder: Path) -> None:
    """Log-mel by loops as in `mel_features.py`, then `vggish_postprocess.py`."""
    import onnx
    from onnx import numpy_helper

    sound = np.stack([signals.voice(1100)[:15_600], signals.noise(1100)[:15_600]])
    hann = 0.5 - 0.5 * np.cos(2 * np.pi / 400 * np.arange(400))
    bins = 1127.0 * np.log(1.0 + np.linspace(0, 8000, 257) / 700.0)
    low, high = 1127.0 * np.log(1.0 + np.array([125.0, 7500.0]) / 700.0)
    edges = np.linspace(low, high, 66)
    weights = np.zeros((257, 64))
    for band in range(64):
        lower, centre, upper = edges[band : band + 3]
        rising, falling = (bins - lower) / (centre - lower), (upper - bins) / (upper - centre)
        weights[1:, band] = np.maximum(0, np.minimum(rising, falling))[1:]
    patches = np.array(
        [
            [
                np.log(np.abs(np.fft.rfft(one[at : at + 400] * hann, 512)) @ weights + 0.01)
                for at in range(0, 96 * 160, 160)
            ]
            for one in sound.astype(float)
        ]
    )
    stored = onnx.load(folder / "vggish.onnx").graph.initializer
    matrix = numpy_helper.to_array(stored[0]).astype(float)
    raw = np.tanh(patches.reshape(2, -1) @ matrix)
    with np.load(folder / "vggish_pca_params.npz") as known:
        vectors, means = known["pca_eigen_vectors"], known["pca_means"].reshape(-1, 1)
    expected = np.dot(vectors, raw.T - means).T
    engine = _ear(folder)
    assert (engine.window_ms, engine.step_ms) == (975, 1000)
    _assert_levels(engine.encode(sound.astype(np.float32)), _levels(expected))


def test_mediapipes_matrices_are_the_same_pca(
    folder: Path, film: np.ndarray, tmp_path: Path
) -> None:
    other = tiny_yt8m.tiny_yt8m(tmp_path / "matrices", matrices=True)
    sound = signals.voice(1100)[None, :15_600].astype(np.float32)
    for one, two in (
        (_eye(folder).encode(film), _eye(other).encode(film)),
        (_ear(folder).encode(sound), _ear(other).encode(sound)),
    ):
        apart = quantise(one).astype(int) - quantise(two)
        assert np.abs(apart).max() <= 1
        assert (apart == 0).mean() > 0.999
    eyes = [Yt8mPictures.identity(Yt8mPicturesOptions(model=str(each)), Resources(models=tmp_path))
            for each in (folder, other)]  # fmt: skip
    assert eyes[0].model_digest != eyes[1].model_digest
    assert eyes[0].model == ""


def test_matrices_are_read_however_they_are_kept(tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal((3, 5)).astype(np.float32)
    path = tmp_path / "matrix.pb"
    tiny_yt8m.write_matrix(path, values)
    assert path.read_bytes()[:6] == b"\x08\x03\x10\x05\x1a\x3c"
    assert np.array_equal(read_matrix(path), values)
    tiny_yt8m.write_matrix(path, values, row_major=True)
    assert np.array_equal(read_matrix(path), values)
    tiny_yt8m.write_unpacked(path, values)
    assert np.array_equal(read_matrix(path), values)


def test_damaged_matrices_are_told(tmp_path: Path) -> None:
    """Cut anywhere it is an error; a flipped byte is one, or another number of the same size."""
    path = tmp_path / "matrix.pb"
    tiny_yt8m.write_matrix(path, np.ones((4, 3)))
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(InputError):
            read_matrix(path)
    chance = random.Random(0)
    for _ in range(200):
        broken = bytearray(whole)
        broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        path.write_bytes(broken)
        try:
            found = read_matrix(path)
        except InputError:
            continue
        assert found.size == 12


def test_8_bits_survive_the_store() -> None:
    """Rows are kept as float16 between two stages: no level may move."""
    levels = np.arange(256, dtype=np.uint8)
    kept = dequantise(levels).astype(np.float16).astype(np.float32)
    assert np.array_equal(quantise(kept), levels)


def test_missing_files_are_named_with_where_they_were_published(
    folder: Path, tmp_path: Path
) -> None:
    resources = Resources(models=tmp_path)
    with pytest.raises(MissingError) as nothing:
        Yt8mPictures.identity(Yt8mPicturesOptions(), resources)
    for said in (
        str(tmp_path / "yt8m"), "inception.onnx", "inception-2015-12-05.tgz", "mean.npy",
        "yt8m_pca.tgz", "inception3_projection_matrix_data.pb", "data.yt8m.org/pca_matrix_data",
    ):  # fmt: skip
        assert said in nothing.value.message
    with pytest.raises(MissingError, match=r"lacks vggish\.onnx .*vggish_model\.ckpt.*npz"):
        Yt8mSound(Yt8mSoundOptions(), resources)
    part = _link(folder, tmp_path / "part", without=("eigenvals.npy",))
    with pytest.raises(InputError) as some:
        _eye(part)
    assert "lacks eigenvals.npy (out of http://data.yt8m.org/yt8m_pca.tgz)" in some.value.message
    assert "mean.npy" not in some.value.message
    with pytest.raises(UsageError, match="no folder"):
        Yt8mPictures.identity(Yt8mPicturesOptions(model="nowhere"), resources)
    placed = tmp_path / "yt8m"
    placed.symlink_to(folder)
    assert Yt8mPictures(Yt8mPicturesOptions(), resources).dimension == 1024


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("mean.npy", np.zeros((1024, 1), np.float32), "expected floats"),
        ("mean.npy", np.zeros((2048, 2), np.float32), "expected a vector of 2048"),
        ("mean.npy", np.full((2048, 1), np.nan, np.float32), "no number"),
        ("mean.npy", np.array([{"a": 1}], dtype=object), "no array"),
        ("mean.npy", b"nothing", "no array"),
        ("eigenvals.npy", np.full((2048, 1), -1, np.float32), "eigenvalues below 0"),
        ("eigenvals.npy", np.ones((100, 1), np.float32), "expected floats"),
        ("eigenvals.npy", np.ones((), np.float32), "expected floats"),
        ("eigenvecs.npy", np.ones((2048, 1024), np.float32), "expected floats"),
        ("eigenvecs.npy", np.ones((2048, 2048), np.int8), "expected floats"),
    ],
)
def test_a_pca_of_another_size_is_refused(
    folder: Path, tmp_path: Path, name: str, content: np.ndarray | bytes, said: str
) -> None:
    other = _link(folder, tmp_path / "other", without=(name,))
    if isinstance(content, bytes):
        (other / name).write_bytes(content)
    else:
        np.save(other / name, content)
    with pytest.raises(InputError, match=said) as refused:
        _eye(other)
    assert str(other) in refused.value.message


def test_a_damaged_archive_is_refused(folder: Path, tmp_path: Path) -> None:
    other = _link(folder, tmp_path / "other", without=("vggish_pca_params.npz",))
    path = other / "vggish_pca_params.npz"
    whole = (folder / path.name).read_bytes()
    for broken in (b"", whole[:100], whole[: len(whole) // 2], whole[:-1]):
        path.write_bytes(broken)
        with pytest.raises(InputError, match=r"vggish_pca_params\.npz"):
            _ear(other)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 255
    path.write_bytes(flipped)
    with pytest.raises(InputError, match=r"vggish_pca_params\.npz"):
        _ear(other)
    np.savez(path, pca_means=np.zeros(128))
    with pytest.raises(InputError, match="has no array"):
        _ear(other)


def test_other_graphs_are_refused(folder: Path, tmp_path: Path) -> None:
    from loquitur.testing.tiny_vision import tiny_vision_onnx

    other = _link(folder, tmp_path / "other", without=("inception.onnx", "vggish.onnx"))
    tiny_yt8m.write_inception(other / "inception.onnx", numbers=1008)
    with pytest.raises(InputError, match="not the 2048 numbers of pool_3") as sized:
        _eye(other)
    assert "tf2onnx" in sized.value.hint
    strange = tiny_vision_onnx(tmp_path / "strange") / "model.onnx"
    (other / "inception.onnx").write_bytes(strange.read_bytes())
    with pytest.raises(InputError, match="no graph of Inception"):
        _eye(other)
    (other / "vggish.onnx").write_bytes(strange.read_bytes())
    with pytest.raises(InputError, match="no VGGish"):
        _ear(other)
    tiny_yt8m.write_vggish(other / "vggish.onnx", relu=True)
    with pytest.raises(InputError, match="ends in a ReLU"):
        _ear(other)
    (other / "vggish.onnx").write_bytes(b"\x08\x09nothing")
    with pytest.raises(InputError, match="cannot be loaded"):
        _ear(other)


def test_a_graph_of_one_patch_at_a_time(folder: Path, tmp_path: Path) -> None:
    other = _link(folder, tmp_path / "other", without=("vggish.onnx",))
    tiny_yt8m.write_vggish(other / "vggish.onnx", many=1)
    sound = np.stack([signals.noise(1100, level=0.01 * at)[:15_600] for at in range(1, 4)])
    apart = quantise(_ear(other).encode(sound.astype(np.float32))).astype(int)
    apart -= quantise(_ear(folder).encode(sound.astype(np.float32)))
    assert np.abs(apart).max() <= 1


def test_a_pca_that_overflows_is_told(tmp_path: Path) -> None:
    huge = np.float32(3e38)
    pca = Pca(
        mean=np.array([-huge, huge]), matrix=np.array([[huge], [huge]]),
        scale=np.ones(1, np.float32),
    )  # fmt: skip
    with pytest.raises(InputError, match="no numbers"):
        pca.apply(np.array([[huge, -huge]], np.float32))
    np.save(tmp_path / "mean.npy", np.full(4, 1e300))
    np.save(tmp_path / "eigenvals.npy", np.ones(2))
    np.save(tmp_path / "eigenvecs.npy", np.ones((2, 4)))
    files = [tmp_path / f"{name}.npy" for name in ("mean", "eigenvals", "eigenvecs")]
    with pytest.raises(InputError, match="no number"):
        read_pca(files, 4, 2)
