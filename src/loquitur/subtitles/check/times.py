"""T and R: when cues come and go, and whether there is time to read them."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from loquitur.subtitles.check.finding import Mark, of_cue, of_track
from loquitur.subtitles.check.pairs import joinable
from loquitur.timing import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.subtitles.check.scene import Scene, View
    from loquitur.subtitles.limits import Limits

_BASE_FRAME_MS = 1000 / 24
"""Guidelines count frames near cuts at 24 a second: 12 of them are half a second at any rate."""


def needed_ms(view: View, limits: Limits) -> int:
    """How long a cue has to be on screen to be read; at most the longest a cue may be."""
    need = float(limits.shortest_ms)
    if limits.speed_cps:
        need = max(need, view.size * 1000 / limits.speed_cps)
    if limits.speed_wpm:
        need = max(need, word_count(view) * 60_000 / limits.speed_wpm)
    return min(-int(-need // 1), limits.longest_ms)


def word_count(view: View) -> int:
    """Words between blanks, dashes and signs alone not among them."""
    return sum(any(map(str.isalnum, word)) for word in view.text.split())


def latest_end(view: View, scene: Scene) -> int:
    """The last moment that a cue may stay until: the gap before the next one, the medium's end."""
    end = min(scene.end_ms, view.start_ms + scene.limits.longest_ms)
    if view.next is not None:
        end = min(end, max(view.next.start_ms - scene.limits.gap_ms, view.start_ms))
    if view.heard is not None and _follows(view, scene):
        end = min(end, view.heard[1] + scene.speech.lag_ms)
    return end


def _follows(view: View, scene: Scene) -> bool:
    """Whether a cue starts before its words are long over."""
    return view.heard is not None and view.heard[1] + scene.speech.lag_ms > view.start_ms


def planned_end(view: View, scene: Scene) -> int:
    """Where a cue ends once it is mended; where it ends now if there is nothing to mend.

    It stays for its reading time where there is room, and goes before the next one comes, with the
    medium, and in time after its words. It is not made shorter than the shortest a cue may be.
    """
    limits, start = scene.limits, view.start_ms
    end = max(view.end_ms, start)
    limit = latest_end(view, scene)
    end = max(end, min(start + needed_ms(view, limits), limit))
    end = min(end, start + limits.longest_ms)
    if start < scene.end_ms:
        end = min(end, scene.end_ms)
    if view.heard is not None and _follows(view, scene):
        end = min(end, view.heard[1] + scene.speech.lag_ms)
    if scene.cuts:
        snapped = snapped_end(end, scene)
        if start + limits.shortest_ms <= snapped <= limit:
            end = snapped
    end = _before_next(view, scene, end)
    if end <= start:
        end = start + limits.shortest_ms
        if view.next is not None and view.next.start_ms > start:
            end = min(end, view.next.start_ms)
    return end


def _before_next(view: View, scene: Scene, end: int) -> int:
    """An end before the next cue, with the gap between them where the shortest time allows it."""
    limits, start = scene.limits, view.start_ms
    for other in (view.next, view.lane_next):
        if other is None or other.start_ms <= start or end <= other.start_ms - limits.gap_ms:
            continue
        if other.start_ms < end and other.lane != view.lane:
            continue  # shown together, each in its place
        least = min(end, other.start_ms, start + limits.shortest_ms)
        end = max(other.start_ms - limits.gap_ms, least)
    return end


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.2f} s"


@of_cue("T001")
def ends_before_start(view: View, scene: Scene) -> Mark | None:
    """No time at all, or less."""
    if view.end_ms > view.start_ms or view.empty:
        return None
    return Mark(
        f"ends at {_time(view.end_ms)}, {_seconds(view.start_ms - view.end_ms)} before it starts"
        if view.end_ms < view.start_ms
        else "ends when it starts",
        True, view.duration_ms, 1, "ms",
    )  # fmt: skip


def _time(ms: int) -> str:
    return clock(ms) if ms >= 0 else "-" + clock(-ms)


