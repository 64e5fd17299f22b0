"""What docs/library-embeddings.md shows runs, and names what there is."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from loquitur import registry
from loquitur.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "library-embeddings.md"


def test_every_engine_has_its_row_and_every_model_exists():
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)", page, re.MULTILINE)
    names = [spec.name for spec in registry.specs("embedding") if not spec.origin]
    assert [*names, "none"] == rows
    models = {model.name for spec in registry.BUILTIN for model in spec.models}
    pulled = re.findall(r"models pull \w+\.[\w-]+:([\w.-]+)", page)
    assert pulled
    assert set(pulled) <= models


def test_the_settings_are_options_of_an_engine():
    import tomllib

    (block,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    given = tomllib.loads(block)["set"]["embedding"]
    for name in ("openai-compatible", "onnx"):
        options = class_of(registry.find("embedding", name)).Options
        assert registry.options_of(options, given, owner="embedding").batch_size == 32


def class_of(spec):
    """An engine's class, also where the packages of its extra are not here."""
    module, _, name = spec.target.partition(":")
    return getattr(importlib.import_module(module), name)


def test_the_example_tells_what_is_near(capsys, monkeypatch, tmp_path):
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    settings = Settings(models=tmp_path, environment_root=tmp_path, offline=True)
    monkeypatch.setattr("loquitur.settings.Settings", lambda: settings)
    exec(compile(block, str(PAGE), "exec"), {})
    first, second = map(float, capsys.readouterr().out.strip("[] \n").split())
    assert first > 0.3 > 2 * second
