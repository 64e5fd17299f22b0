"""Figures as pictures: the right places, readable axes, names that do not cover one another."""

from __future__ import annotations

import math
import re
import sys
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_accounts import FIGURES, ORIGIN, clock_figure

from loquitur.insight.account import Axis, Figure, Mark, Series
from loquitur.insight.page import scales
from loquitur.insight.page.canvas import width_of
from loquitur.insight.page.drawing import NARROW, SMALL, WIDE, draw
from loquitur.insight.page.marking import lanes
from loquitur.insight.page.thinning import thinned

pytest.importorskip("matplotlib")
NUMBER = st.floats(-1e12, 1e12, allow_nan=False, allow_infinity=False)


def parsed(figure, size=WIDE):
    """The picture as elements; well-formed XML, or an error."""
    return ET.fromstring(draw(figure, size).svg)


def texts(svg):
    return [found.text for found in svg.iter("text")]


def of_class(svg, name, tag="path"):
    return [one for one in svg.iter(tag) if name in (one.get("class") or "").split()]


def points(data):
    """The absolute places of a path of M, l, h, v."""
    at, found = (0.0, 0.0), []
    for letter, rest in re.findall(r"([Mlhvz])([^Mlhvzqc]*)", data):
        numbers = [float(one) for one in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
        if letter == "M":
            at = tuple(numbers)
        elif letter == "l":
            at = (at[0] + numbers[0], at[1] + numbers[1])
        elif letter == "h":
            at = (at[0] + numbers[0], at[1])
        elif letter == "v":
            at = (at[0], at[1] + numbers[0])
        found.append(at)
    return found


def line(x, y, *, scale_x="linear", scale_y="linear", drawn="line", **more):
    return Figure(
        name="f", title="F", says="It is so.", x=Axis(label="x", scale=scale_x),
        y=Axis(label="y", scale=scale_y),
        series=(Series(name="s", x=tuple(x), y=tuple(y), drawn=drawn, **more),),
    )  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_every_kind_of_figure_is_small_and_has_its_axes_named(name):
    figure = FIGURES[name]
    for size in (WIDE, NARROW, SMALL):
        svg = draw(figure, size).svg
        assert len(svg) < (15_000 if size is WIDE else 11_000)
        shown = texts(ET.fromstring(svg))
        assert scales.label(figure.x) in shown
        assert scales.label(figure.y) in shown
        assert len(shown) >= 6


def test_a_value_stands_where_its_axis_says():
    svg = parsed(line([0, 10], [0, 100]))
    path = of_class(svg, "k0")[0]
    (x0, y0), (x1, y1) = points(path.get("d"))
    ticks = {one.text: one for one in svg.iter("text")}
    assert x0 == pytest.approx(float(ticks["0"].get("x")), abs=50)
    grid = [points(one.get("d"))[0][1] for one in of_class(svg, "kg")]
    assert y0 == pytest.approx(max(grid), abs=0.2)
    assert y1 == pytest.approx(min(grid), abs=0.2)
    assert x1 == pytest.approx(float(ticks["10"].get("x")), abs=0.2)


def test_a_logarithm_puts_decades_at_even_distances_and_leaves_out_what_has_no_place():
    svg = parsed(line([1, 10, 100, 0, -5], [1, 10, 100, 5, 5], scale_x="log", scale_y="log"))
    path = of_class(svg, "k0")[0]
    (x0, y0), (x1, y1), (x2, y2) = points(path.get("d"))
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y1 - y0 == pytest.approx(y2 - y1, abs=0.2)
    assert "log scale" in " ".join(texts(svg))


def test_a_gap_parts_the_line_and_a_value_between_gaps_is_a_dot():
    svg = parsed(line(range(7), [1, 2, None, 3, None, 2, math.nan]))
    (path,) = [one for one in of_class(svg, "k0") if "d" not in one.get("class").split()]
    assert path.get("d").count("M") == 1
    (dots,) = of_class(svg, "d")
    assert dots.get("d").count("M") == 4
    many = parsed(line(range(90), [None if at % 9 in (1, 3) else 1 for at in range(90)]))
    assert of_class(many, "d")[0].get("d").count("M") == 11


def test_the_last_step_is_as_long_as_the_one_before_and_is_touched_once():
    svg = parsed(line([0, 10, 20], [4, 2, 3], drawn="steps"))
    places = points(of_class(svg, "k0")[0].get("d"))
    starts = sorted({x for x, _ in places})
    assert len(starts) == 4
    assert starts[3] - starts[2] == pytest.approx(starts[1] - starts[0], abs=0.3)
    assert [one.text for one in svg.iter("title")] == ["0: 4", "10: 2", "20: 3"]


@pytest.mark.parametrize("x", [[5], [5, 5]])
def test_steps_at_one_place_are_drawn(x):
    svg = parsed(line(x, [3] * len(x), drawn="steps"))
    assert [one.text for one in svg.iter("title")] == ["5: 3"]


def test_bars_of_uneven_bins_are_as_wide_as_their_bins():
    svg = parsed(line([0.5, 3], [4, 2], drawn="bars", edges=(0, 1, 5)))
    (path,) = of_class(svg, "f0")
    first, second = (points("M" + one) for one in path.get("d").split("M")[1:])
    assert (second[1][0] - second[0][0]) / (first[1][0] - first[0][0]) == pytest.approx(4, rel=0.01)


def test_times_are_shown_as_a_clock_and_lead_to_their_moments():
    svg = parsed(clock_figure(count=200))
    shown = texts(svg)
    assert "0:20:00" in shown
    assert "time (h:mm:ss)" in shown
    links = [one.get("href") for one in svg.iter("a")]
    assert len(links) == WIDE.areas
    seconds = [int(href.removeprefix(ORIGIN + "?t=")) for href in links]
    assert seconds == sorted(seconds)
    titles = [one.text for one in svg.iter("title")]
    assert re.fullmatch(r"\d:\d\d:\d\d: [\d.]+ per min", titles[0])


def test_counts_have_no_ticks_between_whole_numbers():
    shown = texts(parsed(line([1, 2, 3], [0, 1, 2], drawn="bars")))
    assert [one for one in shown if "." in one] == []


@pytest.mark.parametrize(
    ("x", "y"),
    [([5], [5]), ([1, 2, 3], [7, 7, 7]), ([0, 0], [0, 0]), ([1e-9, 2e-9], [1e12, 1e12 + 1]),
     ([-3, -2], [-1e300, 1e300])],
)  # fmt: skip
def test_odd_data_have_a_picture(x, y):
    for drawn in ("line", "points", "bars", "steps"):
        svg = draw(line(x, y, drawn=drawn), WIDE).svg
        assert not re.search(r"nan|inf", svg)
        assert len(texts(ET.fromstring(svg))) >= 4


def test_nothing_to_draw_is_said():
    picture = draw(line([1, 2], [None, None]), WIDE)
    assert picture.svg == ""
    assert picture.notes == ("No data to draw.",)
    assert draw(line([1, 2], [0, -1], scale_y="log"), WIDE).svg == ""


def test_long_series_keep_their_extremes_and_say_that_they_are_thinned():
    y = [math.sin(at / 700) for at in range(20_000)]
    y[12_345] = 9.0
    picture = draw(line(range(20_000), y), WIDE)
    assert picture.notes == (
        "Drawn from 20,000 points: of each column of pixels its extremes.",
    )  # fmt: skip
    assert len(picture.svg) < 16_000
    left = thinned(line(range(20_000), y).series[0], 300, (0, 19_999), log=False)
    assert max(value for value in left.y if value is not None) == 9.0
    assert len(left.x) <= 4 * 301


def test_a_caller_s_own_style_changes_nothing_and_stays():
    import matplotlib as mpl

    had = "matplotlib.pyplot" in sys.modules  # powerlaw's, in another test
    before = draw(FIGURES["tail"], WIDE).svg
    with mpl.rc_context({"text.usetex": True, "font.size": 40, "axes.grid": False,
                         "lines.linewidth": 9, "axes.facecolor": "red"}):  # fmt: skip
        assert draw(FIGURES["tail"], WIDE).svg == before
        assert mpl.rcParams["font.size"] == 40
    assert had or "matplotlib.pyplot" not in sys.modules


@given(
    st.lists(st.tuples(st.floats(0, 1), st.text(min_size=1, max_size=40)), max_size=30),
    st.booleans(),
)
def test_names_of_marks_never_cover_one_another(places, log):
    marks = [Mark(x=1 + 999 * place, label=label) for place, label in places]
    found = lanes(marks, (1, 1000), 600, log=log, size=11)
    assert len(found.labels) + found.hidden == len(marks)
    spans = []
    for label in found.labels:
        width = width_of(label.text) * 11
        shift = {"left": 0.0, "center": width / 2, "right": width}[label.side]
        spans.append((label.lane, label.at - shift, label.at - shift + width))
        assert label.at - shift >= -12
    for lane, start, end in spans:
        others = [one for one in spans if one[0] == lane and one != (lane, start, end)]
        assert all(end <= other[1] or other[2] <= start for other in others)
    assert found.count <= 2


@given(NUMBER, NUMBER, st.sampled_from(["linear", "clock", "log"]), st.booleans())
@settings(max_examples=80)
def test_ticks_are_few_rising_distinct_and_on_the_axis(one, other, scale, grounded):
    if scale == "log":
        one, other = abs(one) + 1e-9, abs(other) + 1e-9
    axis = Axis(label="x", scale=scale)
    low, high = scales.limits(axis, (one, other), grounded=grounded)
    assert low < high
    assert low <= min(one, other)
    assert max(one, other) <= high
    found = scales.ticks(axis, low, high, 8)
    assert found == sorted(set(found))
    assert len(found) <= 10
    assert all(low - 1e-6 * (high - low) <= at <= high + 1e-6 * (high - low) for at in found)
    shown = scales.names(axis, found)
    assert len(set(shown)) == len(shown)
    if scale == "linear" and high - low > max(1e-6 * abs(high), 1e-290):
        assert len(found) >= 2


def test_categories_are_rows_and_too_many_are_cut_and_said():
    names = tuple(f"author {at}" for at in range(80))
    figure = Figure(
        name="f", title="F", says="So.", x=Axis(label="author", names=names),
        y=Axis(label="messages"),
        series=(Series(name="s", x=tuple(map(float, range(80))), y=(1.0,) * 80, drawn="bars"),),
    )  # fmt: skip
    picture = draw(figure, WIDE)
    assert picture.notes == ("The first 30 of 80 are drawn.",)
    assert "author 29" in picture.svg
    assert "author 30" not in picture.svg


def test_a_time_line_has_a_row_for_each_name_and_joins_what_no_eye_tells_apart():
    starts = [at * 1000.0 for at in range(5000)]
    x = tuple(place for start in starts for place in (start, start + 900, start + 900))
    y = tuple(value for at in range(5000) for value in (at // 2500, at // 2500, None))
    figure = Figure(
        name="f", title="F", says="So.", x=Axis(label="time", scale="clock"),
        y=Axis(label="speaker", names=("Ada", "Bob", *(f"p{at}" for at in range(60)))),
        series=(Series(name="speech", x=x, y=y), Series(name="p", x=(0.0, 9.0), y=(61, 61))),
    )  # fmt: skip
    picture = draw(figure, WIDE)
    assert len(picture.svg) < 12_000
    assert "The first 30 of 62 are drawn." in picture.notes
    svg = ET.fromstring(picture.svg)
    (path,) = [one for one in of_class(svg, "k0") if one.get("stroke-width") == "11"]
    (first, second) = path.get("d")[1:].split("M")
    assert points("M" + first)[1][0] == pytest.approx(points("M" + second)[0][0], abs=1)
    assert points("M" + first)[0][1] < points("M" + second)[0][1]


@pytest.mark.parametrize("gap", [False, True])
def test_a_band_is_an_area_around_its_line(gap):
    low, high = [0.0, 1.0, 1.0, 1.0, 2.0], [2.0, 3.0, 3.0, 3.0, 4.0]
    low[2] = None if gap else low[2]
    svg = parsed(line([0, 1, 2, 3, 4], [1, 2, 2, 2, 3], low=tuple(low), high=tuple(high)))
    assert [one for one in of_class(svg, "d") if float(one.get("stroke-width")) > 5] == []
    (band,) = of_class(svg, "f0")
    assert band.get("fill-opacity") == ".20"
    assert band.get("d").count("z") == 1 + gap
    path = next(one for one in of_class(svg, "k0") if "n" in one.get("class").split())
    places = points(band.get("d"))
    assert min(x for x, _ in places) == pytest.approx(points(path.get("d"))[0][0], abs=0.2)
    assert max(x for x, _ in places) == pytest.approx(points(path.get("d"))[-1][0], abs=0.2)
