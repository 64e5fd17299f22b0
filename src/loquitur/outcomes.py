"""What came of one input that was looked at: what descriptions and labels of inputs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

    from loquitur.delivery import Result
    from loquitur.errors import LoquiturError
    from loquitur.model.media import MediaRef
    from loquitur.pipeline.runner import StageRun

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one input, or why nothing did.

    Args:
        input: As it was given.
        media: What it is; None where it could not be brought here.
        stages: How each stage went.
        notices: What the user should know.
        error: Why nothing came of it.
        failed_stage: Where that was.
    """

    input: str
    media: MediaRef | None = None
    stages: tuple[StageRun, ...] = ()
    notices: tuple[str, ...] = ()
    error: LoquiturError | None = None
    failed_stage: str = ""

    @classmethod
    def of(cls, result: Result) -> Self:
        """How a run went, yet without what it made."""
        return cls(
            input=result.input,
            media=result.media,
            stages=result.stages,
            notices=result.notices,
            error=result.error,
            failed_stage=result.failed_stage,
        )

    @property
    def video(self) -> str:
        """How the medium is named in files: its id of YouTube, else its path or address."""
        if self.media is None:
            return self.input
        return self.media.video_id or self.media.source or self.input