@of_cue("T002")
def overlaps(view: View, scene: Scene) -> Mark | None:
    """Another cue comes while this one stays."""
    following = view.next
    if following is None or following.start_ms >= view.end_ms:
        return None
    same = view.lane_next
    if same is not None and same.start_ms < view.end_ms:
        found = view.end_ms - same.start_ms
        mendable = same.start_ms > view.start_ms or joinable(view, same, scene)
        return Mark(f"overlaps the next cue by {_seconds(found)}", mendable, found, 0, "ms")
    found = view.end_ms - following.start_ms
    return Mark(
        f"overlaps a cue placed elsewhere by {_seconds(found)}",
        False, found, 0, "ms", "warning",
    )  # fmt: skip


@of_cue("T003")
def too_short(view: View, scene: Scene) -> Mark | None:
    """Gone before it is noticed."""
    least = scene.limits.shortest_ms
    if view.empty or not 0 < view.duration_ms < least:
        return None
    mendable = planned_end(view, scene) > view.end_ms or earlier(view, scene) < view.start_ms
    return Mark(
        f"on screen for {_seconds(view.duration_ms)}, at least {_seconds(least)}",
        mendable, view.duration_ms, least, "ms",
    )  # fmt: skip


def earlier(view: View, scene: Scene) -> int:
    """Where a cue that is too short may start instead, in free time before it; else its start."""
    missing = view.start_ms + scene.limits.shortest_ms - latest_end(view, scene)
    allowed = scene.speech.early_ms
    if view.heard is not None:
        allowed = view.start_ms - (view.heard[0] - scene.speech.early_ms)
    start = view.start_ms - missing
    before = view.before
    free_from = 0
    if before is not None:
        free_from = max(before.end_ms, planned_end(before, scene)) + scene.limits.gap_ms
    if not 0 < missing <= allowed or start < free_from:
        return view.start_ms
    near = scene.cuts and any(_cut_near(at, scene) is not None for at in (start, view.start_ms))
    return view.start_ms if near else start


@of_cue("T004")
def too_long(view: View, scene: Scene) -> Mark | None:
    """Still there when nobody reads it any more."""
    most = scene.limits.longest_ms
    if view.empty or view.duration_ms <= most:
        return None
    message = f"on screen for {_seconds(view.duration_ms)}, at most {_seconds(most)}"
    return Mark(message, True, view.duration_ms, most, "ms")


@of_cue("T005")
def gap_too_small(view: View, scene: Scene) -> Mark | None:
    """The next one seems to flash."""
    following, least = view.next, scene.limits.gap_ms
    if following is None or not 0 <= following.start_ms - view.end_ms < least:
        return None
    gap = following.start_ms - view.end_ms
    mendable = planned_end(view, scene) <= following.start_ms - least
    frames = gap / scene.frame_ms
    return Mark(
        f"{gap} ms ({frames:.1f} frames) before the next cue, at least {least}",
        mendable, gap, least, "ms",
    )  # fmt: skip


@of_cue("T006")
def gap_to_close(view: View, scene: Scene) -> Mark | None:
    """A flicker of the empty screen."""
    following = view.next
    if following is None or view.empty or view.duration_ms <= 0:
        return None
    gap = following.start_ms - view.end_ms
    if not scene.limits.gap_ms + scene.frame_ms <= gap < scene.limits.chain_ms:
        return None
    return Mark(
        f"{gap} ms before the next cue: {scene.limits.gap_ms} or at least {scene.limits.chain_ms}",
        chained_end(view, scene) > view.end_ms,
        gap, scene.limits.chain_ms, "ms",
    )  # fmt: skip


def chained_end(view: View, scene: Scene) -> int:
    """Where a cue ends once the gap behind it is closed; its end where the gap stays."""
    following, limits = view.next, scene.limits
    if following is None or view.duration_ms <= 0:
        return view.end_ms
    gap = following.start_ms - view.end_ms
    target = following.start_ms - limits.gap_ms
    if not limits.gap_ms + scene.frame_ms <= gap < limits.chain_ms:
        return view.end_ms
    at_cut = scene.cuts and _cut_near(view.end_ms, scene) is not None
    return view.end_ms if at_cut or latest_end(view, scene) < target else target


