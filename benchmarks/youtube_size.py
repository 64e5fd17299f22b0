"""What the YouTube extra takes on the disk and to import, and what Google's own client would take.

    python benchmarks/youtube_size.py [--keep DIR]

All of it is installed by pip into one environment of its own, and each way counts what it needs
there; what Loquitur's core brings anyway is not counted. Needs a package index.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from measuring import in_child

ROOT = Path(__file__).resolve().parent.parent
BAR_MB = 25.0
AUTH, FLOW, CLIENT = "google-auth", "google-auth-oauthlib", "google-api-python-client"
TRANSCRIPTS = "youtube-transcript-api"
WAYS = {
    "keys alone": [],
    "logins too (google-auth)": [AUTH],
    "with google-auth-oauthlib": [AUTH, FLOW],
    "Google's client": [AUTH, FLOW, CLIENT],
    "Google's client, transcripts": [AUTH, FLOW, CLIENT, TRANSCRIPTS],
}
RUNS = 7


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, default=None)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=arguments.keep))
    try:
        python = installed(folder / "env")
        extra_mb = sizes(python)
        imports(python)
    finally:
        if arguments.keep is None:
            shutil.rmtree(folder)
    print(f"\nthe extra takes {extra_mb:.1f} MB (bar {BAR_MB:.0f} MB)")
    return 0 if extra_mb <= BAR_MB else 1


def installed(place: Path) -> Path:
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, AUTH, FLOW, CLIENT, TRANSCRIPTS], check=True)
    return python


def sizes(python: Path) -> float:
    """Print the size of each way; gives that of the extra as it is declared, in MB."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [Requirement(item).name for item in project["optional-dependencies"]["youtube"]]
    core = closure([Requirement(item) for item in project["dependencies"]], metadata_needs)
    known = distributions(python)

    def needs(name: str) -> list[str]:
        return known.get(name, (0, []))[1]

    found_mb = 0.0
    for name, wanted in {**WAYS, f"the extra: {' '.join(declared)}": declared}.items():
        brought = closure([Requirement(item) for item in wanted], needs) - core
        bytes_of = {item: known[item][0] for item in brought if item in known}
        found_mb = sum(bytes_of.values()) / 1e6
        largest = sorted(bytes_of.items(), key=lambda item: -item[1])[:5]
        told = ", ".join(f"{item} {size / 1e6:.1f}" for item, size in largest)
        print(f"{name:30} {found_mb:6.1f} MB, {len(bytes_of):2} packages  {told}")
    return found_mb


def imports(python: Path) -> None:
    print()
    build = "from googleapiclient.discovery import build; build('youtube', 'v3', developerKey='x')"
    for interpreter, name, code in (
        (sys.executable, "httpx (core)", "import httpx"),
        (sys.executable, "our client, httpx", "import loquitur.youtube.sessions, httpx"),
        (python, "google-auth", "import google.oauth2.credentials"),
        (python, "google-auth-oauthlib", "import google_auth_oauthlib.flow"),
        (python, "Google's client, ready", build),
    ):
        bare_s, bare_mb = imported(interpreter, "pass")
        seconds, mb = imported(interpreter, code)
        print(f"{name:30} {(seconds - bare_s) * 1e3:6.0f} ms, {mb - bare_mb:5.1f} MB resident")


def imported(python: Path | str, code: str) -> tuple[float, float]:
    """The least processor time in seconds, and the resident MB, of a process that runs code."""
    runs = [in_child(["-c", code], python=str(python)) for _ in range(RUNS)]
    if any(one.code for one in runs):
        raise SystemExit(runs[0].err)
    return min(one.took.cpu_s for one in runs), min(one.peak_mb for one in runs)


def distributions(python: Path) -> dict[str, tuple[int, list[str]]]:
    """The bytes of each distribution of an environment, and what it requires."""
    code = (
        "import importlib.metadata as m, json\n"
        "print(json.dumps([(d.metadata['Name'], sum(p.locate().stat().st_size for p in d.files "
        "or () if p.locate().is_file() and p.suffix != '.pyc'), d.requires or []) "
        "for d in m.distributions()]))"
    )
    out = subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True)
    return {canonical(name): (size, needs) for name, size, needs in json.loads(out.stdout)}


def metadata_needs(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []


def closure(wanted, needs) -> set[str]:
    """The distributions that some requirements bring."""
    found: set[str] = set()
    queue = list(wanted)
    while queue:
        item = queue.pop()
        if canonical(item.name) in found:
            continue
        found.add(canonical(item.name))
        for need in map(Requirement, needs(canonical(item.name))):
            extras = item.extras or {""}
            if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in extras):
                queue.append(need)
    return found


def canonical(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


if __name__ == "__main__":
    sys.exit(main())
