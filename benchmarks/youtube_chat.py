"""Live chats: 10,000 messages a minute for 10 minutes, with drops, failures and kills.

    python benchmarks/youtube_chat.py [--speed 10] [--kills 4] [--seed 1]

An emulated stream runs `--speed` times faster than its own clock, so that its ten minutes pass in
one; the intervals between polls are in real time. Two chats, one followed by polling and one by the
streaming method: 5 % of all calls fail (429, 500, 503, reset), every 9th answer of a stream is its
last, and the collector (`loquitur youtube chat --follow`) is killed by SIGKILL at random moments
and started again by the same command. Then the replay of the same chat is read.

Bars: every message there once, and in the replay the same rows; no poll earlier than the emulator
asked. Beside that: units spent, memory of the collector, and how fast a replay of 200 MB is read.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from loquitur.emulator import Emulator
from loquitur.emulator.live_chat import Chats, replay_lines
from loquitur.youtube.livechat.replay import Replay
from loquitur.youtube.livechat.table import FIELDS, row
from measuring import peak_mb

PER_MINUTE, MINUTES = 10_000, 10
BEGINS_S = 3600.0
"""By the emulator's clock, which is moved on when the collector is there."""
WAYS = ("poll", "stream")
SAID = {"text", "paid", "sticker", "membership", "milestone", "gift_purchase", "gift_redemption",
        "mode_change"}  # fmt: skip
ALIKE = [field.column.name for field in FIELDS if field.known_by == "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one chat came to."""

    way: str
    truth: int
    found: int
    doubles: int
    missing: int
    early: int
    polls: int
    least_ms: int | None
    kills: int
    failures: int
    units: int
    seconds: float
    same_as_replay: bool
    memory_mb: float


def plan(speed: float, minutes: float, per_minute: float) -> dict:
    """A world with one stream, whose chat runs fast and breaks off."""
    return {
        "video": [{"key": "show", "title": "A loud show", "live": "upcoming",
                   "starts_in_s": BEGINS_S, "lasts_s": minutes * 60 / speed}],
        "chats": [{"video": "show", "per_minute": per_minute, "speed": speed, "interval_ms": 500,
                   "linger_s": 60.0, "drop_every": 9, "pace_ms": 100}],
        "faults": {"rate": 0.05},
    }  # fmt: skip


def follow(
    way: str, folder: Path, *, speed: float, kills: int, seed: int,
    minutes: float = MINUTES, per_minute: float = PER_MINUTE,
) -> Figures:  # fmt: skip
    """Follow one chat in other processes, killed now and then."""
    dice = random.Random(seed)
    world = plan(speed, minutes, per_minute)
    begun = time.monotonic()
    with Emulator(seed=seed, plan=world) as emulator:
        chats = emulator.world.room(Chats)
        video = next(one for one in chats.population.named if one.named.key == "show")
        output = folder / f"{way}.csv"
        command = [sys.executable, "-m", "loquitur", "youtube", "chat", "--follow", f"--{way}",
                   f"https://youtu.be/{video.id}", "-q", "-o", str(output)]  # fmt: skip
        environment = {
            **os.environ, "LOQUITUR_YOUTUBE_ENDPOINT": emulator.endpoint,
            "LOQUITUR_STORE": str(folder / way),
        }  # fmt: skip
        length_s = minutes * 60 / speed
        memory_mb = 0.0
        for number in range(kills + 1):
            process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
            while not chats.opened:
                time.sleep(0.05)
            if number == 0:
                emulator.move(emulator.world.began + BEGINS_S - 1.0 - emulator.world.now())
            if number < kills:
                time.sleep(1.0 + dice.random() * length_s * 0.8 / kills)
                memory_mb = max(memory_mb, peak_mb(process.pid))
                process.send_signal(signal.SIGKILL)
            process.communicate()
        seconds = time.monotonic() - begun
        script = chats.script(video)
        truth = [script.event(n).id for n in range(script.count(emulator.world.now()))]
        with output.open(encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file))
        calls = [one for one in emulator.calls() if one.method.startswith("liveChat")]
        waited = [one.waited_ms for one in chats.polls if one.waited_ms is not None]
        target = folder / f"{video.id}.live_chat.json"
        target.write_bytes(b"".join(replay_lines(emulator.world, video.id)))
        replayed = {each.id: each for each in Replay(target)}
    ids = [one["id"] for one in found]
    return Figures(
        way=way, truth=len(truth), found=len(ids), doubles=len(ids) - len(set(ids)),
        missing=len(set(truth) - set(ids)), early=len(chats.early), polls=len(waited),
        least_ms=min(waited, default=None), kills=kills, seconds=seconds,
        failures=sum(bool(one.fault) for one in calls), units=sum(one.cost for one in calls),
        same_as_replay=same(found, replayed), memory_mb=memory_mb,
    )  # fmt: skip


