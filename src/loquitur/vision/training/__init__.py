"""Training: one loop for every net of the house, and the folder in which a run lives.

`options.py`, `schedule.py`, `folder.py`, `rows.py` and `plans.py` need no torch as they load;
`loop.py` is the loop, `task.py` what it asks of whatever is trained, `captioning.py` the task of
describing.
"""
