"""What the documents say is what the code does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from loquitur import registry, stages
from loquitur.formats import FORMATS

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_page_of_the_command_line_is_current():
    spec = importlib.util.spec_from_file_location("make_cli", ROOT / "docs" / "make_cli.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text() == module.text(), "run: python docs/make_cli.py"


def test_architecture_names_what_exists():
    page = (ROOT / "ARCHITECTURE.md").read_text()
    assert len(page.splitlines()) <= 80, "one page"
    for name in stages.STAGES:
        assert f"─{name}─" in page or f"`{name}`" in page, name
    for path in re.findall(r"`((?:\w+/)+\w+\.py)`", page):
        assert (ROOT / "src" / "loquitur" / path).is_file(), path
    walk = next(line for line in page.splitlines() if line.startswith("- *A URL* passes"))
    for module in re.findall(r"`((?:cli|media|pipeline|stages)\.\w+)\.\w+", walk):
        assert (ROOT / "src" / "loquitur" / (module.replace(".", "/") + ".py")).is_file(), module


def test_dependencies_are_explained():
    import tomllib

    page = (ROOT / "docs" / "dependencies.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for requirement in project["dependencies"]:
        name = re.split(r"[\[>=<]", requirement)[0]
        assert name in page, name
    pinned = (ROOT / "constraints.txt").read_text().lower().replace("_", "-")
    extras = project["optional-dependencies"]
    for requirement in extras["insight"]:
        name = re.split(r"[\[>=<]", requirement)[0]
        assert name in page, name
    own = [each for each in extras["dev"] if not each.startswith("loquitur[")]
    for requirement in [*project["dependencies"], *extras["insight"], *own]:
        name = re.split(r"[\[>=<]", requirement)[0].lower().replace("_", "-").replace(".", "-")
        assert f"\n{name}==" in pinned, name


def test_readme_names_every_format_and_engine_of_the_core():
    page = (ROOT / "README.md").read_text()
    for name in FORMATS:
        assert name in page, name
    for name in ("onnx-asr", "dvector", "pocketsphinx", "Silero", "prosody"):
        assert name in page, name
    assert {spec.kind for spec in registry.BUILTIN} == set(registry.KINDS)
