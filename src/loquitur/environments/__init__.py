"""Engines in Python environments of their own: conflicts between their libraries end there.

Settings map an engine (`asr.nemo`) to an interpreter or the folder of a virtual environment. The
engine then runs there, in a worker process (`pipeline.host`), and what the pipeline holds is a
stand-in that looks like the engine: `proxy` the stand-in, `process` the worker's near end, `wire`
what goes between, `making` how an environment is made.

The worker takes Loquitur's own source from this installation, not a copy installed in the
environment: there is one version of the protocol by construction, and the environment needs
nothing of Loquitur's but msgspec and numpy. A copy would bring all of the core's dependencies,
and with them the conflicts that environments are there to end.
"""
