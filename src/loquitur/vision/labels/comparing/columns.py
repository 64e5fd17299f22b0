"""What stands in a table: figures by name, how they are written, which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One figure.

    Args:
        key: Of `Run.figures`.
        head: Above the column.
        digits: Behind the point.
        better: Which value is the best; empty where that is no question.
        share: Written in percent.
    """

    key: str
    head: str
    digits: int = 0
    better: Literal["", "high", "low"] = ""
    share: bool = False

    def written(self, value: float | None) -> str:
        """A value as it stands in the table."""
        if value is None:
            return "-"
        return f"{100 * value:,.{self.digits}f} %" if self.share else f"{value:,.{self.digits}f}"


QUALITY = (
    Column(key="loss", head="loss, nats a video", digits=3, better="low"),
    Column(key="accuracy", head="binary accuracy", digits=5),
    Column(key="hit_at_one", head="Hit@1", digits=3, better="high"),
    Column(key="gap", head="GAP@20", digits=3, better="high"),
    Column(key="map", head="MAP", digits=3, better="high"),
    Column(key="perr", head="PERR", digits=3, better="high"),
    Column(key="vertical_gap", head="GAP, genres", digits=3, better="high"),
    Column(key="calibration_error", head="calibration error", digits=3, better="low"),
)
RESOURCES = (
    Column(key="weights", head="weights"),
    Column(key="epochs", head="epochs"),
    Column(key="best_epoch", head="best epoch"),
    Column(key="epoch_s", head="s/epoch", digits=1, better="low"),
    Column(key="epoch_cpu_s", head="CPU s/epoch", digits=1, better="low"),
    Column(key="videos_per_s", head="videos/s", better="high"),
    Column(key="gpu_use", head="GPU use", share=True),
    Column(key="gpu_memory_mb", head="GPU memory, MB"),
    Column(key="cpu_use", head="CPU use", share=True),
    Column(key="memory_mb", head="memory, MB", better="low"),
    Column(key="io_wait", head="I/O wait", digits=1, share=True),
    Column(key="data_wait", head="data wait", digits=1, share=True),
)
COLUMNS = (*QUALITY, *RESOURCES)
OF_QUALITY = (
    "Of the best evaluation (by GAP@20) on the validation part; ± is the standard deviation over"
    " seeds."
)
OF_RESOURCES = (
    "GPU use is the share of time in which the card worked, CPU use that of one processor (200 %:"
    " two of them); memory is the most that was held; I/O wait the share of the machine's processor"
    " time that stood idle for a disk; data wait the share of a step that was waited for its data."
    " Times are those of the steps, evaluations aside; - is what nobody knows."
)


def why_not_accuracy(nothing: float | None, labels: int | None) -> str:
    """Why binary accuracy says nothing, with the figure of a model that says nothing."""
    of_these = "" if nothing is None else f" {nothing:.5f} here, and"
    size = "" if labels is None else f" over {labels:,} labels"
    return (
        f"Binary accuracy says nothing{size}: nearly all answers are no, so a model that never"
        f" says yes has{of_these} 0.99922 over the 3,862 of YouTube-8M. Read Hit@1 and GAP@20."
    )
