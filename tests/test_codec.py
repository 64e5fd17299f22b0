"""Artifacts as JSON and back, canonical options, stage keys."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import hashlib
import json
import math
import os
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur import codec
from loquitur.errors import InputError, UsageError
from loquitur.markup import NOTATIONS, Node, write
from loquitur.model.captions import Block, CaptionTrack, Cue, Diagnostic, Region, Settings
from loquitur.model.hearing import Sounds, Spoken
from loquitur.model.labels import Labels, LabelScore, Moment
from loquitur.model.media import Audio, Channels, MediaRef, Shots, Track
from loquitur.model.speakers import Enrolment, Person, SpeakerEdits, Voice, Voices
from loquitur.model.speech import (
    Activity,
    Chapter,
    EngineStamp,
    Feeling,
    Feelings,
    Lines,
    Outline,
    Provenance,
    Speaker,
    SpokenWord,
    Transcript,
    Turn,
    Turns,
    Utterance,
    Word,
    Words,
)
from loquitur.model.vision import Alternative, Description, Descriptions, Features, Sampling
from loquitur.model.work import Engine, Record

THOROUGH = settings(derandomize=True, deadline=None, max_examples=60)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
name = st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), min_size=1, max_size=8)
number = st.integers(0, 2**40)
share = st.floats(0, 1)
real = st.floats(allow_nan=False, allow_infinity=False)
maybe_share = st.none() | share
timing = st.sampled_from(["engine", "aligned", "interpolated"])


def several(item, most: int = 4):
    return st.lists(item, max_size=most).map(tuple)


def spans():
    return st.tuples(number, st.integers(1, 10**7)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def timed(kind, **fields):
    return st.builds(
        lambda span, rest: kind(start_ms=span[0], end_ms=span[1], **rest),
        spans(),
        st.fixed_dictionaries(fields),
    )


def in_order(item, most: int = 6):
    return st.lists(item, max_size=most).map(
        lambda items: tuple(sorted(items, key=lambda one: one.start_ms))
    )


stamps = st.builds(
    EngineStamp, name=text, version=text, model=text, model_digest=text, draft=st.booleans()
)
media = st.builds(
    MediaRef,
    media_id=text.map(lambda rest: "sha256:" + rest),
    title=text,
    source=text,
    size_bytes=number,
    container=text,
    tracks=several(
        st.builds(
            Track,
            index=number,
            kind=st.sampled_from(["audio", "video", "subtitle", "data"]),
            codec=text,
            language=st.none() | text,
            frame_rate_hz=st.none() | real,
            duration_ms=st.none() | number,
            default=st.booleans(),
        )
    ),
    has_video=st.booleans(),
    duration_ms=st.none() | number,
    video_id=st.none() | text,
)
audio = st.builds(
    Audio,
    media_id=text,
    samples=text,
    sample_count=st.integers(1, 2**40),
    offset_ms=number,
    duration_ms=st.integers(1, 2**40),
    track_index=number,
    warnings=several(text),
)
activity = st.builds(
    Activity,
    frame_ms=number,
    offset_ms=number,
    probabilities=st.binary(max_size=400),
    gain_db=real,
    engine=stamps,
)
channels = st.builds(
    lambda one, names: Channels(
        channels=tuple(dataclasses.replace(one, samples=name) for name in names)
    ),
    audio,
    st.lists(text, min_size=2, max_size=4),
)
shots = st.builds(
    lambda cuts, **rest: Shots(cuts_ms=tuple(sorted(cuts)), **rest),
    st.sets(st.integers(1, 2**40), max_size=5),
    media_id=text,
    frame_count=number,
    end_ms=number,
    frame_rate_hz=st.none() | real,
    warnings=several(text),
)
lines = st.builds(Lines, lines=several(activity), notes=several(text))
words = st.builds(
    lambda said, who, **rest: Words(words=said, speakers=(who,) * len(said) if who else (), **rest),
    in_order(timed(Word, text=name, confidence=maybe_share, timing=timing)),
    st.none() | text.filter(bool),
    language=text,
    engine=stamps,
    repairs=several(st.tuples(text, number)),
)
turns = st.builds(
    Turns,
    turns=in_order(timed(Turn, speaker=name, score=maybe_share)),
    engine=stamps,
    notes=several(text),
)
feeling = timed(
    Feeling,
    label=text,
    score=share,
    scores=several(st.tuples(text, real)),
    arousal=maybe_share,
    valence=maybe_share,
    source=text,
    confidence=st.sampled_from(["low", "medium", "high"]),
    speaker=st.none() | text,
)
feelings = st.builds(Feelings, feelings=in_order(feeling), engine=stamps)
spoken = timed(
    SpokenWord, text=text, confidence=maybe_share, timing=timing, overlap=several(text, 2)
)
utterance = timed(
    Utterance,
    speaker=text,
    words=st.lists(spoken, min_size=1, max_size=4).map(tuple),
    feeling=st.none() | feeling,
)
starts = st.lists(number, unique=True, max_size=4).map(sorted)
outline = st.builds(
    Outline,
    title=text,
    summary=text,
    chapters=starts.map(lambda all_: tuple(Chapter(start_ms=at, title="A") for at in all_)),
    paragraphs=starts.map(tuple),
    engine=stamps,
    tokens=st.none() | st.tuples(number, number),
)
features = st.builds(
    Features,
    media_id=text,
    encoder=stamps,
    times_ms=several(number),
    dimension=st.integers(1, 4096),
    matrix=text,
    sampling=st.builds(
        Sampling,
        by=st.sampled_from(["uniform", "rate", "shots", "key"]),
        count=st.integers(1, 1000),
        rate_hz=st.floats(0.01, 1000),
        most=st.none() | st.integers(1, 1000),
        fast=st.booleans(),
    ),
    warnings=several(text),
)
sounds = st.builds(
    Sounds,
    media_id=text,
    encoder=stamps,
    times_ms=several(number),
    window_ms=number,
    dimension=number,
    matrix=text,
    warnings=several(text),
)
spoken = st.builds(
    Spoken,
    media_id=text,
    encoder=stamps,
    start_ms=several(number),
    end_ms=several(number),
    texts=several(text),
    dimension=number,
    matrix=text,
    language=text,
)
label_scores = st.builds(
    LabelScore,
    label=text,
    score=share,
    index=st.none() | number,
    verticals=several(text),
    branches=several(st.tuples(text, share)),
    moments=several(
        st.builds(Moment, start_ms=number, end_ms=number, weight=real, stream=text, text=text)
    ),
)
labels = st.builds(
    Labels,
    media_id=text,
    source=stamps,
    labels=several(label_scores),
    genres=several(label_scores),
    streams=several(text),
    warnings=several(text),
)
alternatives = several(st.builds(Alternative, text=text, score=st.none() | real))
descriptions = st.builds(
    Descriptions,
    media_id=text,
    language=text,
    engine=stamps,
    descriptions=several(
        timed(
            Description,
            text=text,
            score=st.none() | real,
            frames_ms=several(number),
            alternatives=alternatives,
        )
    ),
    warnings=several(text),
)
transcript = st.builds(
    Transcript,
    media_id=text,
    title=text,
    language=text,
    duration_ms=number,
    speakers=several(st.builds(Speaker, id=text, name=st.none() | text)),
    utterances=several(utterance),
    provenance=several(
        st.builds(Provenance, stage=text, engine=text, version=text, draft=st.booleans())
    ),
    notes=several(text),
    video_id=st.none() | text,
    outline=st.none() | outline,
)
tree = st.recursive(
    several(text),
    lambda inner: several(
        text
        | st.builds(
            Node,
            tag=text,
            classes=several(text, 2),
            annotation=text,
            start_ms=st.none() | number,
            children=inner,
        )
    ),
    max_leaves=8,
)
track = st.builds(
    CaptionTrack,
    language=text,
    cues=several(
        timed(
            Cue,
            payload=text | tree.map(lambda items: write(items, "vtt")[0]),
            notation=st.sampled_from(NOTATIONS),
            id=text,
            settings=st.builds(Settings, line=st.none() | real, align=st.sampled_from(["end"])),
            extra=several(st.tuples(text, text)),
        )
    ),
    name=text,
    header=several(text),
    blocks=several(
        st.builds(Block, kind=st.just("region"), text=text, region=st.builds(Region, id=text))
    ),
    diagnostics=several(st.builds(Diagnostic, code=text, line=number, message=text)),
)
record = st.builds(
    Record,
    key=text,
    stage=text,
    stage_version=number,
    outputs=several(st.tuples(text, text)),
    inputs=several(st.tuples(text, text)),
    options=text,
    seconds=real,
    part_of=text,
)
unit = st.sampled_from([(1.0,), (-1.0,), (0.6, 0.8), (0.0, 0.0, 1.0)])
voices = st.builds(
    Voices,
    voices=st.lists(
        st.builds(Voice, speaker=name, embedding=unit, speech_ms=st.integers(1, 2**40)),
        max_size=4,
        unique_by=lambda voice: voice.speaker,
    ).map(tuple),
    engine=stamps,
)
person = st.builds(
    Person,
    name=name,
    engine=stamps,
    enrolments=st.lists(
        st.builds(
            Enrolment,
            embedding=st.sampled_from([(0.6, 0.8), (0.8, -0.6)]),
            speech_ms=number,
            media_id=text,
            title=text,
            speaker=text,
            when=text,
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
)
edits = st.builds(
    SpeakerEdits,
    turns=text,
    names=st.dictionaries(text, text, max_size=3).map(lambda names: tuple(names.items())),
    merges=st.just(()) | st.just((("S1", "S0"), ("S2", "S0"))),
)
KINDS = {
    Voices: voices,
    Person: person,
    SpeakerEdits: edits,
    MediaRef: media,
    Audio: audio,
    Channels: channels,
    Shots: shots,
    Activity: activity,
    Lines: lines,
    Words: words,
    Turns: turns,
    Feelings: feelings,
    Outline: outline,
    Features: features,
    Descriptions: descriptions,
    Sounds: sounds,
    Spoken: spoken,
    Labels: labels,
    Transcript: transcript,
    CaptionTrack: track,
    Record: record,
}

STAMP = EngineStamp(name="engine", version="1")
WORDS = Words(
    words=(
        Word(start_ms=0, end_ms=10, text="a", confidence=0.5),
        Word(start_ms=10, end_ms=20, text="b", timing="interpolated"),
    ),
    language="en",
    engine=STAMP,
)


def test_every_artifact_has_a_strategy_here():
    assert set(codec.SCHEMAS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_round_trip(kind):
    @THOROUGH
    @given(artifact=KINDS[kind])
    def check(artifact):
        data = codec.encode(artifact)
        assert codec.decode(data, kind) == artifact
        assert codec.encode(codec.decode(data, kind)) == data
        plain = json.loads(data)
        assert plain["schema"] == codec.SCHEMAS[kind].tag
        assert list(plain)[1:] == sorted(list(plain)[1:])

    check()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_any_cut_or_changed_byte_is_an_input_error_or_an_artifact(kind):
    @settings(derandomize=True, deadline=None, max_examples=25)
    @given(artifact=KINDS[kind], data=st.data())
    def check(artifact, data):
        whole = codec.encode(artifact)
        cut = data.draw(st.integers(0, len(whole) - 1))
        with pytest.raises(InputError):
            codec.decode(whole[:cut], kind)
        at = data.draw(st.integers(0, len(whole) - 1))
        changed = whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + 1 :]
        with contextlib.suppress(InputError):
            assert isinstance(codec.decode(changed, kind), kind)

    check()


def test_a_newer_version_is_told_apart_from_a_foreign_schema():
    data = codec.encode(WORDS)
    newer = data.replace(b"loquitur/words/1", b"loquitur/words/7")
    with pytest.raises(
        InputError, match=r"schema loquitur/words/7, this Loquitur reads up to 1"
    ) as caught:
        codec.decode(newer, Words)
    assert "upgrade" in caught.value.hint
    for strange in (b"loquitur/turns/1", b"loquitur/words/x", b"loquitur/words/", b"", b"words/1"):
        with pytest.raises(InputError, match=r"expected loquitur/words/1"):
            codec.decode(data.replace(b"loquitur/words/1", strange), Words)
    with pytest.raises(InputError, match=r"expected loquitur/turns/1"):
        codec.decode(data, Turns)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"schema": 1}',
        b'{"schema": null}',
        b'{"schema": "loquitur/words/1"}',
        b"[" * 100_000,
        b'{"schema": "loquitur/words/1", "words": ' + b"[" * 100_000,
    ],
)
def test_what_is_no_artifact(data):
    with pytest.raises(InputError):
        codec.decode(data, Words)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"end_ms":[10,20]', b'"end_ms":[0,20]'),  # an empty span
        (b'"end_ms":[10,20]', b'"end_ms":[10]'),  # a column too short
        (b'"end_ms":[10,20]', b'"end_ms":[10,"20"]'),
        (b'"end_ms":[10,20]', b'"end_ms":[10,20.5]'),
        (b'"start_ms":[0,10]', b'"start_ms":[19,10]'),  # out of order
        (b'"interpolated":[1]', b'"interpolated":[2]'),
        (b'"interpolated":[1]', b'"interpolated":[-1]'),
        (b'"interpolated":[1]', b'"guessed":[1]'),
        (b"[0.5,null]", b"[1.5,null]"),
        (b'"language":"en"', b'"language":7'),
        (b'"language":"en"', b'"language":"en","colour":"red"'),
        (b'"language":"en",', b""),
    ],
)
def test_a_broken_promise_is_refused(old, new):
    data = codec.encode(WORDS)
    assert data.count(old) == 1
    with pytest.raises(InputError):
        codec.decode(data.replace(old, new), Words)


def test_a_transcript_whose_counts_do_not_fit():
    spoken_word = SpokenWord(start_ms=0, end_ms=1, text="a", overlap=("B",))
    item = Utterance(start_ms=0, end_ms=1, speaker="A", words=(spoken_word,))
    whole = Transcript(
        media_id="m", title="t", language="en", duration_ms=1, speakers=(), utterances=(item,)
    )
    data = codec.encode(whole)
    assert codec.decode(data, Transcript) == whole
    for old, new in ((b'"count":1', b'"count":2'), (b'"overlap":[[0,', b'"overlap":[[5,')):
        assert old in data
        with pytest.raises(InputError, match="do not fit"):
            codec.decode(data.replace(old, new), Transcript)


def test_what_json_cannot_hold_is_refused_not_changed():
    strange = (math.nan, math.inf, -math.inf)
    span = {"start_ms": 0, "end_ms": 1}
    for value in strange:
        feeling_of = Feeling(**span, label="x", score=0.5, arousal=value)
        spoken_word = SpokenWord(**span, text="a", confidence=value)
        item = Utterance(**span, speaker="A", words=(spoken_word,))
        for artifact in (
            Feelings(feelings=(feeling_of,), engine=STAMP),
            Activity(frame_ms=1, offset_ms=0, probabilities=b"", gain_db=value, engine=STAMP),
            Transcript(
                media_id="",
                title="",
                language="",
                duration_ms=1,
                speakers=(),
                utterances=(item,),
            ),
        ):
            with pytest.raises(InputError, match="cannot be written"):
                codec.encode(artifact)
    with pytest.raises(InputError, match="not Unicode"):
        codec.encode(dataclasses.replace(WORDS, language=os.fsdecode(b"caf\xe9")))
    with pytest.raises(TypeError):
        codec.encode(STAMP)


def test_words_are_kept_in_columns():
    item = {"confidence": 0.25, "timing": "engine"}
    many = tuple(
        Word(start_ms=n * 400, end_ms=n * 400 + 300, text=f"w{n % 50}", **item)
        for n in range(9_000)
    )
    artifact = Words(words=many, language="en", engine=STAMP)
    data = codec.encode(artifact)
    rows = msgspec.json.encode(artifact)
    print(f"9,000 words: {len(data):,} bytes in columns, {len(rows):,} in rows")
    assert len(data) < len(rows) / 2
    assert codec.decode(data, Words) == artifact


# --- canonical options ----------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    model: str = "v3"
    beam: int = 5
    threshold: float = 0.5
    padding_s: float | None = None
    languages: tuple[str, ...] = ("en",)
    threads: int = dataclasses.field(default=1, metadata={"keyed": False})


class Colour(enum.Enum):
    RED = "red"


def test_canonical_is_one_text_for_equal_options():
    assert codec.canonical(Options()) == (
        '{"beam":5,"languages":["en"],"model":"v3","padding_s":null,"threads":1,"threshold":0.5}'
    )
    assert codec.canonical(Options(threshold=1)) == codec.canonical(Options(threshold=1.0))
    assert codec.canonical({"a": (1, 2)}) == codec.canonical({"a": [1, 2]})
    assert codec.canonical({"a": "cafe\u0301"}) == codec.canonical({"a": "caf\u00e9"})
    assert codec.canonical({"a": -0.0}) == '{"a":0.0}'
    assert codec.canonical({"a": 0.1 + 0.2}) == '{"a":0.30000000000000004}'
    assert codec.canonical({"a": True, "b": Colour.RED}) == '{"a":true,"b":"red"}'


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        {1, 2},
        frozenset(),
        b"bytes",
        object(),
        {1: 2},
        {"e\u0301": 1, "\u00e9": 2},
        "\udce9",
        {"\udce9": 1},
    ],
)
def test_what_has_no_canonical_form(value):
    with pytest.raises(UsageError, match="options"):
        codec.canonical({"a": [value]})


def test_options_of_a_wrong_type_are_refused():
    with pytest.raises(UsageError, match="Options"):
        codec.canonical(Options(beam="five"))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | real | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(name, inner, max_size=3),
    max_leaves=8,
)


@THOROUGH
@given(options=st.dictionaries(name, plain, max_size=5), order=st.randoms(use_true_random=False))
def test_canonical_does_not_depend_on_the_order(options, order):
    try:
        expected = codec.canonical(options)
    except UsageError:  # two names with one NFC form
        return
    items = list(options.items())
    order.shuffle(items)
    assert codec.canonical(dict(items)) == expected
    assert codec.canonical(json.loads(expected)) == expected


# --- stage keys -----------------------------------------------------------------------------------

ENGINE = Engine(
    kind="asr",
    name="onnx-asr",
    version="0.12.1",
    model="v3",
    model_digest="d" * 64,
    options=codec.canonical(Options()),
)
TASK = {
    "stage": "transcribe",
    "stage_version": 3,
    "engine": ENGINE,
    "options": '{"chunk_s":30.0,"language":"en"}',
    "inputs": (("audio", "a" * 64), ("activity", "b" * 64)),
}


def changes():
    yield {"stage": "diarize"}
    yield {"stage_version": 4}
    yield {"engine": None}
    for field in ("kind", "name", "version", "model", "model_digest"):
        yield {"engine": dataclasses.replace(ENGINE, **{field: "other"})}
    yield {"engine": dataclasses.replace(ENGINE, options=codec.canonical(Options(beam=6)))}
    yield {"options": '{"chunk_s":30.0,"language":"de"}'}
    yield {"options": '{"chunk_s":30.0}'}
    yield {"inputs": (("audio", "b" * 64), ("activity", "a" * 64))}
    yield {"inputs": (("audio", "a" * 64),)}
    yield {"inputs": (*TASK["inputs"], ("more", "c" * 64))}
    yield {"inputs": (("sound", "a" * 64), ("activity", "b" * 64))}


def test_a_key_changes_with_each_thing_it_depends_on():
    keys = [codec.stage_key(**TASK)] + [codec.stage_key(**TASK | change) for change in changes()]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 64 and not key.strip("0123456789abcdef") for key in keys)


def test_a_key_does_not_change_with_what_it_does_not_depend_on():
    key = codec.stage_key(**TASK)
    same = [
        {"inputs": tuple(reversed(TASK["inputs"]))},
        {"options": '{ "language": "en", "chunk_s": 30.0 }'},
        {"engine": dataclasses.replace(ENGINE, draft=True)},
    ]
    assert {codec.stage_key(**TASK | change) for change in same} == {key}


def test_a_key_is_the_same_in_every_process():
    code = (
        "from loquitur import codec\n"
        "from loquitur.model.work import Engine\n"
        "e = Engine(kind='asr', name='x', version='1', options='{\"b\":1,\"a\":[1,2.5]}')\n"
        "o = codec.canonical({k: 1 for k in {'x', 'y', 'z', 'w', 'v'}})\n"
        "task = dict(stage='s', stage_version=1, engine=e, options=o, inputs=(('a', 'b'),))\n"
        "print(codec.stage_key(**task))"
    )
    printed = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code]
        printed.add(
            subprocess.run(command, env=environment, capture_output=True, check=True).stdout
        )
    assert len(printed) == 1


def test_the_recipe_of_keys_is_pinned():
    """A change here forgets every stored result of every user: raise KEY_VERSION knowingly."""
    plan = (
        '{"engine":null,"inputs":[["a","k"]],"options":{"x":1.5},'
        '"stage":"s","stage_version":1,"v":1}'
    )
    key = codec.stage_key(stage="s", stage_version=1, options='{"x":1.5}', inputs=(("a", "k"),))
    assert key == hashlib.sha256(plan.encode()).hexdigest()


@pytest.mark.parametrize("options", ["", "[]", "{", "null", '{"a": NaN}'])
def test_options_that_are_none(options):
    with pytest.raises(UsageError):
        codec.stage_key(stage="s", stage_version=1, options=options)
