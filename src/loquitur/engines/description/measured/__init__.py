"""The embedded describer: `looking.py` what is measured, `wording.py` in words, `engine.py` both."""
