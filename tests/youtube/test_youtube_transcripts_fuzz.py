"""Bodies that were bent: an error of ours or captions, never anything else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyless_worlds import SHARED, SYNTHETIC, VIDEO, needs_shared

from loquitur.emulator import rolling_captions as rolling
from loquitur.emulator.rolling_captions import Line
from loquitur.errors import RemoteError
from loquitur.youtube.keyless.bodies import Body, address, track_of
from loquitur.youtube.keyless.preferring import distance, normal
from loquitur.youtube.keyless.reading import whole_lines
from loquitur.youtube.keyless.said import text_of, words_of

FORMS = ("json3", "vtt", "srv1", "srv3", "ttml")


def bent(data, dice):
    """A body with some bytes changed, cut out, doubled, or of other bodies."""
    found = bytearray(data)
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(found) + 1)
        span = dice.randrange(1, 40)
        what = dice.randrange(6)
        if what == 0:
            found[at : at + span] = b""
        elif what == 1:
            found[at:at] = found[at : at + span]
        elif what == 2 and at < len(found):
            found[at] = dice.randrange(256)
        elif what == 3:
            found[at:at] = dice.choice(
                [b'"', b"\\", b"{", b"[", b"<", b">", b"&", b"&#", b"-->", b"\x00", b"\xff\xfe",
                 b"999999999999999999999", b"-1", b"null", b"NaN", b"1e400", b"\xe2\x80\x8b"]
            )  # fmt: skip
        elif what == 4:
            found = found[:at]
        elif what == 5 and found:
            start = dice.randrange(len(found))
            found[at:at] = found[start : start + span]
    return bytes(found)


def tried(data, form):
    """Whether captions came of it; whatever happens is ours."""
    try:
        track = track_of(Body(data=data, form=form), video_id=VIDEO, language="en")
    except RemoteError:
        return False
    lines, _ = whole_lines(track, generated=True)
    words = words_of(lines, timed=True)
    assert all(word.start_ms is None or word.start_ms >= 0 for word in words)
    assert all(word.end_ms is None or word.end_ms > word.start_ms for word in words)
    text_of(words)
    return True


def fuzzed(count, seed):
    dice = random.Random(seed)
    bodies = [(path.read_bytes(), form) for form in FORMS
              for path in sorted(SYNTHETIC.glob(f"*.{form}"))]  # fmt: skip
    bodies += [(path.read_bytes(), "srv3") for path in sorted((SHARED / "srv3").glob("*.ytt"))]
    return sum(tried(bent(data, dice), form) for data, form in dice.choices(bodies, k=count))


@needs_shared
def test_bent_bodies():
    assert 50 < fuzzed(400, seed=1) < 400


@needs_shared
@pytest.mark.slow
def test_twenty_thousand_bent_bodies():
    assert fuzzed(20_000, seed=2) > 5_000


@needs_shared
def test_every_shared_file_is_read():
    good = 0
    for path in sorted(SYNTHETIC.iterdir()) + sorted((SHARED / "srv3").glob("*.ytt")):
        form = path.suffix.removeprefix(".").replace("ytt", "srv3")
        if form != "json":
            good += tried(path.read_bytes(), form)
        if path.stem.split(".")[0] in ("empty_body", "html_instead", "no_events"):
            assert not tried(path.read_bytes(), form)
    assert good == 6 * 5 + 2 + len(list((SHARED / "srv3").glob("*.ytt")))


WORD = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z", "S"), exclude_characters="[]<>&"),
    min_size=1, max_size=8,
).filter(lambda text: not text.isspace() and text != "_" * len(text))  # fmt: skip


@given(
    st.lists(st.lists(WORD, min_size=1, max_size=6), min_size=1, max_size=8),
    st.integers(60, 900),
    st.sampled_from(["json3", "vtt"]),
)
def test_words_that_the_service_would_write_come_back(texts, step, form):
    lines, at = [], 500
    for line in texts:
        words = []
        for word in line:
            words.append((word, at))
            at += step
        lines.append(Line(words=tuple(words)))
        at += 40
    body = rolling.json3(lines, at) if form == "json3" else rolling.vtt(lines, at, language="en")
    track, _ = whole_lines(track_of(Body(data=body, form=form), video_id=VIDEO), generated=True)
    words = words_of(track, timed=True)
    assert [(word.text, word.start_ms) for word in words] == [
        pair for line in lines for pair in line.words
    ]


TAG = st.from_regex(r"\A[a-z]{2}(-[A-Z][a-z]{3})?(-[A-Z]{2})?\Z")


@given(TAG, TAG)
def test_distances(one, other):
    assert distance(one, one) == 0
    assert normal(normal(one)) == normal(one)
    far = distance(one, other)
    back = distance(other, one)
    assert (far is None) == (back is None)
    assert {far, back} in ({0}, {1, 2}, {3}, {None})


@given(st.dictionaries(st.sampled_from(["v", "xosf", "fmt", "tlang", "lang"]), st.text(max_size=9)))
def test_addresses(query):
    from urllib.parse import parse_qs, urlencode, urlsplit

    url = address(f"https://x/api/timedtext?{urlencode(query)}", form="json3", translate="fr")
    found = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert found["fmt"] == ["json3"]
    assert found["tlang"] == ["fr"]
    assert "xosf" not in found
    assert {name: values[0] for name, values in found.items() if name in ("v", "lang")} == {
        name: value for name, value in query.items() if name in ("v", "lang")
    }