@of_cue("T007")
def out_of_order(view: View, scene: Scene) -> Mark | None:
    """It stands below a cue that starts later."""
    if view.above is None or view.start_ms >= view.above.start_ms:
        return None
    found = view.above.start_ms - view.start_ms
    return Mark(f"starts {_seconds(found)} before the cue above it", True, found, 0, "ms")


@of_cue("T008")
def beyond_the_end(view: View, scene: Scene) -> Mark | None:
    """The medium is over."""
    if scene.duration_ms is None or view.empty:
        return None
    if view.end_ms <= scene.duration_ms + scene.frame_ms:
        return None
    found = view.end_ms - scene.duration_ms
    return Mark(
        f"ends {_seconds(found)} after the medium", view.start_ms < scene.duration_ms,
        found, 0, "ms",
    )  # fmt: skip


@of_cue("T009")
def off_the_speech(view: View, scene: Scene) -> Mark | None:
    """It comes before or after its first word."""
    if view.heard is None:
        return None
    late = view.start_ms - view.heard[0]
    if -scene.speech.early_ms <= late <= scene.speech.late_ms:
        return None
    if scene.cuts and view.start_ms == snapped_start(view.heard[0], scene, view.heard[0]):
        return None
    limit = scene.speech.late_ms if late > 0 else scene.speech.early_ms
    which = "after" if late > 0 else "before"
    return Mark(
        f"starts {_seconds(abs(late))} {which} its first word, at most {_seconds(limit)}",
        started(view, scene) != view.start_ms, abs(late), limit, "ms",
    )  # fmt: skip


@of_cue("T010")
def lags(view: View, scene: Scene) -> Mark | None:
    """It stays when nobody speaks any more."""
    if view.heard is None:
        return None
    lag = view.end_ms - view.heard[1]
    if lag <= scene.speech.lag_ms:
        return None
    mendable = view.heard[1] + scene.speech.lag_ms > view.start_ms
    return Mark(
        f"stays {_seconds(lag)} after its last word, at most {_seconds(scene.speech.lag_ms)}",
        mendable, lag, scene.speech.lag_ms, "ms",
    )  # fmt: skip


@of_cue("T011")
def near_a_cut(view: View, scene: Scene) -> Mark | None:
    """It starts or ends a few frames from where the picture changes."""
    if not scene.cuts or view.empty or view.duration_ms <= 0:
        return None
    heard = view.heard[0] if view.heard else None
    start = snapped_start(view.start_ms, scene, heard)
    if abs(start - view.start_ms) > 1:
        return Mark(_of_cut("starts", view.start_ms, start, scene),
                    started(view, scene) == start, abs(start - view.start_ms), 0, "ms")  # fmt: skip
    end = snapped_end(view.end_ms, scene)
    if abs(end - view.end_ms) > 1:
        return Mark(_of_cut("ends", view.end_ms, end, scene), planned_end(view, scene) == end,
                    abs(end - view.end_ms), 0, "ms")  # fmt: skip
    return None


def started(view: View, scene: Scene) -> int:
    """Where a cue starts once it is mended: with its first word, at a cut nearby, past no other.

    A start is moved later only where its word comes later, or to a cut no word comes before.
    """
    start, heard = view.start_ms, view.heard[0] if view.heard else None
    if heard is not None and not -scene.speech.early_ms <= start - heard <= scene.speech.late_ms:
        start = heard
    if scene.cuts:
        start = snapped_start(start, scene, heard)
    before, following = view.before, view.next
    if before is not None and start <= before.start_ms < view.start_ms:
        return view.start_ms
    if following is not None and start >= following.start_ms > view.start_ms:
        return view.start_ms
    return start if view.end_ms > start or start < view.start_ms else view.start_ms


def _of_cut(what: str, at: int, to: int, scene: Scene) -> str:
    frames = round((to - at) / scene.frame_ms)
    return (
        f"{what} near a cut: {abs(frames)} frames {'later' if frames > 0 else 'earlier'} is right"
    )


