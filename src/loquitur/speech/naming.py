"""Who the speakers of a medium are: names and merges by the user's word, else by known voices.

Artifacts keep the diarizer's labels for ever; what is worked out here is laid over a transcript
and its captions when they leave the store. The user's word stands above every voice. A voice names
a speaker only where nothing else comes near: a wrong name is worse than none.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loquitur.markup import Node, write
from loquitur.model.captions import noted
from loquitur.model.speech import Speaker, SpokenWord, Utterance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from loquitur.model.captions import CaptionTrack, Cue
    from loquitur.model.speakers import Person, SpeakerEdits, Voices
    from loquitur.model.speech import Feeling, Transcript

    Embedding = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """When a voice is taken for a known one.

    Args:
        threshold: The least likeness, a cosine.
        margin: How much nearer it must be than any other known voice to this speaker, and than
            any other speaker of the medium to this known voice.
    """

    threshold: float
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What speakers are called: each label's speaker, and the names of those who have one.

    `into` leads from a label to the one it was merged into; a label that is not there stands for
    itself. `scores` tells who was named by voice, and how alike the voices are (cosine).
    """

    into: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def root(self, label: str) -> str:
        """The label of the speaker to whom a label belongs."""
        return self.into.get(label, label)

    def called(self, label: str) -> str:
        """The name of a label's speaker, else that speaker's label."""
        root = self.root(label)
        return self.names.get(root, root)


def naming_of(
    labels: Sequence[str],
    edits: SpeakerEdits | None,
    *,
    voices: Voices | None = None,
    known: Sequence[Person] = (),
    matching: Matching | None = None,
) -> Naming:
    """What the speakers of a diarization are called.

    A merged speaker has the name of the one it was merged into, else the first name among those
    merged. Known voices name speakers without a name, none of whom the user wanted nameless.

    Args:
        labels: All labels, in order of first appearance.
        edits: What the user said of them.
        voices: Their voices; without them nobody is named by voice.
        known: Known voices, heard by the same engine.
        matching: When a voice is a known one.
    """
    into = {label: root for label, root in edits.merges if label in labels} if edits else {}
    given = dict(edits.names) if edits else {}
    names: dict[str, str] = {}
    nameless = set()
    for label in labels:
        root = into.get(label, label)
        if given.get(root) == "":
            nameless.add(root)
        elif name := given.get(root) or given.get(label):
            names.setdefault(root, name)
    told = Naming(into=into, names=names)
    if voices is None or matching is None or not known:
        return told
    heard = grouped(labels, voices, told)
    free = {root: voice for root, voice in heard.items() if root not in {*names, *nameless}}
    return _recognised(told, free, known, matching)


def grouped(labels: Iterable[str], voices: Voices, naming: Naming) -> dict[str, Embedding]:
    """The voice of each speaker: of merged ones the mean, by how long each was heard."""
    members: dict[str, list[tuple[float, Embedding]]] = {}
    for label in labels:
        if (voice := voices.of(label)) is not None:
            members.setdefault(naming.root(label), []).append((voice.speech_ms, voice.embedding))
    return {root: _mean(some) for root, some in members.items()}


def likeness(voice: Embedding, person: Person) -> float:
    """The mean cosine between a voice of any length and what was enrolled of a person, -1..1.

    Raises:
        ValueError: They are of different widths.
    """
    product = math.fsum(a * b for a, b in zip(voice, person.mean, strict=True))
    length = math.sqrt(math.fsum(a * a for a in voice))
    return max(-1.0, min(1.0, product / length)) if length > 0.0 else 0.0


def ranked(voice: Embedding, known: Iterable[Person]) -> list[tuple[float, str]]:
    """Known voices by likeness to a voice, the nearest first."""
    return sorted(((likeness(voice, person), person.name) for person in known), reverse=True)


def _mean(weighted: list[tuple[float, Embedding]]) -> Embedding:
    rows = zip(*(embedding for _, embedding in weighted), strict=True)
    return tuple(
        math.fsum(weight * value for (weight, _), value in zip(weighted, row, strict=True))
        for row in rows
    )


def _recognised(
    told: Naming, free: Mapping[str, Embedding], known: Sequence[Person], matching: Matching
) -> Naming:
    """The naming with those speakers named whose voices are known, and notes on all who may be."""
    taken = {name.casefold() for name in told.names.values()}
    notes: list[str] = []
    claims: dict[str, list[tuple[float, str]]] = {}
    for root, voice in free.items():
        (score, name), *others = ranked(voice, known)
        if score < matching.threshold or name.casefold() in taken:
            continue
        if others and score - others[0][0] < matching.margin:
            both = f"{name} ({score:.2f}) and {others[0][1]} ({others[0][0]:.2f})"
            notes.append(f"{root} is not named: the voice is like those of {both}")
        else:
            claims.setdefault(name, []).append((score, root))
    names, scores = dict(told.names), {}
    for name, some in claims.items():
        some.sort(reverse=True)
        (score, root), *rest = some
        if rest and score - rest[0][0] < matching.margin:
            who = " and ".join(f"{one} ({alike:.2f})" for alike, one in some)
            notes.append(f"nobody is named {name}: {who} are alike in voice")
            continue
        names[root], scores[root] = name, score
        notes.append(f"{root} is named {name} by voice (likeness {score:.2f})")
        notes += [f"{one} sounds like {name} too ({alike:.2f}), unnamed" for alike, one in rest]
    return dataclasses.replace(told, names=names, scores=scores, notes=tuple(notes))


