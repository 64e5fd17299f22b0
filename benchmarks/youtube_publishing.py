"""Publishing captions through faults, kills and a second publisher, against the emulator.

Prints: tracks after one lost answer and one 503; tracks and backups after `kill -9` at random
moments (real processes, real HTTP), before and after the next run; what two publishers at once
leave; what publishing the same again costs and changes. Fails where a bar is missed: never two
tracks, never none where there was one, the backup there, 50 units and no change.

    python benchmarks/youtube_publishing.py [--kills 20] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from loquitur.emulator import Emulator
from loquitur.settings import Settings
from loquitur.youtube.captions import download_track, insert_track, list_tracks
from loquitur.youtube.client import Client
from loquitur.youtube.publications import Publications
from loquitur.youtube.publishing import Published, carry_out, plan_publication
from loquitur.youtube.replacing import backups_of
from loquitur.youtube.sessions import open_client

VIDEO = "abcdefghijk"
WORLD = {
    "captions": {"seeded": False},
    "quota": {"shared": 10_000_000},
    "video": [{"key": "own", "id": VIDEO, "title": "Own"}],
}
SLOW_S = 0.04
"""How late each answer is, so that kills fall into every step and not only between two."""
OLD = b"1\n00:00:01,000 --> 00:00:02,500\nWhat was there before\n"
NEW = OLD.replace(b"before", b"and is no more") + b"\n2\n00:00:03,000 --> 00:00:04,000\nMore\n"
CHILD = """
import sys
from pathlib import Path
from loquitur.settings import Settings
from loquitur.youtube.publications import Publications
from loquitur.youtube.publishing import carry_out, plan_publication
from loquitur.youtube.sessions import open_client
endpoint, store, video, language, text = sys.argv[1:]
settings = Settings(
    store=Path(store), youtube_endpoint=endpoint, youtube_limits={"shared": "10000000"}
)
kept = Publications(Path(store))
with open_client(settings) as client:
    print("ready", flush=True)
    sys.stdin.readline()
    content = Path(text).read_bytes()
    plan = plan_publication(client, video, content, publications=kept, language=language)
    done = carry_out(client, plan, publications=kept)
    print("changed" if done.changed else "unchanged", flush=True)
