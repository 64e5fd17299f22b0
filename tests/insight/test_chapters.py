from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from chapter_texts import SUBJECTS, shuffled, talk

from loquitur.errors import UsageError
from loquitur.formats import chapter_list
from loquitur.insight.chapters.analysis import find_chapters, youtube_text
from loquitur.insight.chapters.keyterms import Term, key_terms, titles
from loquitur.insight.spoken.fragments import Fragment, Spoken

pytest.importorskip("scipy")
SEEDS = Path(__file__).parents[3] / "shared" / "data" / "seeds"


def near(found, starts, within_ms=20_000):
    borders = [one.start_ms for one in found.chapters[1:]]
    return len(borders) == len(starts) - 1 and all(
        abs(border - start) <= within_ms for border, start in zip(borders, starts[1:], strict=True)
    )


@pytest.mark.parametrize("language", sorted(SUBJECTS))
@pytest.mark.parametrize("count", [None, 3])
def test_subjects_are_found_and_named_in_any_script(language, count):
    spoken, starts = talk(language)
    found = find_chapters(spoken, count=count)
    assert found.clear
    assert near(found, starts), found.plain()
    for chapter, words in zip(found.chapters, map(str.split, SUBJECTS[language]), strict=False):
        first = chapter.title.split(", ")[0]
        assert any(word in first.lower() or first.lower() in word for word in words), found
    assert len({chapter.title for chapter in found.chapters}) == 3


def test_chapters_have_no_holes_and_are_what_youtube_takes():
    spoken, _ = talk(subjects=4)
    found = find_chapters(spoken)
    assert found.chapters[0].start_ms == 0
    assert all(one.end_ms == two.start_ms for one, two in pairwise(found.chapters))
    assert found.chapters[-1].end_ms == spoken.fragments[-1].end_ms
    assert found.faults == ()
    text = youtube_text(found)
    assert text.startswith("0:00 ")
    read = chapter_list.read(text)
    assert [one.title for one in read] == [one.title for one in found.chapters]
    assert all(one.start_ms - it.start_ms in range(1000)
               for one, it in zip(found.chapters, read, strict=True))  # fmt: skip


def test_shuffled_speech_has_no_chapters_unless_asked():
    spoken = shuffled(talk()[0])
    found = find_chapters(spoken)
    assert not found.clear
    assert found.chapters == ()
    assert found.plain() == []
    assert youtube_text(found) == ""
    assert found.why.startswith("No clear chapters")
    asked = find_chapters(spoken, count=3)
    assert len(asked.chapters) == 3
    assert not asked.clear
    assert "not clear" in asked.why


@pytest.mark.slow
def test_planted_changes_are_found_and_shuffled_talks_raise_nothing():
    """At most 5 of 100 each; a binomial of 100 at 2.5 % exceeds that in 3 of 100 drawings."""
    found = raised = 0
    for seed in range(100):
        spoken, starts = talk(subjects=2, cues=40, seed=seed)
        found += near(find_chapters(spoken), starts, within_ms=30_000)
        raised += bool(find_chapters(shuffled(spoken, seed)).chapters)
    assert found >= 95
    assert raised <= 5


@pytest.mark.parametrize("method", ["depth", "changes"])
def test_other_methods_find_them_too(method):
    if method == "changes":
        pytest.importorskip("ruptures")
    spoken, starts = talk()
    assert near(find_chapters(spoken, count=3, method=method), starts, 30_000)


