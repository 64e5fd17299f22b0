"""Contrast of the page's texts and pictures by WCAG 2.2 (1.4.3, 1.4.11): light, dark, printed."""

from __future__ import annotations

import re
from importlib import resources

import pytest

LEAST_TEXT, LEAST_PICTURE = 4.5, 3.0
TEXTS = ("ink", "mut", "link", "mark")
PICTURES = ("c0", "c1", "c2", "c3", "c4", "c5", "axis")
"""Series, and the borders of fields."""
NOTEBOOKS = ("#111111", "#1e1e1e", "#0d1117")
"""Dark grounds of JupyterLab, Visual Studio Code, GitHub."""
PALETTES = {"figures.css": 1, "page.css": 3, "cell.css": 1}


def palettes(name):
    """The palettes of a style, in its order: two equal dark ones and the printed one of a page."""
    style = resources.files("loquitur.insight.page").joinpath(name).read_text("utf-8")
    blocks = re.findall(r"\{((?:--[a-z0-9]+:[^;}]+;?){8,})\}", style)
    assert len(blocks) == PALETTES[name]
    return [dict(re.findall(r"--([a-z0-9]+):(#[0-9a-f]+)", block)) for block in blocks]


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * one for one in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_that_of_the_standard():
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def weak(colours, grounds):
    """Pairs that are under what the standard asks for, and by how much."""
    pairs = [
        (name, ground, least, contrast(colours[name], ground))
        for names, least in ((TEXTS, LEAST_TEXT), (PICTURES, LEAST_PICTURE))
        for name in names
        for ground in grounds
        if name in colours
    ]
    assert len(pairs) >= 9 * len(grounds)
    return [pair for pair in pairs if pair[3] < pair[2]]


def test_every_text_and_picture_of_a_page_can_be_read():
    (light,) = palettes("figures.css")
    by_system, by_button, printed = palettes("page.css")
    assert by_system == by_button
    for colours in (light, by_system, printed):
        assert weak(colours, (colours["bg"], colours["card"])) == []


def test_a_cell_of_a_dark_notebook_can_be_read():
    (dark,) = palettes("cell.css")
    assert weak(dark, (*NOTEBOOKS, dark["card"])) == []
