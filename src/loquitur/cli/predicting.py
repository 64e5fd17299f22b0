"""What `describe predict` and `label predict` have in common: results in turn, files, failures."""

from __future__ import annotations

from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from loquitur.cli.output import called, tell, tell_error
from loquitur.errors import LoquiturError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

    from loquitur.delivery import FileNames
    from loquitur.describing import Described
    from loquitur.labelling import Labelled
    from loquitur.library.shelf import Library
    from loquitur.model.media import MediaRef
    from loquitur.settings import Settings

    Aside = Callable[[], AbstractContextManager[None]]

Found = TypeVar("Found")


def shelf_of(name: str, settings: Settings) -> AbstractContextManager[Library | None]:
    """The library that results go into, where one is named."""
    if not name:
        return nullcontext()
    from loquitur.library.shelf import open_library

    return open_library(name, settings=settings)


def notifying(aside: Aside, *, quiet: bool) -> Callable[[str], None] | None:
    """Who tells a line beside the progress that is drawn; nobody where it is to be quiet."""
    return None if quiet else partial(_tell_aside, aside)


def _tell_aside(aside: Aside, line: str) -> None:
    with aside():
        tell(line)


def deliver_all(
    results: Generator[Found, None, None],
    deliver: Callable[[Found, Aside], LoquiturError | None],
    aside: Aside,
    *,
    as_json: bool,
) -> tuple[list[LoquiturError], int]:
    """Deliver results as they come; gives what failed, and how many there were.

    Args:
        results: Closed at the end, whatever happens.
        deliver: Prints or writes one, and gives or raises its error; one that it gives was told.
        aside: In which the progress that is drawn stands aside.
        as_json: Tell failures as JSON.
    """
    failures: list[LoquiturError] = []
    count = 0
    with closing(results):
        for result in results:
            count += 1
            try:
                failed = deliver(result, aside)
            except LoquiturError as exc:
                failed = exc
                with aside():
                    tell_error(exc.message, hint=exc.hint, code=exc.code, as_json=as_json)
            if failed is not None:
                failures.append(failed)
    return failures, count


def summed_up(failures: list[LoquiturError], count: int, *, done: str, quiet: bool) -> int:
    """Tell how many inputs are `done` (`described`, `labelled`); gives the exit code."""
    if not count and not quiet:
        tell("nothing to do: the list on standard input is empty")
    if failures and count > 1 and not quiet:
        tell(f"{count - len(failures)} of {count} inputs {done}, {len(failures)} failed")
    codes = {error.exit_code for error in failures}
    return 0 if not codes else codes.pop() if len(codes) == 1 else 1


def tell_failure(result: Described | Labelled, *, as_json: bool) -> None:
    """Say why an input has no result, and which one it was."""
    error, name = result.error, called(result.input)
    if error is None:
        return
    where = f"{name}: " if name not in error.message else ""
    tell_error(f"{where}{error.message}", hint=error.hint, code=error.code, as_json=as_json)


def stem_of(given: str, media: MediaRef, names: FileNames) -> str:
    """The file name of what came of an input, without its ending."""
    from loquitur.media.sources import Source

    path = Path(given)
    here = path.is_file()
    source = Source(given=given, kind="file" if here else "url", path=path if here else None)
    return names.stem(source, media)


def keep_outcome(
    document: dict[str, Any], result: Described | Labelled, outputs: dict[str, Path], added: int
) -> None:
    """Put into a document what became of the input: notices, files, passages in a library."""
    from loquitur.media.urls import without_password

    document["input"] = without_password(result.input)
    document["notices"] = list(result.notices)
    document["outputs"] = {form: str(path) for form, path in outputs.items()}
    document["passages"] = added
