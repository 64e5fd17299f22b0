"""What a frame looks like: colours, proportions, transparency, fields."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from films import got, picture, write_film
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from loquitur.media.frames import look, sample
from loquitur.media.frames.fitting import fit
from loquitur.media.frames.picture import convert, fitted
from loquitur.media.isolation import Child
from loquitur.model.vision import Fitting, Geometry, Preprocessing, Sampling

MATRICES = {709: (0.2126, 0.0722), 601: (0.299, 0.114), 2020: (0.2627, 0.0593)}
CODES = {709: 1, 601: 5, 2020: 9}


def first(path, **more):
    return next(sample(path, Sampling(count=1), isolated=False, **more)).pixels[0]


def coded(rgb, matrix, *, full, depth=8):
    """Y, Cb, Cr of a colour by the standards' equations (ITU-R BT.601, BT.709, BT.2020)."""
    red, green, blue = (value / 255 for value in rgb)
    kr, kb = MATRICES[matrix]
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    chroma = (blue - luma) / 2 / (1 - kb), (red - luma) / 2 / (1 - kr)
    scale = 1 << (depth - 8)
    if full:
        most = 256 * scale - 1
        return [most * luma, *(128 * scale + most * value for value in chroma)]
    return [scale * (16 + 219 * luma), *(scale * (128 + 224 * value) for value in chroma)]