"""


class Place:
    """An emulator, a store and two texts, for as long as the `with` block."""

    def __init__(self, *, slow: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="loquitur-publishing-"))
        self.emulator = Emulator(seed=1, plan=WORLD)
        if slow:
            self.emulator.fault("*", "slow", times=1_000_000, seconds=SLOW_S)
        self.kept = Publications(self.folder / "store")
        self.text = self.folder / "new.srt"
        self.text.write_bytes(NEW)

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_: object) -> None:
        self.emulator.close()

    def client(self) -> Client:
        """A client of this process."""
        settings = Settings(
            store=self.folder / "store", youtube_endpoint=self.emulator.endpoint,
            youtube_limits={"shared": "10000000"},
        )  # fmt: skip
        return open_client(settings)

    def child(self, language: str, *, text: Path | None = None) -> subprocess.Popen[str]:
        """A process that publishes when a line comes, ready to do so."""
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", CHILD, self.emulator.endpoint, str(self.folder / "store")),
                *(VIDEO, language, str(text or self.text)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(process.communicate()[1])
        return process

    def publish(self, client: Client, content: bytes, language: str) -> Published:
        """Plan and carry out, here."""
        plan = plan_publication(client, VIDEO, content, publications=self.kept, language=language)
        return carry_out(client, plan, publications=self.kept)

    def units(self) -> int:
        """What the emulator has charged so far."""
        return sum(entry.cost for entry in self.emulator.calls() if entry.bucket == "shared")

    def texts(self, client: Client, language: str) -> list[bytes]:
        """The texts of the tracks of a language."""
        found = [track for track in list_tracks(client, VIDEO) if track.language == language]
        return [download_track(client, track.id) for track in found]

    def backed_up(self, language: str) -> bool:
        """Whether the old text is among the backups, whole."""
        slot = self.kept.slot(VIDEO, language)
        digests = [backup.digest for backup in backups_of(self.kept, VIDEO, language=language)]
        return any(slot.text(digest) == OLD for digest in digests)


def faults() -> bool:
    """One lost answer and one 503, in both orders: how many tracks, calls and units."""
    good = True
    for order in (("unavailable", "lost_answer"), ("lost_answer", "unavailable")):
        with Place(slow=False) as place, place.client() as client:
            for at, kind in enumerate(order, 1):
                place.emulator.fault("captions.insert", kind, at=at)
            done = place.publish(client, NEW, "en")
            texts = place.texts(client, "en")
            again = place.publish(client, NEW, "en")
            print(
                f"{' then '.join(order)}: {len(texts)} track, "
                f"{len(place.emulator.calls('captions.insert'))} inserts, {done.units} units; "
                f"published again: {'changed' if again.changed else 'unchanged'}"
            )
            good &= texts == [NEW] and not again.changed
    return good


def kills(count: int, seed: int) -> bool:
    """`kill -9` at random moments of an update and of an insert, and the next run."""
    dice = random.Random(seed)
    with Place(slow=True) as place, place.client() as client:
        whole = [
            _timed(place, client, f"en-{name}", was=name == "update")
            for name in ("update", "insert")
        ]
        good = True
        for name, whole_s in zip(("update", "insert"), whole, strict=True):
            seen = {"none": 0, "old": 0, "new": 0, "two": 0}
            backed = completed = found_done = 0
            for number in range(count):
                language = f"en-{name[:3]}{number}"
                if name == "update":
                    insert_track(client, VIDEO, OLD, language=language)
                _kill(place.child(language), dice.uniform(0.0, whole_s))
                texts = place.texts(client, language)
                what = (
                    "two"
                    if len(texts) > 1
                    else {b"": "none", OLD: "old", NEW: "new"}[texts[0] if texts else b""]
                )
                seen[what] += 1
                if name == "update":
                    good &= what in ("old", "new") and (what == "old" or place.backed_up(language))
                good &= what != "two"
                done = place.publish(client, NEW, language)
                completed += done.changed
                found_done += not done.changed
                good &= place.texts(client, language) == [NEW]
                if name == "update":
                    backed += place.backed_up(language)
            print(
                f"{count} kills during an {name} of {whole_s:.2f} s: the track was "
                + ", ".join(f"{what} {times}" for what, times in seen.items() if times)
                + f"; the next run completed {completed}, found done {found_done}"
                + (f"; backup there {backed} of {count}" if name == "update" else "")
            )
            good &= name == "insert" or backed == count
    return good


def _timed(place: Place, client: Client, language: str, *, was: bool) -> float:
    """Seconds from the line to the end of a publishing that nobody kills."""
    if was:
        insert_track(client, VIDEO, OLD, language=language)
    process = place.child(language)
    began = time.perf_counter()
    out, err = process.communicate("go\n")
    if out != "changed\n":
        raise RuntimeError(out + err)
    return time.perf_counter() - began


def _go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def _kill(process: subprocess.Popen[str], after_s: float) -> None:
    _go(process)
    time.sleep(after_s)
    process.kill()
    process.communicate()


def together(rounds: int) -> bool:
    """Two processes publish at once: the same text, and two different ones."""
    good = True
    with Place(slow=True) as place, place.client() as client:
        other = place.folder / "other.srt"
        other.write_bytes(OLD)
        for name, text in (("the same text", None), ("two texts", other)):
            told: list[str] = []
            for number in range(rounds):
                language = f"en-{'s' if text is None else 'd'}{number}"
                pair = [place.child(language), place.child(language, text=text)]
                for process in pair:
                    _go(process)
                outs = [process.communicate() for process in pair]
                told += [
                    out.strip() or ("refused" if "somebody else changed" in err else err[-300:])
                    for out, err in outs
                ]
                good &= len(place.texts(client, language)) == 1
            counts = ", ".join(f"{one} {told.count(one)}" for one in sorted(set(told)))
            print(f"two publishers of {name} at once, {rounds} times: one track each; {counts}")
            good &= told.count("changed") == rounds
    return good


def again() -> bool:
    """What publishing the same again costs and changes."""
    with Place(slow=False) as place, place.client() as client:
        costs = []
        for content in (OLD, OLD, NEW, NEW):
            before = place.units()
            place.publish(client, content, "en")
            costs.append(place.units() - before)
        (track,) = list_tracks(client, VIDEO)
        before = place.units()
        unchanged = not place.publish(client, NEW, "en").changed
        unchanged &= list_tracks(client, VIDEO) == (track,)
        print(
            f"units: first {costs[0]}, the same again {costs[1]}, another text {costs[2]}, "
            f"the same again {costs[3]}; lastUpdated {'stays' if unchanged else 'CHANGED'}"
        )
        return costs == [450, 50, 500, 50] and unchanged


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--together", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    checks = (
        again(), faults(), kills(given.kills, given.seed), together(given.together),
    )  # fmt: skip
    print("all bars held" if all(checks) else "A BAR WAS MISSED")
    return 0 if all(checks) else 1


if __name__ == "__main__":
    sys.exit(main())
