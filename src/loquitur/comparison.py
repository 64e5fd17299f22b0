"""Engines held against one another on one's own files: accuracy, speed, memory.

Each engine runs in a fresh process (`loquitur.trial`), over sound that was decoded and listened to
for speech before; what is timed is its own stage, without loading, which is told beside it.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from loquitur import models
from loquitur.conversion import decoder
from loquitur.errors import EngineError, InputError, MissingError, UsageError, near
from loquitur.evaluation.counting import levenshtein
from loquitur.evaluation.diarization import DiarizationError, diarization_error, total, turns_of
from loquitur.evaluation.entries import Entry, Sheet, TimedWord
from loquitur.evaluation.intervals import Interval
from loquitur.evaluation.normalizing import UNSPACED, find, primary
from loquitur.evaluation.pairing import Pair, beside, maps_beside, recordings
from loquitur.evaluation.words import WordScore, score_words
from loquitur.protocols import Resources
from loquitur.text import display
from loquitur.trial import Answer, Heard, Request

STAGE_OF = {"asr": "transcribe", "diarization": "diarize"}
KINDS = tuple(STAGE_OF)
_SHARED_STAGES = frozenset({"acquire", "decode", "detect"})
# what lies beside media under these names is a reference; captions there may be our own output
WORD_REFERENCES = (".stm", ".ctm", ".txt")
TURN_REFERENCES = (".rttm", ".stm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """One engine with one model; `wanted` is what `--asr` or `--diarizer` takes."""

    kind: str
    engine: str
    model: str = ""

    @property
    def wanted(self) -> str:
        """`NAME` or `NAME:MODEL`."""
        return f"{self.engine}:{self.model}" if self.model else self.engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """An engine that cannot run here, why, and what to type."""

    rival: Rival
    reason: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an engine did. Rates are None where no reference is; `error` says what stopped it.

    `rtfx` is seconds of sound per second of work, loading left out; `load_s` the loading;
    `peak_mb` the most memory of the process in 10**6 bytes; `scored` of `files` had a reference.
    """

    rival: Rival
    files: int = 0
    scored: int = 0
    seconds: float = 0.0
    sound_s: float = 0.0
    load_s: float = 0.0
    peak_mb: float | None = None
    words: WordScore | None = None
    turns: DiarizationError | None = None
    error: str = ""

    @property
    def rtfx(self) -> float | None:
        """Sound over work; None where nothing was timed."""
        return self.sound_s / self.seconds if self.seconds else None

    @property
    def rate(self) -> float | None:
        """WER (CER) of a recogniser, DER of a diarizer."""
        if self.words is not None:
            return self.words.counts.rate
        return self.turns.rate if self.turns is not None else None

    @property
    def interval(self) -> Interval | None:
        """How sure the word error rate is."""
        return self.words.interval if self.words is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All engines that ran, best first within a kind, those that could not, and what to know."""

    standings: tuple[Standing, ...]
    absent: tuple[Absent, ...]
    files: tuple[str, ...]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """What the engines are compared on.

    `reference` is a file or folder, else what lies beside each medium; `rivals` are
    `NAME[:MODEL]`, all that can run here where empty; `collar_ms` is of DER, on each side.
    """

    files: tuple[str, ...]
    reference: str = ""
    rivals: tuple[str, ...] = ()
    kinds: tuple[str, ...] = KINDS
    language: str = ""
    speakers: str = ""
    normalizer: str = "auto"
    collar_ms: int = 0
    parameters: Mapping[str, str] = dataclasses.field(default_factory=dict)


def compare(
    contest: Contest, resources: Resources, *, tell: Callable[[str], None] = lambda line: None
) -> Comparison:
    """Run the engines over the files, one after the other, and score them.

    Args:
        contest: The files, and what is asked of them.
        resources: Where models are, and how many threads an engine may use.
        tell: Told what is going on, in lines.

    Raises:
        InputError: A file or reference cannot be used.
        UsageError: No engine is called that, or none can run.
        MissingError: An engine asked for by name lacks something, or scoring a package.
    """
    files = _files(contest.files)
    rivals, absent = _rivals(contest, resources)
    truth = _Truth.of(contest, files)
    if truth.words and any(rival.kind == "asr" for rival in rivals):
        find(contest.normalizer, language=contest.language)  # what lacks is told before the work
        levenshtein()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        tell(f"preparing {len(files)} files")
        prepared = _trial(_request(contest, None, files, place, resources), place)
        broken = [f"{heard.file}: {heard.error}" for heard in prepared.files if heard.error]
        if broken:
            raise InputError(broken[0], code="LQ-BENCH-MEDIA")
        standings = []
        for rival in rivals:
            tell(f"{rival.kind} {rival.wanted} ...")
            try:
                answer = _trial(_request(contest, rival, files, place, resources), place)
            except EngineError as exc:
                standings.append(Standing(rival=rival, files=len(files), error=exc.message))
                continue
            standings.append(_standing(rival, answer, truth, contest))
    order = {kind: at for at, kind in enumerate(KINDS)}
    standings.sort(key=lambda one: (order[one.rival.kind], _badness(one)))
    return Comparison(
        standings=tuple(standings),
        absent=tuple(absent),
        files=tuple(files),
        notices=truth.notices,
    )


def _badness(standing: Standing) -> tuple[bool, float]:
    rate = standing.rate
    return bool(standing.error), float("inf") if rate is None else rate


def _files(given: Sequence[str]) -> list[str]:
    stems: dict[str, str] = {}
    for name in given:
        path = Path(name)
        if not path.is_file():
            raise InputError(f"{display(name)}: no such file", code="LQ-BENCH-MEDIA")
        if path.stem in stems:
            raise InputError(
                f"{display(name)} and {display(stems[path.stem])} have the same name",
                hint="references are found by it",
                code="LQ-BENCH-MEDIA",
            )
        stems[path.stem] = name
    return list(stems.values())


def _rivals(contest: Contest, resources: Resources) -> tuple[list[Rival], list[Absent]]:
    """Which engines take part, and which cannot."""
    ready: list[Rival] = []
    absent: list[Absent] = []
    for state in models.engine_states(resources):
        spec = state.spec
        if spec.kind not in contest.kinds:
            continue
        here = [model.model for model in state.models if model.present]
        one = Rival(kind=spec.kind, engine=spec.name)
        if state.missing or state.problem:
            needs = "needs " + ", ".join(state.missing) if state.missing else state.problem
            absent.append(Absent(rival=one, reason=needs, command=state.command))
        elif state.models and not here:
            command = state.models[0].command
            absent.append(Absent(rival=one, reason="no model is here", command=command))
        else:
            ready += [dataclasses.replace(one, model=name) for name in here or [""]]
    if not contest.rivals:
        if not ready:
            raise UsageError("no engine can run here", hint="see `loquitur engines`")
        return ready, absent
    chosen = (one for name in contest.rivals for one in _chosen(name, ready, absent))
    return list(dict.fromkeys(chosen)), []


def _chosen(wanted: str, ready: Sequence[Rival], absent: Sequence[Absent]) -> list[Rival]:
    """The engines of a name, of each kind; a model that the table does not list may be a folder."""
    name, _, model = wanted.partition(":")
    fits = [one for one in ready if one.engine == name]
    if not model and fits:
        return fits
    if exact := [one for one in fits if one.model == model]:
        return exact
    lacking = [one for one in absent if one.rival.engine == name]
    if model and (kinds := {one.kind for one in fits} | {one.rival.kind for one in lacking}):
        return [Rival(kind=kind, engine=name, model=model) for kind in sorted(kinds)]
    for one in lacking:
        raise MissingError(f"{name}: {one.reason}", hint=one.command, code="LQ-NO-PACKAGE")
    known = sorted({one.engine for one in ready} | {one.rival.engine for one in absent})
    raise UsageError(f"no engine is called '{name}'", hint=near(name, known), code="LQ-NO-ENGINE")


def _request(
    contest: Contest, rival: Rival | None, files: Sequence[str], place: Path, resources: Resources
) -> Request:
    return Request(
        kind=rival.kind if rival else "",
        engine=rival.wanted if rival else "",
        files=tuple(files),
        store=str(place / "store"),
        models=str(resources.models),
        language=contest.language,
        speakers=contest.speakers if rival and rival.kind == "diarization" else "",
        threads=resources.threads,
        parameters=_parameters(contest, rival),
    )


def _parameters(contest: Contest, rival: Rival | None) -> dict[str, str]:
    """Of `STAGE.KEY=VALUE` those of the stages that a trial runs.

    Raises:
        UsageError: One is of a stage that no trial runs.
    """
    every = {*STAGE_OF.values(), *_SHARED_STAGES}
    known = {*_SHARED_STAGES, STAGE_OF[rival.kind]} if rival else _SHARED_STAGES
    found = {}
    for name, value in contest.parameters.items():
        stage = name.partition(".")[0]
        if stage not in every:
            raise UsageError(f"no stage of a comparison: '{name}'", hint=near(stage, every))
        if stage in known:
            found[name] = value
    return found


def _trial(request: Request, place: Path) -> Answer:
    """The answer of a process of its own.

    Raises:
        EngineError: It ended otherwise; the last line it said is in the message.
    """
    asked, answered = place / "request.json", place / "answer.json"
    asked.write_bytes(msgspec.json.encode(request))
    answered.unlink(missing_ok=True)
    command = [sys.executable, "-m", "loquitur.trial", str(asked), str(answered)]
    ended = subprocess.run(  # noqa: S603 - our own interpreter and module
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if ended.returncode == 0 and answered.is_file():
        return decoder(Answer).decode(answered.read_bytes())
    lines = [line for line in ended.stderr.splitlines() if line.strip()]
    last = display(lines[-1][:200]) if lines else "it said nothing"
    how = (
        f"killed by signal {-ended.returncode} (9: often out of memory)"
        if ended.returncode < 0
        else f"exit code {ended.returncode}"
    )
    what = request.engine or "the preparation"
    raise EngineError(f"{what}: {how}: {last}", code="LQ-BENCH-TRIAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Truth:
    """The references of each file, by its stem."""

    words: Mapping[str, Sheet]
    turns: Mapping[str, Pair]
    notices: tuple[str, ...]

    @classmethod
    def of(cls, contest: Contest, files: Sequence[str]) -> _Truth:
        words = _references(contest, files, WORD_REFERENCES, turns=False)
        turns = _references(contest, files, TURN_REFERENCES, turns=True)
        maps = maps_beside(turns)
        silent = Sheet(path="", entries=())
        notices = []
        for kind, what, found in (("asr", "words", words), ("diarization", "turns", turns)):
            lacking = [Path(name).name for name in files if Path(name).stem not in found]
            if kind in contest.kinds and lacking:
                listed = ", ".join(display(name) for name in lacking[:3])
                more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
                notices.append(f"no reference of {what}, not scored: {listed}{more}")
        return cls(
            words=words,
            turns={
                stem: Pair(name=stem, reference=sheet, hypothesis=silent, uem=maps.get(stem))
                for stem, sheet in turns.items()
            },
            notices=tuple(notices),
        )


def _references(
    contest: Contest, files: Sequence[str], formats: Sequence[str], *, turns: bool
) -> dict[str, Sheet]:
    if contest.reference:
        place = Path(contest.reference)
        if place.is_file() and not place.name.lower().endswith(tuple(formats)):
            return {}
        known, _ = recordings(place, turns=turns, formats=formats)
        if len(known) == 1 and len(files) == 1:
            return {Path(files[0]).stem: next(iter(known.values()))}
        return {stem: known[stem] for stem in (Path(name).stem for name in files) if stem in known}
    found = {}
    for name in files:
        path = beside(Path(name), formats)
        if path is not None:
            known, _ = recordings(path, turns=turns)
            sheet = known.get(Path(name).stem) or next(iter(known.values()), None)
            if sheet is not None:
                found[Path(name).stem] = sheet
    return found


def _standing(rival: Rival, answer: Answer, truth: _Truth, contest: Contest) -> Standing:
    broken = [f"{display(one.file)}: {one.error}" for one in answer.files if one.error]
    told = Standing(
        rival=dataclasses.replace(
            rival, model=rival.model or next((one.model for one in answer.files), "")
        ),
        files=len(answer.files),
        seconds=sum(one.seconds for one in answer.files),
        sound_s=sum(one.duration_ms for one in answer.files if not one.error) / 1000,
        load_s=answer.load_s,
        peak_mb=answer.peak_mb,
        error=broken[0] if broken else "",
    )
    whole = [one for one in answer.files if not one.error]
    if rival.kind == "asr":
        pairs = [
            Pair(name=stem, reference=truth.words[stem], hypothesis=_spoken(one, stem))
            for one in whole
            if (stem := Path(one.file).stem) in truth.words
        ]
        score = _scored(pairs, contest) if pairs else None
        return dataclasses.replace(told, words=score, scored=len(pairs))
    errors = [
        diarization_error(
            turns_of(known.reference.entries),
            [(start, end, speaker) for speaker, start, end in one.rows],
            collar_ms=contest.collar_ms,
            uem=known.uem,
        )
        for one in whole
        if (known := truth.turns.get(Path(one.file).stem)) is not None
    ]
    return dataclasses.replace(told, turns=total(errors) if errors else None, scored=len(errors))


def _scored(pairs: Sequence[Pair], contest: Contest) -> WordScore:
    told = [pair.reference.language for pair in pairs if pair.reference.language]
    language = contest.language or (told[0] if told else "en")
    return score_words(
        pairs,
        find(contest.normalizer, language=language),
        characters=primary(language) in UNSPACED,
        language=language,
        unit="utterance" if len(pairs) < 2 else "recording",
    )


def _spoken(heard: Heard, stem: str) -> Sheet:
    entries = tuple(
        Entry(
            recording=stem,
            text=text,
            start_ms=start_ms,
            end_ms=end_ms,
            words=(TimedWord(start_ms=start_ms, end_ms=end_ms, text=text),),
        )
        for text, start_ms, end_ms in heard.rows
    )
    return Sheet(path=heard.file, entries=entries)


def median_start_ms(standing: Standing) -> float | None:
    """The median error of word starts in ms, None where no reference has times of words."""
    times = standing.words.times if standing.words is not None else None
    return times.median_ms if times is not None else None
