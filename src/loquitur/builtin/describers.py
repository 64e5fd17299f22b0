"""The engines that write sentences about what is seen."""

from __future__ import annotations

from loquitur.builtin.spec import EngineSpec

DESCRIBERS: tuple[EngineSpec, ...] = (
    EngineSpec(
        kind="description",
        name="measured",
        target="loquitur.engines.description.measured:Measured",
        summary="what can be measured: light, colours, camera, something moving; knows no object",
        licence="Apache-2.0",
        languages="en de es ja",
        draft=True,
        tried="real",
    ),
)
