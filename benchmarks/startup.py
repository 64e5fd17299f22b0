"""How long Loquitur takes before it does anything.

    python benchmarks/startup.py [--rounds 15]

Prints medians of several fresh processes: `loquitur --help` (bar: 0.3 s), and `import loquitur`
over a bare Python (bar: 0.1 s). The two of a round run in turn, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

HELP_BAR_S = 0.3
IMPORT_BAR_S = 0.1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    taken: dict[str, list[float]] = {"bare": [], "import": [], "help": [], "verb": []}
    calls = {
        "bare": ["-c", "pass"],
        "import": ["-c", "import loquitur"],
        "help": ["-m", "loquitur", "--help"],
        "verb": ["-m", "loquitur", "run", "--help"],
    }
    for number in range(rounds + 1):
        for name, arguments in calls.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            if number:  # the first round fills the disk cache and writes byte code
                taken[name].append(time.perf_counter() - began)
    median = {name: statistics.median(times) for name, times in taken.items()}
    added_s = statistics.median(
        with_it - without for with_it, without in zip(taken["import"], taken["bare"], strict=True)
    )
    print(f"bare Python           {median['bare'] * 1000:6.0f} ms")
    print(f"import loquitur adds  {added_s * 1000:6.1f} ms (bar: {IMPORT_BAR_S * 1000:.0f})")
    print(f"loquitur --help       {median['help'] * 1000:6.0f} ms (bar: {HELP_BAR_S * 1000:.0f})")
    print(f"loquitur run --help   {median['verb'] * 1000:6.0f} ms")
    return 0 if added_s <= IMPORT_BAR_S and median["help"] <= HELP_BAR_S else 1


if __name__ == "__main__":
    sys.exit(main())
