"""Vectors of letters: the same however they come, near where words are spelt alike."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.engines.embedding import hashing
from loquitur.engines.embedding.hashing import Hashing
from loquitur.protocols import Resources


def made(model=""):
    return Hashing(Hashing.Options(model=model), Resources(models=None))


@pytest.fixture(scope="module")
def engine():
    return made()


def likeness(engine, first, second):
    one, other = engine.encode([first, second], role="passage")
    return float(one @ other)


@pytest.mark.parametrize(
    ("meant", "heard", "other"),
    [
        ("symmetries of the equilateral triangle", "simmetrys of an equilatral tringle",
         "harbours of the northern coast"),
        ("die Symmetrien des Dreiecks", "symetrie im dreieck", "die Häfen der Küste"),
        ("симметрии треугольника", "симетрия треуголника", "порты побережья"),
        ("三角形の対称性", "三角形の対象性", "北海岸の港"),
        ("삼각형의 대칭성", "삼각형 대칭", "북부 해안의 항구"),
        ("تماثلات المثلث", "تماثل المثلثات", "موانئ الساحل"),
        ("त्रिभुज की सममिति", "त्रीभुज के सममितियाँ", "तट के बंदरगाह"),
        ("สมมาตรของสามเหลี่ยม", "สมมาตสามเหลี่ยม", "ท่าเรือชายฝั่ง"),
    ],
)  # fmt: skip
def test_what_is_spelt_alike_is_near(engine, meant, heard, other):
    assert likeness(engine, meant, heard) > 0.3
    assert likeness(engine, meant, heard) > 2 * likeness(engine, meant, other)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Größe", "GRÖßE"),
        ("naïve café", "naive cafe"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("cafe\u0301", "café"),
        ("ﾃｽﾄ", "テスト"),
        ("one, two; three!", "one two three"),
        ("مُحَمَّد", "محمد"),
    ],
)
def test_one_form(engine, first, second):
    assert likeness(engine, first, second) == pytest.approx(1.0, abs=1e-6)


def test_nothing_is_in_a_text_without_words(engine):
    assert not engine.encode(["", " \n", "!?…", "🔥", "\u200b"], role="query").any()


@given(st.lists(st.text(max_size=40), max_size=5))
@settings(max_examples=20, deadline=None)
def test_each_text_has_its_own_vector_whatever_came_before(texts):
    engine = made(model="128")
    together = engine.encode(texts, role="passage")
    for text, vector in zip(texts, together, strict=True):
        (alone,) = made(model="128").encode([text], role="query")
        assert np.array_equal(alone, vector)
        assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5) or not vector.any()


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=200))
@settings(max_examples=50, deadline=None)
def test_the_short_way_through_plain_text_is_the_long_one(text):
    assert hashing._counted(text) == hashing._counted(text + " é") - hashing._counted("é")


def test_a_small_memory_changes_nothing(monkeypatch):
    texts = [f"word{at} other{at % 7} thing{at % 3}" for at in range(300)]
    wanted = made().encode(texts, role="passage")
    monkeypatch.setattr(hashing, "_KEPT_WORDS", 10)
    monkeypatch.setattr(hashing, "_AT_ONCE", 16)
    small = made()
    for _ in range(2):
        assert np.array_equal(small.encode(texts, role="passage"), wanted)
    assert len(small._places) < 64


def test_several_readers_at_once(engine):
    texts = [f"thread {at} says word{at * 31 % 97}" for at in range(400)]
    wanted = made().encode(texts, role="passage")
    found = {}

    def read(number):
        part = texts[number::4]
        found[number] = engine.encode(part, role="passage")

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        assert np.array_equal(found[number], wanted[number::4])


def test_these_very_numbers():
    """Vectors lie in libraries: whoever changes them counts `VERSION` up."""
    (vector,) = made(model="128").encode(["A group is a set, 群は集合。"], role="passage")
    assert hashing.VERSION == "1"
    strong = {int(at): round(float(vector[at]), 4) for at in np.flatnonzero(np.abs(vector) > 0.2)}
    assert strong == {
        6: -0.478, 61: 0.2138, 69: 0.239, 76: -0.2638, 79: 0.239, 94: -0.478, 111: -0.239,
        122: 0.239,
    }  # fmt: skip
