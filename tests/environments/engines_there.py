"""What a test needs of an engine in an environment without a fixture that holds it."""

from __future__ import annotations

from loquitur import registry
from loquitur.protocols import Resources


def resources_of(tmp_path, place, *engines):
    full = tuple((f"{kind}.{name}", str(place)) for kind, name in engines)
    return Resources(models=tmp_path / "models", environments=full)


def kind_of(tmp_path, place, kind, name):
    resources = resources_of(tmp_path, place, (kind, name))
    return registry.load(registry.find(kind, name, resources.environments)), resources


def made(tmp_path, place, kind, name, **options):
    engine_class, resources = kind_of(tmp_path, place, kind, name)
    return engine_class(engine_class.Options(**options), resources)
