"""What a shell may complete: files, folders, and the names that options take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click

    Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def files(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Files and folders, which the shell itself finds."""
    return [CompletionItem(begun, type="file")]


def folders(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Folders, which the shell itself finds."""
    return [CompletionItem(begun, type="dir")]


def names(known: Callable[[], Iterable[str]]) -> Completer:
    """The names that `known` gives; it is called only where something is completed."""

    def complete(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in known() if name.startswith(begun)]

    return complete


def profiles() -> Iterable[str]:
    """The profiles there are."""
    from loquitur.pipeline.recipes import PROFILES

    return PROFILES


def stages() -> Iterable[str]:
    """The stages there are."""
    from loquitur.stages import STAGES

    return ("acquire", *STAGES)


def rules() -> Iterable[str]:
    """The guidelines there are."""
    from loquitur.subtitles.rules import rule_names

    return rule_names()


def executors() -> Iterable[str]:
    """The executors there are."""
    from loquitur.pipeline.executors import EXECUTORS

    return EXECUTORS


def engines(kind: str, *others: str) -> Callable[[], Iterable[str]]:
    """The engines of a kind."""

    def known() -> Iterable[str]:
        from loquitur import registry

        return (*(spec.name for spec in registry.specs(kind)), *others)

    return known


def models() -> Iterable[str]:
    """What `models pull` takes, model by model left out: a colon ends a word in bash."""
    from loquitur import registry

    return (*profiles(), *(spec.name for spec in registry.specs() if spec.pullable))
