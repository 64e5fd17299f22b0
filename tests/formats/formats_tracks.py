"""Caption tracks at random: hostile text, all tags, places, times of any kind."""

from __future__ import annotations

from hypothesis import strategies as st

from loquitur.model.captions import PLAIN_SETTINGS, Block, CaptionTrack, Cue, Node, Settings

SIGNS = st.one_of(
    st.sampled_from(
        "<>&-\\{}*_#`\n\r\t \x00\u2028\x85\ud800v/.,;:'\"=+@[]()|12aßé漢ש👩\u200f\u00a0"
    ),
    st.characters(),
)
TEXTS = st.text(SIGNS, max_size=20) | st.sampled_from(
    [
        "00:00:01,000 --> 00:00:02,000", "0:00:01.000,0:00:02.000", "[00:01.00]x", "WEBVTT",
        "{\\an8}", "{\\i1}x", "\\N", "\\n\\h", "&amp;", "<b>", "]]>", "<!--", "=1+1", "'=x", "[br]",
        "Dialogue: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,x", "[Events]", "*TC 00:00:01;00", "a b",
        "hello\nthere", " lead", "trail ", "<00:01.00>", "[Script Info]", "\ufeff",
    ]
)  # fmt: skip
NAMES = st.text(SIGNS, max_size=10) | st.sampled_from(["Ada", "Bob (calm)", "x y"])
TIMES = st.integers(0, 400_000_000) | st.integers(0, 60_000)
CLASSES = st.sampled_from(
    ["red", "white", "yellow", "loud", "pen3", "line-through", "color-123456", "a b", "1"]
)


def _nodes(children):
    inner = st.lists(children, max_size=3).map(tuple)
    return st.one_of(
        st.builds(
            lambda tag, inside: Node(tag=tag, children=inside), st.sampled_from("biu"), inner
        ),
        st.builds(
            lambda names, inside: Node(tag="c", classes=tuple(names), children=inside),
            st.lists(CLASSES, max_size=2), inner,
        ),
        st.builds(
            lambda name, inside: Node(tag="v", annotation=name, children=inside), NAMES, inner
        ),
        st.builds(lambda inside: Node(tag="lang", annotation="fr", children=inside), inner),
        st.builds(
            lambda inside, text: Node(
                tag="ruby", children=(*inside, Node(tag="rt", children=(text,)))
            ),
            inner, TEXTS,
        ),
        st.builds(lambda ms: Node(tag="time", start_ms=ms), TIMES),
    )  # fmt: skip


TREES = st.lists(st.recursive(TEXTS, _nodes, max_leaves=5), max_size=4).map(tuple)
PERCENT = st.integers(0, 100)
PLACES = st.just(PLAIN_SETTINGS) | st.builds(
    Settings,
    line=st.none() | PERCENT,
    snap_to_lines=st.booleans(),
    line_align=st.sampled_from(["start", "center", "end"]),
    position=st.none() | PERCENT,
    position_align=st.sampled_from(["line-left", "center", "line-right", "auto"]),
    size=PERCENT,
    align=st.sampled_from(["start", "center", "end", "left", "right"]),
    vertical=st.sampled_from(["", "", "rl"]),
)


@st.composite
def cues(draw):
    start_ms = draw(TIMES)
    end_ms = draw(st.just(start_ms + 1500) | st.integers(start_ms, start_ms + 9000) | TIMES)
    place, name = draw(PLACES), draw(st.just("") | NAMES)
    if draw(st.booleans()):
        return Cue.of(start_ms=start_ms, end_ms=end_ms, tree=draw(TREES), id=name, settings=place)
    return Cue(
        start_ms=start_ms, end_ms=end_ms, payload=draw(TEXTS), id=name, settings=place,
        notation=draw(st.sampled_from(["srt", "plain"])),
    )  # fmt: skip


TRACKS = st.builds(
    lambda found, notes, language, name: CaptionTrack(
        language=language, name=name, cues=tuple(found),
        blocks=tuple(Block(kind="note", text=note) for note in notes),
    ),
    st.lists(cues(), min_size=1, max_size=5),
    st.lists(TEXTS, max_size=1),
    st.sampled_from(["", "en", "pt-BR"]),
    NAMES,
)  # fmt: skip
