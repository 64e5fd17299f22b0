"""Pictures for people, the chapter's frames, and spans."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from films import number_of, write_film
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from loquitur.media.frames import sample, uniform_indices, windows
from loquitur.media.frames.legacy import legacy, sample_legacy, scaled_plainly
from loquitur.media.frames.lettering import lettered, write_on
from loquitur.media.frames.pictures import contact_sheet, jpeg, picture_file, png, thumbnail
from loquitur.model.vision import FrameBatch, Sampling


def opened(content):
    with av.open(io.BytesIO(content)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def soft(height, width):
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows * 2 % 256, columns % 256, (rows + columns) % 256], axis=-1).astype(
        np.uint8
    )


def test_png_keeps_every_pixel():
    for height, width in [(36, 64), (1, 1), (7, 65)]:
        made = np.random.default_rng(1).integers(0, 256, (height, width, 3)).astype(np.uint8)
        content = png(made)
        assert content.startswith(b"\x89PNG")
        assert (opened(content) == made).all()
        assert (opened(png(made[:, ::-1])) == made[:, ::-1]).all()


def test_jpeg_is_near_and_smaller_where_it_is_coarser():
    made = soft(90, 120)
    sizes = []
    for quality in (1, 3, 10, 31):
        content = jpeg(made, quality=quality)
        assert content.startswith(b"\xff\xd8\xff")
        sizes.append(len(content))
        if quality <= 3:
            assert np.abs(opened(content).astype(int) - made).mean() < 3
    assert sizes == sorted(sizes, reverse=True)
    red = np.full((40, 40, 3), (220, 20, 30), np.uint8)
    assert np.abs(opened(jpeg(red)).astype(int) - red).max() <= 3


def test_what_is_no_picture_is_refused():
    for wrong in [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ]:
        with pytest.raises(ValueError, match="a picture is uint8"):
            png(wrong)
    with pytest.raises(ValueError, match="quality is 1 to 31"):
        jpeg(soft(4, 4), quality=0)
    with pytest.raises(ValueError, match="too large for a file"):
        jpeg(np.zeros((1, 70_000, 3), np.uint8))
    assert picture_file(soft(4, 4), ".PNG") == png(soft(4, 4))
    assert picture_file(soft(4, 4), ".jpeg") == jpeg(soft(4, 4))


def test_thumbnails_keep_proportions():
    assert thumbnail(soft(90, 160), 40).shape == (22, 40, 3)
    assert thumbnail(soft(90, 160), 320).shape == (180, 320, 3)
    assert thumbnail(soft(9, 1600), 16).shape == (1, 16, 3)
    flat = np.full((50, 70, 3), (10, 200, 30), np.uint8)
    assert np.abs(thumbnail(flat, 33, 9).astype(int) - (10, 200, 30)).max() <= 1


def test_a_sheet_holds_every_frame_in_order(tmp_path):
    path = write_film(tmp_path / "film.mp4", 50)
    batches = list(sample(path, Sampling(count=7), batch=3, isolated=False))
    sheet = contact_sheet(iter(batches), columns=3, width_px=600, labels="none")
    high, wide = 109, 194
    assert sheet.shape == (4 + 3 * (high + 4), 4 + 3 * (wide + 4), 3)
    found = []
    for number in range(7):
        top, left = 4 + number // 3 * (high + 4), 4 + number % 3 * (wide + 4)
        found.append(number_of(sheet[top : top + high, left : left + wide]))
    assert found == uniform_indices(50, 7).tolist()
    timed = contact_sheet(batches, columns=3, width_px=600)
    named = contact_sheet(batches, columns=3, width_px=600, labels=["12"] * 7)
    assert (timed != sheet).any()
    assert (named != timed).any()
    for columns, width_px in [(0, 600), (50, 600)]:
        with pytest.raises(ValueError, match="do not fit"):
            contact_sheet(batches, columns=columns, width_px=width_px)
    with pytest.raises(ValueError, match="of no frames"):
        contact_sheet([])


def test_times_on_a_sheet_tell_frames_apart():
    def sheet(times):
        batch = FrameBatch(times_ms=times, pixels=np.zeros((len(times), 90, 160, 3), np.uint8))
        return contact_sheet([batch], columns=2, width_px=330)

    def cells(made):
        return made[4:93, 4:163], made[4:93, 167:326]

    left, right = cells(sheet((1000, 1400)))
    assert (left != right).any()
    left, right = cells(sheet((1000, 1000)))
    assert (left == right).all()
    assert left.max() == 255


def test_letters():
    shapes = {char: lettered(char).tobytes() for char in "0123456789:.- "}
    assert len(set(shapes.values())) == len(shapes)
    assert lettered("1:05", 3).shape == (21, 69)
    made = np.full((40, 60, 3), 200, np.uint8)
    write_on(made, "0:07")
    assert made[:20].min() == 200
    assert {50, 255} <= set(made[30:].ravel().tolist())
    tiny = np.full((5, 6, 3), 200, np.uint8)
    write_on(tiny, "1:00:00")
    write_on(tiny, "")
    assert tiny.shape == (5, 6, 3)


def test_the_chapters_frames(tmp_path):
    path = write_film(tmp_path / "film.mp4", 30)
    (batch,) = sample_legacy(path, count=5, isolated=False)
    assert batch.pixels.shape == (5, 224, 224, 3)
    numbers = [number_of(pixels) for pixels in batch.pixels]
    assert numbers == uniform_indices(30, 5).tolist()
    red = np.zeros((1, 300, 400, 3), np.uint8)
    red[..., 0] = 200
    assert legacy(red)[0, 0, 0].tolist() == [0, 0, 200]


def test_plain_scaling_takes_the_pixels_it_falls_between():
    row = np.zeros((1, 1, 4, 3), np.uint8)
    row[0, 0, :, 0] = [0, 100, 200, 40]
    assert scaled_plainly(row, 2, 1)[0, 0, :, 0].tolist() == [50, 120]
    assert scaled_plainly(row, 8, 1)[0, 0, :, 0].tolist() == [0, 25, 75, 125, 175, 160, 80, 40]
    # every third pixel alone, where OpenCV does not smooth either
    wide = np.arange(0, 90, dtype=np.uint8).reshape(1, 1, 30, 3)
    assert (scaled_plainly(wide, 10, 1)[0, 0] == wide[0, 0, 1::3]).all()
    assert (scaled_plainly(wide, 30, 1) == wide).all()


@examples(max_examples=40)
@given(
    st.integers(0, 3000),
    st.integers(1, 700),
    st.integers(20, 900),
    st.lists(st.integers(-5, 3500), max_size=4),
)
def test_windows_cover_every_shot_and_cross_no_cut(duration_ms, length_ms, step_ms, cuts_ms):
    found = windows(duration_ms, length_ms=length_ms, step_ms=step_ms, cuts_ms=cuts_ms)
    inside = sorted({cut for cut in cuts_ms if 0 < cut < duration_ms})
    assert found == sorted(found)
    for span in found:
        assert not any(span.start_ms < cut < span.end_ms for cut in inside)
        assert span.duration_ms <= length_ms
    edges = [0, *inside, duration_ms]
    if duration_ms:
        assert set(edges[:-1]) <= {span.start_ms for span in found}
    if step_ms <= length_ms:
        assert duration_ms == 0 or set(edges[1:]) <= {span.end_ms for span in found}
        covered = 0
        for span in found:
            assert span.start_ms <= covered
            covered = max(covered, span.end_ms)
        assert covered == duration_ms


def test_windows():
    def spans(*args, **more):
        return [(span.start_ms, span.end_ms) for span in windows(*args, **more)]

    assert spans(9000) == [(0, 9000)]
    assert spans(9000, cuts_ms=(3000, 9000, 0)) == [(0, 3000), (3000, 9000)]
    assert spans(9000, length_ms=4000) == [(0, 4000), (4000, 8000), (5000, 9000)]
    assert spans(8000, length_ms=4000) == [(0, 4000), (4000, 8000)]
    assert spans(1000, length_ms=4000) == [(0, 1000)]
    assert spans(0) == []
    for wrong in [{"length_ms": 0}, {"length_ms": 5, "step_ms": 0}]:
        with pytest.raises(ValueError, match="at least 1 ms"):
            windows(1000, **wrong)
    with pytest.raises(ValueError, match="more than 100,000 windows"):
        windows(10**9, length_ms=1)
