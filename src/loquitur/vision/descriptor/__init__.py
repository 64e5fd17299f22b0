"""What pictures can be described by without any model: colours, contours, motion, things.

`colours.py` names colours, `contours.py` measures gradients and motion, `frames.py` puts them side
by side. `regions.py` finds patches that stand out, `things.py` follows and measures them. Nothing
here knows an object.
"""
