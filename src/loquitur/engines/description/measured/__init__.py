"""The embedded describer: `looking.py` measures, `wording.py` says it, `engine.py` does both."""
