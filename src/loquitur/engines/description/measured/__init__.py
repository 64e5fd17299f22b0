"""The embedded describer: `looking.py` measures, `wording.py` says it, `engine.py` does both.

Of what is measured, colours have a page (`colours.py`), and so has what moves (`moving.py`).
"""
