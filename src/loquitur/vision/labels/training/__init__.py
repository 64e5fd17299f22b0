"""Training nets that label videos, in the one loop of the house (`vision.training`).

`presets.py` and `plans.py` need no torch; `labelling.py` is the task, `losses.py` what it makes
small, `validating.py` how good a net is on videos that it does not learn from.
"""