def _cut_near(at: int, scene: Scene) -> int | None:
    """The nearest cut within half a second, less a frame."""
    place = bisect_left(scene.cuts, at)
    near = [scene.cuts[i] for i in (place - 1, place) if 0 <= i < len(scene.cuts)]
    cut = min(near, key=lambda one: abs(one - at), default=None)
    half = scene.shots.half_second_frames * _BASE_FRAME_MS
    return cut if cut is not None and abs(cut - at) < half - 1 else None


def snapped_start(start_ms: int, scene: Scene, heard_ms: int | None = None) -> int:
    """Where a start near a cut goes; not past the first word, nor where another cut moves it on."""
    target = _snapped(start_ms, scene, heard_ms)
    return target if _snapped(target, scene, heard_ms) == target else start_ms


def _snapped(start_ms: int, scene: Scene, heard_ms: int | None) -> int:
    cut = _cut_near(start_ms, scene)
    if cut is None or cut == start_ms:
        return start_ms
    if cut - start_ms > scene.shots.before_frames * _BASE_FRAME_MS + 1:
        return max(0, int(cut - scene.shots.half_second_frames * _BASE_FRAME_MS))
    return start_ms if heard_ms is not None and start_ms <= heard_ms < cut else cut


def snapped_end(end_ms: int, scene: Scene) -> int:
    """Where an end near a cut goes."""
    cut = _cut_near(end_ms, scene)
    return end_ms if cut is None else int(cut - scene.shots.gap_frames * scene.frame_ms)


@of_track("T012")
def uncaptioned(scene: Scene) -> Iterator[tuple[int, Mark]]:
    """Speech that no cue shows."""
    spans = sorted((view.start_ms, view.end_ms) for view in scene.timed)
    at, covered, run_start, run_end = 0, 0, -1, -1
    for word in scene.words:
        while at < len(spans) and spans[at][0] < word.end_ms:
            covered = max(covered, spans[at][1])
            at += 1
        if covered > word.start_ms:
            yield from _missing(run_start, run_end, scene)
            run_start = -1
        elif run_start < 0 or word.start_ms - run_end > scene.limits.pause_ms:
            yield from _missing(run_start, run_end, scene)
            run_start, run_end = word.start_ms, word.end_ms
        else:
            run_end = max(run_end, word.end_ms)
    yield from _missing(run_start, run_end, scene)


def _missing(start: int, end: int, scene: Scene) -> Iterator[tuple[int, Mark]]:
    most = scene.speech.missing_ms
    if start >= 0 and end - start > most:
        message = f"speech from {_time(start)} to {_time(end)} has no captions"
        yield 0, Mark(message, False, end - start, most, "ms")


@of_cue("T013")
def before_zero(view: View, scene: Scene) -> Mark | None:
    """Media start at zero."""
    if min(view.start_ms, view.end_ms) >= 0:
        return None
    return Mark(f"starts at {_time(view.start_ms)}", True, view.start_ms, 0, "ms")


@of_cue("R001")
def characters_a_second(view: View, scene: Scene) -> Mark | None:
    """More than can be read."""
    limit, time = scene.limits.speed_cps, view.duration_ms
    if limit is None or time <= 0 or view.size * 1000 <= limit * time:
        return None
    found = round(view.size * 1000 / time, 1)
    return Mark(f"{found:g} characters a second, at most {limit:g}",
                _can_stay(view, scene), found, limit, "cps")  # fmt: skip


@of_cue("R002")
def words_a_minute(view: View, scene: Scene) -> Mark | None:
    """More than can be read."""
    limit, time = scene.limits.speed_wpm, view.duration_ms
    if limit is None or time <= 0:
        return None
    words = word_count(view)
    if words * 60_000 <= limit * time:
        return None
    found = round(words * 60_000 / time)
    return Mark(f"{found} words a minute, at most {limit:g}", _can_stay(view, scene),
                found, limit, "wpm")  # fmt: skip


def _can_stay(view: View, scene: Scene) -> bool:
    return planned_end(view, scene) > view.end_ms