def same(found: list[dict], replayed: dict) -> bool:
    """Whether rows of a live chat are those of its replay, in all columns that both know."""
    from loquitur.tables.cells import as_text

    said = [one for one in found if one["type"] in SAID]
    names = [field.column.name for field in FIELDS]
    columns = {field.column.name: field.column for field in FIELDS}
    for one in said:
        other = dict(zip(names, row(replayed[one["id"]]), strict=True))
        if any(as_text(columns[name], other[name]) != one[name] for name in ALIKE):
            return False
    return len(said) == sum(one.type in SAID for one in replayed.values())


def reading(folder: Path, megabytes: int) -> tuple[int, float, float]:
    """Messages, seconds and megabytes of memory to read a replay of a size."""
    item = {"liveChatTextMessageRenderer": {
        "id": "@", "message": {"runs": [{"text": "lorem ipsum "}, {"emoji": {"emojiId": "😂"}}]},
        "authorName": {"simpleText": "@viewer"}, "authorExternalChannelId": "UC" + "a" * 22,
        "authorPhoto": {"thumbnails": [{"url": "https://example.invalid/a.jpg", "width": 64}]},
        "timestampUsec": "1790000000000000", "timestampText": {"simpleText": "0:00"}}}  # fmt: skip
    action = {"addChatItemAction": {"item": item}}
    inner = {"actions": [action], "videoOffsetTimeMsec": "0"}
    line = json.dumps({"replayChatItemAction": inner})
    path = folder / "large.live_chat.json"
    with path.open("w") as file:
        for number in range(megabytes * 10**6 // len(line)):
            file.write(line.replace('"@"', f'"{number:012d}"') + "\n")
    code = (
        "import sys, time; from pathlib import Path\n"
        "from loquitur.youtube.livechat.replay import Replay\n"
        "t = time.perf_counter(); n = sum(1 for _ in Replay(Path(sys.argv[1])))\n"
        "t = time.perf_counter() - t\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from measuring import peak_mb; print(n, t, peak_mb())"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True,
                          check=True)  # fmt: skip
    count, seconds, megabytes = done.stdout.split()
    return int(count), float(seconds), float(megabytes)


def main() -> int:
    """Print the figures; 1 where a bar is not met."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--speed", type=float, default=10.0)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    is_good = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for way in WAYS:
            one = follow(way, folder, speed=given.speed, kills=given.kills, seed=given.seed)
            is_good &= not (one.missing or one.doubles or one.early) and one.same_as_replay
            print(f"{way}: {one.found:,} of {one.truth:,} messages, {one.missing} missing, "
                  f"{one.doubles} twice; {one.kills} kills, {one.failures} failures, "
                  f"{one.units} units, {one.seconds:.0f} s, {one.memory_mb:.0f} MB")  # fmt: skip
            if one.polls:
                print(f"  {one.polls} polls, the soonest after {one.least_ms} ms of the 500 asked, "
                      f"{one.early} too early")  # fmt: skip
            print(f"  rows as in the replay: {'all' if one.same_as_replay else 'NOT ALL'}")
        count, seconds, megabytes = reading(folder, 200)
        print(f"a replay of 200 MB: {count:,} messages in {seconds:.1f} s, {megabytes:.0f} MB")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
