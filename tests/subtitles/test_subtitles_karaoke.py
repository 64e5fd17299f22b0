from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from scenes_files import tracks, vtt

from loquitur.markup import Node
from loquitur.subtitles.cue_text import words_of
from loquitur.subtitles.karaoke import ESTIMATED, karaoke
from loquitur.subtitles.matching import matched, word_key


@dataclass
class Said:
    text: str
    start_ms: int


def instants(cue):
    def inside(tree):
        for item in tree:
            if isinstance(item, Node):
                yield from [item.start_ms] if item.tag == "time" else inside(item.children)

    return list(inside(cue.tree))


@settings(max_examples=40)
@given(tracks())
def test_instants_rise_inside_their_cue_and_no_text_changes(track):
    done = karaoke(track)
    assert [cue.text for cue in done.track.cues] == [cue.text for cue in track.cues]
    for cue in done.track.cues:
        found = [cue.start_ms, *instants(cue), cue.end_ms]
        assert found == sorted(set(found))
    assert karaoke(done.track).track.cues == done.track.cues


def test_words_of_a_transcript_give_the_times():
    track = vtt("00:01.000 --> 00:03.000\n<v Ann>Hello, dear friends</v>")
    heard = [Said("hello", 1_050), Said("dear", 1_700), Said("friends", 2_400)]
    done = karaoke(track, heard)
    assert instants(done.track.cues[0]) == [1_700, 2_400]
    assert (done.words, done.known) == (3, 3)
    assert ESTIMATED not in done.track.notes


def test_what_nobody_tells_is_shared_out_and_marked():
    track = vtt("00:00.000 --> 00:01.000\nab cd efgh")
    done = karaoke(track)
    assert done.track.cues[0].payload == "ab <00:00:00.250>cd <00:00:00.500>efgh"
    assert ESTIMATED in done.track.notes
    assert len(done.track.styles) == 1


def test_a_script_without_blanks_lights_up_by_characters():
    done = karaoke(vtt("00:00.000 --> 00:01.000\n日本語x"))
    assert done.track.cues[0].payload == "日<00:00:00.250>本<00:00:00.500>語<00:00:00.750>x"


def test_known_instants_stay():
    track = vtt("00:01.000 --> 00:03.000\none<00:01.900><c> two</c><00:02.500><c> three</c>")
    assert [word.start_ms for word in words_of(track.cues[0])] == [1_000, 1_900, 2_500]
    done = karaoke(track, [Said("one", 1_000), Said("two", 1_100)])
    assert instants(done.track.cues[0]) == [1_900, 2_500]


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from("abcde"), max_size=60), st.lists(st.sampled_from("abcde"), max_size=60)
)
def test_matches_rise_and_are_the_same_words(first, second):
    pairs = matched(first, second)
    assert all(first[one] == second[other] for one, other in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))
    assert len(matched(first, first)) == len(first)


def test_long_texts_with_a_hole_and_strangers_are_matched():
    first = [word_key(word) for n in range(6_000) for word in f"the cat sat on mat {n}".split()]
    second = first[:9_000] + ["stranger"] * 50 + first[9_500:]
    assert len(matched(first, second)) > 0.99 * (len(first) - 500)
