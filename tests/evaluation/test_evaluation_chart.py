from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from loquitur.evaluation.chart import Dot, Panel, draw

NS = "{http://www.w3.org/2000/svg}"


def drawn(*dots):
    return ET.fromstring(draw([Panel(title="Recognition", measure="WER", dots=dots)]))


def test_names_and_points_stand_inside():
    dots = [
        Dot(label=f"engine<{n}>&", rtfx=10.0 + n, error=0.03, low=0.01, high=0.05, peak_mb=100 * n)
        for n in range(1, 9)
    ]
    root = drawn(*dots)
    _, _, width, height = map(float, root.get("viewBox").split())
    names = [text for text in root.iter(f"{NS}text") if text.get("class") == "n"]
    assert sorted(text.text for text in names) == sorted(dot.label for dot in dots)
    places = {(text.get("text-anchor"), text.get("y")) for text in names}
    assert len(places) == len(names)
    for circle in root.iter(f"{NS}circle"):
        assert 0 < float(circle.get("cx")) < width
        assert 0 < float(circle.get("cy")) < height


@pytest.mark.parametrize("error", [0.0, 0.004, 0.3, 1.0, 3.7])
@pytest.mark.parametrize("rtfx", [0.003, 1.0, 999.0])
def test_any_figure_can_be_drawn(error, rtfx):
    root = drawn(Dot(label="x", rtfx=rtfx, error=error))
    (circle,) = root.iter(f"{NS}circle")
    assert 62 <= float(circle.get("cx")) <= 436
    assert 44 <= float(circle.get("cy")) <= 288


def test_nothing_to_draw_is_said():
    assert "nothing was scored" in draw([])
