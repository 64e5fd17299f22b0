"""What a picture can be described by without any model: colours and where, contours, motion.

`colours.py` names colours, `contours.py` measures gradients and motion, `frames.py` puts them side
by side. Nothing here knows an object.
"""