def plain_frame(rgb, matrix, *, full=False, depth=8, width=64, height=48):
    """A frame of one colour, its planes filled by hand."""
    planes = [round(value) for value in coded(rgb, matrix, full=full, depth=depth)]
    frame = av.VideoFrame(width, height, "yuv420p" if depth == 8 else "yuv420p10le")
    for plane, value in zip(frame.planes, planes, strict=True):
        kind = np.uint8 if depth == 8 else np.uint16
        plane.update(np.full(plane.buffer_size // kind().itemsize, value, kind).tobytes())
    return frame


@pytest.mark.parametrize("matrix", [709, 601, 2020])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("depth", [8, 10])
def test_colours_are_those_that_were_coded(matrix, full, depth):
    for rgb in [(200, 40, 90), (10, 240, 30), (0, 0, 0), (255, 255, 255), (30, 60, 250)]:
        frame = plain_frame(rgb, matrix, full=full, depth=depth)
        frame.colorspace, frame.color_range = CODES[matrix], 2 if full else 1
        for size in [(64, 48), (24, 20)]:
            pixels = convert(frame, *size)
            assert np.abs(pixels.astype(int) - rgb).max() <= 2, (rgb, size)


def test_a_large_picture_that_names_no_matrix_is_high_definition():
    rgb = (200, 40, 90)
    for matrix, width, height in [(601, 720, 576), (709, 1280, 720), (709, 720, 1280)]:
        pixels = convert(plain_frame(rgb, matrix, width=width, height=height), 8, 8)
        assert np.abs(pixels.astype(int) - rgb).max() <= 2


def test_red_stays_red_through_a_file(tmp_path):
    made = [np.full((36, 64, 3), (220, 30, 20), np.uint8)] * 2
    for codec, layout, name in [
        ("libx264", "yuv420p", "a.mp4"),
        ("ffv1", "yuv420p10le", "a.mkv"),
        ("png", "rgb24", "a.mov"),
        ("libvpx-vp9", "yuv444p", "a.webm"),
    ]:
        pixels = first(write_film(tmp_path / name, made, codec=codec, pix_fmt=layout))
        assert np.abs(pixels.mean(axis=(0, 1)) - (220, 30, 20)).max() < 6, codec


def test_grey_films_have_three_equal_channels(tmp_path):
    shades = np.linspace(0, 255, 64).astype(np.uint8)
    made = [np.repeat(np.tile(shades, (36, 1))[..., None], 3, axis=2)] * 2
    path = write_film(tmp_path / "grey.mkv", made, codec="ffv1", pix_fmt="gray")
    pixels = first(path)
    assert (pixels[..., 0] == pixels[..., 1]).all()
    assert np.abs(pixels.astype(int) - made[0]).max() <= 1
    limited = av.VideoFrame.from_ndarray(np.array([[16, 235]] * 2, np.uint8), format="gray")
    limited.color_range = 1
    assert convert(limited, 2, 2)[0].tolist() == [[0, 0, 0], [255, 255, 255]]


def test_transparent_films_lie_on_black(tmp_path):
    made = np.zeros((36, 64, 4), np.uint8)
    made[..., 1] = 200
    made[:, 32:, 3] = 255
    made[:, 16:32, 3] = 128
    path = write_film(tmp_path / "glass.mov", [made] * 2, codec="png", pix_fmt="rgba", form="rgba")
    pixels = first(path)
    assert pixels[5, 8].tolist() == [0, 0, 0]
    assert pixels[5, 24].tolist() == [0, 100, 0]
    assert pixels[5, 50].tolist() == [0, 200, 0]
    small = first(path, geometry=Geometry(width_px=16, height_px=9, interpolation="area"))
    assert small[4].tolist()[0] == [0, 0, 0]
    assert small[4].tolist()[15] == [0, 200, 0]


def test_pixels_that_are_not_square_are_spread(tmp_path):
    path = write_film(tmp_path / "wide.mkv", 2, aspect=Fraction(2, 1))
    about = look(path, isolated=False)
    assert (about.width_px, about.height_px, about.pixel_aspect) == (128, 36, 2.0)
    assert first(path).shape == (36, 128, 3)
    path = write_film(tmp_path / "tall.mkv", 2, aspect=Fraction(1, 2))
    assert first(path).shape == (72, 64, 3)
    assert first(path, geometry=Geometry(width_px=20, height_px=10)).shape == (10, 20, 3)
    odd = write_film(tmp_path / "odd.mkv", 2, aspect=Fraction(100, 1))
    assert first(odd).shape == (36, 64, 3)


def test_odd_sizes(tmp_path):
    made = [picture(number, 65, 37) for number in range(2)]
    path = write_film(tmp_path / "odd.mkv", made, codec="ffv1", pix_fmt="yuv420p")
    assert first(path).shape == (37, 65, 3)
    tiny = write_film(
        tmp_path / "tiny.mkv", [np.full((1, 1, 3), 90, np.uint8)] * 2, codec="ffv1", pix_fmt="bgr0"
    )
    assert first(tiny).tolist() == [[[90, 90, 90]]]
    assert first(tiny, geometry=Geometry(width_px=7, height_px=5, fit="crop")).shape == (5, 7, 3)


def test_large_pictures_are_bounded(tmp_path):
    made = [np.zeros((432, 768, 3), np.uint8)] * 2
    path = write_film(tmp_path / "large.mkv", made)
    assert first(path, most_px=200).shape == (112, 200, 3)
    assert first(path, most_px=None).shape == (432, 768, 3)
    tall = write_film(tmp_path / "tall.mkv", [np.zeros((400, 20, 3), np.uint8)])
    assert first(tall, most_px=100).shape == (100, 5, 3)


def test_of_two_fields_one_is_shown(tmp_path):
    made = np.zeros((64, 64, 3), np.uint8)
    made[::2] = 255  # one moment white, the other black, line by line
    options = {"x264-params": "interlaced=1:tff=1:qp=1"}
    path = write_film(tmp_path / "fields.mkv", [made] * 3, options=options)
    about = look(path, isolated=False)
    pixels = first(path)
    assert pixels.shape == (64, 64, 3)
    assert about.interlaced
    assert pixels.min() > 250


def test_fits():
    made = np.zeros((36, 64, 3), np.uint8)
    made[:, :32] = (255, 0, 0)
    made[:, 32:] = (0, 0, 255)
    frame = av.VideoFrame.from_ndarray(made, format="rgb24")
    from loquitur.media.frames.picture import Developer

    class Stream:
        sample_aspect_ratio = None

    def developed(fit, width, height):
        wanted = Geometry(width_px=width, height_px=height, fit=fit)
        return Developer(Stream(), wanted, None).develop(frame)

    stretched, cropped, padded = (developed(fit, 24, 24) for fit in ("stretch", "crop", "pad"))
    assert stretched.shape == cropped.shape == padded.shape == (24, 24, 3)
    assert cropped[0, 2].tolist() == stretched[0, 2].tolist() == [255, 0, 0]
    assert padded[0].max() == padded[-1].max() == 0
    assert padded[12, 0].tolist() == [255, 0, 0]
    assert padded[12, -1].tolist() == [0, 0, 255]


@given(*(st.integers(1, 4000) for _ in range(4)))
@examples(max_examples=40)
def test_what_is_cut_covers_and_what_is_laid_fits(width, height, wide, high):
    cover = fitted((width, height), (wide, high), "crop")
    inside = fitted((width, height), (wide, high), "pad")
    assert cover[0] >= wide
    assert cover[1] >= high
    assert inside[0] <= wide
    assert inside[1] <= high
    assert cover[0] == wide or cover[1] == high or 16 in (cover[0] // wide, cover[1] // high)
    assert inside[0] == wide or inside[1] == high


def test_the_size_stays_where_the_film_changes_it(tmp_path):
    """A stream whose pictures change their size half way: all frames of a batch have one."""
    small = write_film(tmp_path / "small.webm", 10, codec="libvpx", gop=5)
    large_pictures = [picture(number, 128, 72) for number in range(10, 20)]
    large = write_film(tmp_path / "large.webm", large_pictures, codec="libvpx", gop=5)
    path = tmp_path / "both.webm"
    with av.open(str(small)) as one, av.open(str(large)) as two, av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(one.streams.video[0])
        for source, shift in ((one, 0), (two, 400)):
            for packet in source.demux(video=0):
                if packet.size:
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = stream
                    output.mux(packet)
    (batch,) = sample(path, Sampling(count=4), isolated=False)
    assert batch.pixels.shape == (4, 36, 64, 3)


def moving(width, height, count=4):
    """Soft colours that wander, so that every way of scaling has something to do."""
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    return [
        np.dstack(
            [
                (127 + 120 * np.sin(across / 9 + number)),
                (127 + 120 * np.cos(down / 7 - number)),
                (127 + 100 * np.sin((across + down) / 11)),
            ]
        ).astype(np.uint8)
        for number in range(count)
    ]


VGG = Preprocessing(width_px=32, height_px=32, short_px=36, interpolation="bilinear")
OWN = Preprocessing(width_px=16, height_px=16, fit="stretch", interpolation="area")


@pytest.mark.parametrize("how", [VGG, OWN], ids=["crop", "stretch"])
def test_frames_come_as_an_encoder_takes_them(tmp_path, how):
    path = write_film(tmp_path / "film.mp4", moving(160, 90))
    times, whole = got(path, Sampling(count=6))
    fitted_times, fitted_here = got(path, Sampling(count=6), geometry=Fitting(how=how))
    assert fitted_times == times
    assert (fitted_here == fit(whole, how)).all()
    _, straight = got(path, Sampling(count=6), geometry=Fitting(how=how, straight=True))
    if how is VGG:  # something is cut: the decoder's scaler is not asked
        assert (straight == fitted_here).all()
    else:
        apart = np.abs(straight.astype(int) - fitted_here)
        assert 0 < apart.mean() < 1.5


def test_small_films_are_never_scaled_by_the_decoder(tmp_path):
    path = write_film(tmp_path / "film.mp4", moving(30, 24))
    _, exact = got(path, geometry=Fitting(how=OWN))
    _, straight = got(path, geometry=Fitting(how=OWN, straight=True))
    assert (exact == straight).all()


@pytest.mark.slow
def test_a_child_fits_to_the_pixel(tmp_path):
    path = write_film(tmp_path / "film.mp4", moving(160, 90, 30))
    with Child() as child:
        for batch in (1, 7, 64):
            for wanted in (Fitting(how=VGG), Fitting(how=OWN, straight=True), None):
                here = got(path, Sampling(count=40), geometry=wanted, batch=batch)
                more = {"geometry": wanted, "batch": batch, "isolated": child}
                there = got(path, Sampling(count=40), **more)
                assert here[0] == there[0]
                assert (here[1] == there[1]).all()