def test_embeddings_may_be_handed_in():
    """Of speech that hangs together by them alone."""
    spoken, starts = talk()
    mixed = shuffled(spoken)
    rows = np.zeros((len(spoken.fragments), 3))
    for at in range(len(rows)):
        rows[at, at * 3 // len(rows)] = 1
    assert not near(find_chapters(mixed, count=3), starts)
    assert near(find_chapters(mixed, count=3, embeddings=rows), starts)
    with pytest.raises(UsageError, match="150 fragments, not 2 x 3"):
        find_chapters(mixed, embeddings=rows[:2])


def test_what_makes_no_sense_is_refused():
    spoken, _ = talk()
    with pytest.raises(UsageError, match="one chapter"):
        find_chapters(spoken, count=0)
    with pytest.raises(UsageError, match="10 seconds"):
        find_chapters(spoken, shortest_ms=9_999)


@pytest.mark.parametrize("count", [None, 3])
@pytest.mark.parametrize(
    "fragments",
    [
        (),
        (Fragment(start_ms=0, end_ms=9, text="hello"),),
        (Fragment(start_ms=0, end_ms=500_000, text="\U0001f600 !!! ..."),),
        (Fragment(start_ms=0, end_ms=500_000, text="same. " * 200),),
        tuple(Fragment(start_ms=at, end_ms=at + 1, text="na") for at in range(0, 400_000, 9000)),
    ],
)
def test_little_or_strange_speech_makes_no_error(fragments, count):
    spoken = Spoken(name="x", title="x", fragments=fragments)
    found = find_chapters(spoken, count=count)
    assert not found.clear
    assert found.why
    if fragments:
        assert count is None or found.chapters == () or found.chapters[0].start_ms == 0
    assert found.section().title == "Chapters"
    assert len(found.table()) == len(found.chapters)


def test_borders_fall_on_sentences_where_they_are_marked():
    spoken, _ = talk()
    fragments = tuple(
        replace(one, text=one.text + ("." if at % 3 == 2 else ""))
        for at, one in enumerate(spoken.fragments)
    )
    found = find_chapters(replace(spoken, fragments=fragments), count=3)
    assert [one.start_ms // 4000 % 3 for one in found.chapters] == [0, 0, 0]


def test_more_chapters_than_fit_are_as_many_as_do():
    spoken, _ = talk()
    found = find_chapters(spoken, count=50)
    assert 20 < len(found.chapters) <= 50
    assert all(one.end_ms - one.start_ms >= 10_000 for one in found.chapters)
    assert len({one.title for one in found.chapters}) == len(found.chapters)


def test_results_are_plain_and_the_same_each_time():
    spoken, _ = talk(known=False)
    one, two = find_chapters(spoken), find_chapters(spoken)
    assert one == two
    plain = json.loads(json.dumps(one.plain()))
    assert plain[1]["url"] == f"https://youtu.be/t5qgjJIBy9g?t={plain[1]['start_ms'] // 1000}"
    assert plain[0]["score"] is None
    assert 0.5 < plain[1]["score"] <= 1
    (figure,) = one.section().figures
    assert all(np.isfinite(figure.series[0].y))
    assert [mark.x for mark in figure.marks] == [chapter.start_ms for chapter in one.chapters]
    assert one.account().methods


def test_the_lecture_of_the_course_has_plausible_chapters():
    path = SEEDS / "equivariant_2bP_KuBrXSc.en.json"
    if not path.exists():
        pytest.skip("the shared data are not here")
    rows = json.loads(path.read_text(encoding="utf-8"))["snippets"]
    starts = [round(row["start"] * 1000) for row in rows] + [1_131_000]
    fragments = tuple(
        Fragment(start_ms=start, end_ms=max(end, start + 1), text=row["text"])
        for (start, end), row in zip(pairwise(starts), rows, strict=True)
    )
    spoken = Spoken(name="x", title="x", fragments=fragments, language="en", pauses_known=False)
    found = find_chapters(spoken)
    assert found.clear
    assert found.faults == ()
    assert 3 <= len(found.chapters) <= 8
    assert "symmetry" in youtube_text(found).lower()


def test_terms_are_those_said_more_here_in_their_usual_spelling():
    texts = [
        "The CERN lab. We built CERN magnets, cern magnets and magnets.",
        "Music of Bach: Bach wrote fugues, and the fugues of Bach.",
    ]
    first, second = key_terms(texts, language="en")
    assert first[0].text in ("magnets", "CERN magnets", "CERN")
    assert {"Bach", "fugues"} <= {term.text for term in second}
    assert all(term.z > 0 for term in (*first, *second))
    assert "the" not in {term.text.lower() for term in (*first, *second)}


def test_titles_differ_and_name_no_word_twice():
    listed = [Term(text=text, count=2, z=2.0) for text in ("change", "changes", "patch")]
    assert titles([listed] * 3) == ("Change, patch", "Change, patch (2)", "Change, patch (3)")
    assert titles([(), listed[2:], listed[2:]]) == ("", "Patch", "Patch (2)")


def test_grammar_of_unlisted_languages_is_known_by_being_everywhere():
    rng = np.random.default_rng(0)
    grammar = ["ja", "on", "ei", "se", "että"]
    parts = [
        " ".join(
            str(rng.choice(grammar)) if rng.random() < 0.6 else str(rng.choice(words))
            for _ in range(300)
        )
        for words in (["talo", "katto", "seinä"], ["kala", "järvi", "vene"])
    ]
    for listed in key_terms(parts, language="fi"):
        assert not {term.text.lower() for term in listed} & set(grammar)
