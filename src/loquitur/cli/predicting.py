"""What `describe predict` and `label predict` have in common: results in turn, files, failures."""

from __future__ import annotations

from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from loquitur.cli.failures import exit_code_of, tell_failure
from loquitur.cli.output import called, tell
from loquitur.errors import LoquiturError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

    from loquitur.cli.progress import Aside
    from loquitur.delivery import FileNames
    from loquitur.library.shelf import Library
    from loquitur.model.media import MediaRef
    from loquitur.outcomes import Outcome
    from loquitur.settings import Settings

Found = TypeVar("Found", bound="Outcome")


def shelf_of(name: str, settings: Settings) -> AbstractContextManager[Library | None]:
    """The library that results go into, where one is named."""
    if not name:
        return nullcontext()
    from loquitur.library.shelf import open_library

    return open_library(name, settings=settings)


def deliver_all(
    results: Generator[Found, None, None],
    deliver: Callable[[Found, Aside], None],
    aside: Aside,
    *,
    as_json: bool,
) -> tuple[list[LoquiturError], int]:
    """Deliver results as they come; gives what failed, and how many there were.

    Args:
        results: Closed at the end, whatever happens.
        deliver: Prints or writes one that did not fail.
        aside: In which the progress that is drawn stands aside.
        as_json: Tell failures as JSON.
    """
    failures: list[LoquiturError] = []
    count = 0
    with closing(results):
        for result in results:
            count += 1
            try:
                if result.error is not None:
                    raise result.error
                deliver(result, aside)
            except LoquiturError as exc:
                failures.append(exc)
                with aside():
                    tell_failure(exc, name=called(result.input), as_json=as_json)
    return failures, count


def summed_up(failures: list[LoquiturError], count: int, *, done: str, quiet: bool) -> int:
    """Tell how many inputs are `done` (`described`, `labelled`); gives the exit code."""
    if not count and not quiet:
        tell("nothing to do: the list on standard input is empty")
    if failures and count > 1 and not quiet:
        tell(f"{count - len(failures)} of {count} inputs {done}, {len(failures)} failed")
    return exit_code_of(error.exit_code for error in failures)


def stem_of(given: str, media: MediaRef, names: FileNames) -> str:
    """The file name of what came of an input, without its ending."""
    from loquitur.media.sources import Source

    path = Path(given)
    here = path.is_file()
    source = Source(given=given, kind="file" if here else "url", path=path if here else None)
    return names.stem(source, media)


def keep_outcome(
    document: dict[str, Any], result: Outcome, outputs: dict[str, Path], added: int
) -> None:
    """Put into a document what became of the input: notices, files, passages in a library."""
    from loquitur.media.urls import without_password

    document["input"] = without_password(result.input)
    document["notices"] = list(result.notices)
    document["outputs"] = {form: str(path) for form, path in outputs.items()}
    document["passages"] = added
