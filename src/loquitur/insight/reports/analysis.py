"""All that is known of a video or a collection: inputs recognised, analysed, put on one page."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, LoquiturError
from loquitur.insight.reports.recognising import Found, in_folder, recognise
from loquitur.media import urls
from loquitur.settings import resolve
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from loquitur.insight.account import Account
    from loquitur.insight.chats.result import ChatResult
    from loquitur.insight.spoken.fragments import Spoken
    from loquitur.settings import Settings

_TABLES, _SPEECH, _CHATS = ("table", "comments"), ("speech", "turns", "medium"), ("chat",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An input that is not in the report, and why."""

    input: str
    error: LoquiturError

    @property
    def sentence(self) -> str:
        """For people: the message names the input already, or gets its name."""
        text = self.error.message
        named = self.input in text or Path(self.input).name in text
        hint = f" ({self.error.hint})" if self.error.hint else ""
        return display(f"{text}{hint}" if named else f"{self.input}: {text}{hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is told of all inputs.

    Args:
        accounts: One for each analysis, those of one video together.
        inputs: The files that were read, in their order.
        problems: What could not be read.
        title: Of the page.
    """

    accounts: tuple[Account, ...]
    inputs: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    title: str = ""

    def write(self, path: str | Path, *, made: datetime | None = None) -> None:
        """Write the page.

        Raises:
            FullError: No space, or no right to write there.
            MissingError: matplotlib is not installed.
        """
        from loquitur.insight import page

        told = [problem.sentence for problem in self.problems]
        page.write(self.accounts, path, title=self.title, made=made, problems=told)

    def plain(self) -> dict[str, Any]:
        """Plain values: what is on the page, and what is not."""
        return {
            "inputs": list(self.inputs),
            "accounts": [
                {"kind": one.kind, "subject": one.subject, "source": one.source,
                 "says": list(one.says), "sections": [part.title for part in one.sections]}
                for one in self.accounts
            ],
            "problems": [
                {"input": one.input, "code": one.error.code, "message": one.error.message,
                 "hint": one.error.hint}
                for one in self.problems
            ],
        }  # fmt: skip

    def __repr__(self) -> str:
        lines = [f"Report: {len(self.accounts)} analyses of {len(self.inputs)} inputs"]
        lines += [f"  {one.kind}: {display(one.subject)}" for one in self.accounts[:20]]
        lines += [f"  not read: {problem.sentence}" for problem in self.problems[:20]]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from loquitur.insight import page

        return "".join(page.fragment(one) for one in self.accounts[:8])


def report(
    inputs: Iterable[str | Path] | str | Path,
    output: str | Path | None = None,
    *,
    title: str = "",
    names: bool = False,
    key: bytes | None = None,
    settings: Settings | None = None,
    listen: Callable[[str], None] | None = None,
) -> Report:
    """All that is known of a video or a collection, as one page that needs no network.

    ```python
    lq.insight.report(["talk.json", "chat.jsonl", "videos.parquet"], "report.html")
    ```

    Args:
        inputs: Tables, chats, transcripts, captions, labels; folders with such; media and videos of
            YouTube (by id or address) that the store has transcripts of.
        output: The page, `.html`; nothing is written without it.
        title: Of the page.
        names: Authors of chats and comments by their names; else by pseudonyms.
        key: Of the pseudonyms; a random one for this report where it is None.
        settings: Where the store is; those of this place where None.
        listen: Told the name of each input before it is analysed.

    Returns:
        What is on the page; inputs that could not be read are its `problems`.

    Raises:
        LoquiturError: The only input cannot be read, or the page not be written.
    """
    given = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    maker = _Maker(settings=settings, names=names, key=key, listen=listen)
    for one in given:
        maker.take(str(one))
    found = maker.made(title)
    if not found.accounts and found.problems:
        raise found.problems[0].error
    if output is not None:
        found.write(output)
    return found


class _Maker:
    """Gathers inputs, then analyses them, those of one video together."""

    def __init__(
        self,
        *,
        settings: Settings | None,
        names: bool,
        key: bytes | None,
        listen: Callable[[str], None] | None,
    ) -> None:
        from loquitur.insight.chats.pseudonyms import random_key

        self._settings, self._names = settings, names
        self._key, self._key_lasts = random_key() if key is None else key, key is not None
        self._listen = listen or (lambda name: None)
        self._found: list[Found] = []
        self._problems: list[Problem] = []
        self._read: list[str] = []

    def take(self, given: str) -> None:
        """An input that a user named, and what stands for it."""
        path = Path(given)
        try:
            if path.is_dir():
                self._found += in_folder(path)
            elif path.exists():
                self._found.append(recognise(path))
            elif urls.is_video_id(given) or urls.is_url(given):
                group = given if urls.is_video_id(given) else urls.youtube_id(given) or given
                self._found.append(Found(path=path, kind="medium", group=group, address=given))
            else:
                raise InputError(f"{display(given)}: no such file", hint="check the path")
        except LoquiturError as exc:
            self._problems.append(Problem(input=given, error=exc))

    def made(self, title: str) -> Report:
        """The report, when all inputs are there."""
        accounts: list[Account] = []
        groups: dict[str, list[Found]] = {}
        for one in dict.fromkeys(self._found):
            groups.setdefault(one.group, []).append(one)
        for group in groups.values():
            accounts += self._of_video(group)
        return Report(
            accounts=tuple(accounts), inputs=tuple(self._read), problems=tuple(self._problems),
            title=title,
        )  # fmt: skip

    def _of_video(self, group: Sequence[Found]) -> Iterator[Account]:
        """Tables first, then what was said, then what viewers wrote meanwhile."""
        spoken: Spoken | None = None
        for one in (found for found in group if found.kind in _TABLES):
            yield from self._told(one, self._of_table)
        for one in (found for found in group if found.kind == "labels"):
            yield from self._told(one, self._of_labels)
        for one in (found for found in group if found.kind in _SPEECH):
            accounts, said = self._of_speech(one)
            yield from accounts
            spoken = spoken or said
        for one in (found for found in group if found.kind in _CHATS):
            yield from self._told(one, functools.partial(self._of_chat, spoken=spoken))

    def _told(self, found: Found, tell: Callable[[Found], Sequence[Account]]) -> Sequence[Account]:
        """What an analysis tells of a file, or nothing where it cannot be made: a problem then."""
        self._listen(found.name)
        try:
            accounts = tell(found)
        except LoquiturError as exc:
            self._problems.append(Problem(input=found.name, error=exc))
            return ()
        self._read.append(found.name)
        return accounts

    def _of_table(self, found: Found) -> Sequence[Account]:
        from loquitur.insight.reports.discretion import discreet, nobodys_names
        from loquitur.insight.tabular.analysis import stats

        told = stats(found.path)
        if found.kind == "table":
            names = nobodys_names(self._key)
            return (told.account() if self._names else discreet(told, names).account(),)
        chat = self._chat(found)
        if not self._names:
            told = discreet(told, chat.names, comments=True)
        return told.account(), chat.account()

    def _of_labels(self, found: Found) -> Sequence[Account]:
        from loquitur.insight.labels.reading import read_labels
        from loquitur.insight.labels.telling import account_of

        return (account_of(read_labels(found.path), name=found.path.name),)

    def _of_chat(self, found: Found, *, spoken: Spoken | None = None) -> Sequence[Account]:
        return (self._chat(found, spoken=spoken).account(),)

    def _chat(self, found: Found, *, spoken: Spoken | None = None) -> ChatResult:
        from loquitur.insight.chats.analysis import ChatOptions, analyse
        from loquitur.insight.chats.reading import read_columns

        options = ChatOptions(
            pseudonymise=not self._names, key=self._key, key_lasts=self._key_lasts
        )
        video_id = found.group if urls.is_video_id(found.group) else ""
        chat = read_columns(found.path, video_id=video_id)
        return analyse(chat, options=options, spoken=spoken)

    def _of_speech(self, found: Found) -> tuple[Sequence[Account], Spoken | None]:
        """A transcript's windows, and its conversation where several speak."""
        said: list[Spoken] = []

        def tell(found: Found) -> Sequence[Account]:
            from loquitur.insight.conversation.analysis import conversations, measure_all
            from loquitur.insight.transcripts.analysis import transcript

            if found.kind == "turns":
                talks = measure_all(conversations(found.path))
                return [talk.account() for talk in talks]
            spoken = self._spoken(found)
            said.append(spoken)
            accounts = [transcript(spoken).account()]
            speakers = {one.speaker for one in spoken.fragments} - {None}
            if len(speakers) > 1 and spoken.times_known:
                accounts.append(self._talk(found, spoken))
            return accounts

        accounts = self._told(found, tell)
        return accounts, said[0] if said and accounts else None

    def _spoken(self, found: Found) -> Spoken:
        from loquitur.insight.conversation.analysis import spoken_of
        from loquitur.insight.spoken.reading import read_spoken

        if found.kind != "medium":
            return read_spoken(found.path)
        from loquitur.insight.reports.stored import stored_transcript, unknown
        from loquitur.store import Store

        root = (self._settings or resolve().settings).store
        if not (root / "store.json").exists():  # nothing is made there only to be asked
            raise unknown(found.name)
        return spoken_of(stored_transcript(Store.open(root), found.name))

    def _talk(self, found: Found, spoken: Spoken) -> Account:
        from loquitur.insight.conversation.analysis import voices

        return voices(spoken if found.kind == "medium" else found.path).account()