def renamed(transcript: Transcript, naming: Naming, *, pause_ms: int) -> Transcript:
    """A transcript in which merged speakers are one and speakers have their names.

    Neighbouring utterances of speakers who became one are joined as the weaving would have done:
    without a pause between them, in the same mood.

    Args:
        transcript: As woven, with the diarizer's labels.
        naming: Who is who.
        pause_ms: A silence of at least this length between words keeps utterances apart.
    """
    roots = dict.fromkeys(naming.root(speaker.id) for speaker in transcript.speakers)
    utterances = transcript.utterances
    if naming.into:
        utterances = tuple(_joined(utterances, naming, pause_ms))
    return dataclasses.replace(
        transcript,
        speakers=tuple(Speaker(id=root, name=naming.names.get(root)) for root in roots),
        utterances=utterances,
        notes=tuple(dict.fromkeys(transcript.notes + naming.notes)),
    )


def retagged(track: CaptionTrack, labels: Iterable[str], naming: Naming) -> CaptionTrack:
    """A caption track whose voice tags say the names; its cues stay as they were cut.

    Args:
        track: With tags annotated `LABEL` or `LABEL (feeling)`.
        labels: The labels there are.
        naming: Who is who.
    """
    calls = {label: naming.called(label) for label in labels}
    cues = tuple(_retagged_cue(cue, calls) for cue in track.cues)
    return noted(dataclasses.replace(track, cues=cues), naming.notes)


def _retagged_cue(cue: Cue, calls: Mapping[str, str]) -> Cue:
    payload, _ = write((_retagged_node(item, calls) for item in cue.tree), "vtt")
    return dataclasses.replace(cue, payload=payload, notation="vtt")


def _retagged_node(item: str | Node, calls: Mapping[str, str]) -> str | Node:
    if isinstance(item, str):
        return item
    annotation = item.annotation
    if item.tag == "v":
        fitting = [
            label
            for label in calls
            if annotation == label or annotation.startswith(f"{label} (")  # one may begin another
        ]
        if fitting:
            label = max(fitting, key=len)
            annotation = calls[label] + annotation[len(label) :]
    children = tuple(_retagged_node(child, calls) for child in item.children)
    return dataclasses.replace(item, annotation=annotation, children=children)


def _joined(utterances: Sequence[Utterance], naming: Naming, pause_ms: int) -> Iterator[Utterance]:
    """Utterances of the merged speakers, those of one speaker joined where a seam was between."""
    run: list[Utterance] = []
    said_until_ms = 0
    for utterance in utterances:
        before = run[-1] if run else None
        seam = (
            before is not None
            and before.speaker != utterance.speaker
            and naming.root(before.speaker) == naming.root(utterance.speaker)
            and _mood(before) == _mood(utterance)
            and utterance.start_ms - said_until_ms < pause_ms
        )
        if run and not seam:
            yield _one(run, naming)
            run = []
        run.append(utterance)
        said_until_ms = max(said_until_ms, utterance.end_ms)
    if run:
        yield _one(run, naming)


def _one(run: Sequence[Utterance], naming: Naming) -> Utterance:
    """Several utterances of one speaker as one; its feeling is that of the longest."""
    speaker = naming.root(run[0].speaker)
    longest = max(run, key=lambda item: item.end_ms - item.start_ms)
    return Utterance(
        start_ms=min(item.start_ms for item in run),
        end_ms=max(item.end_ms for item in run),
        speaker=speaker,
        words=tuple(_word(word, speaker, naming) for item in run for word in item.words),
        feeling=_feeling(longest.feeling, naming),
    )


def _word(word: SpokenWord, speaker: str, naming: Naming) -> SpokenWord:
    """The word, with the merged speakers who speak meanwhile; nobody speaks over himself."""
    if not word.overlap:
        return word
    others = dict.fromkeys(naming.root(label) for label in word.overlap)
    return dataclasses.replace(word, overlap=tuple(one for one in others if one != speaker))


def _feeling(feeling: Feeling | None, naming: Naming) -> Feeling | None:
    if feeling is None or feeling.speaker is None:
        return feeling
    return dataclasses.replace(feeling, speaker=naming.root(feeling.speaker))


def _mood(utterance: Utterance) -> str | None:
    return utterance.feeling.label if utterance.feeling else None
