"""Small virtual environments for tests, made offline: their own packages, numpy and msgspec."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

PARROT = Path(__file__).resolve().parents[1] / "parrot"


def make_venv(folder, *paths, worker=True):
    """An environment without pip that sees `paths` and, where `worker`, what a worker needs.

    numpy and msgspec are this environment's, by links of their own, so that nothing else comes.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    links = folder / "links"
    links.mkdir()
    seen = [links, *paths] if worker else list(paths)
    for name in ("numpy", "msgspec"):
        home = Path(importlib.util.find_spec(name).origin).parent
        (links / name).symlink_to(home)
        for beside in home.parent.glob(f"{name}.libs"):
            (links / beside.name).symlink_to(beside)
    site_packages(folder).joinpath("seen.pth").write_text("".join(f"{path}\n" for path in seen))
    return folder


def site_packages(folder):
    (found,) = folder.glob("lib/python3*/site-packages")
    return found


def write_wheel(folder, name, version, source, *, needs=(), entry_points=""):
    """A pure wheel with one module of the distribution's name."""
    folder.mkdir(parents=True, exist_ok=True)
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    requires = "".join(f"Requires-Dist: {need}\n" for need in needs)
    files = {
        f"{module}.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    if entry_points:
        files[f"{info}/entry_points.txt"] = entry_points
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    wheel = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return wheel


def pip_install(venv, wheels, *names):
    """pip's own answer to installing from a folder of wheels alone."""
    python = venv / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-index"]
    command += ["--find-links", str(wheels), "--disable-pip-version-check", *names]
    environment = {"PIP_CONFIG_FILE": "/dev/null", "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
