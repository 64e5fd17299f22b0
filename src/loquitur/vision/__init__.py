"""What is seen: features of frames, corpora of clips, nets that describe and label them.

`corpora/` reads data sets of clips, `shapes/` makes one; `vocabulary.py` is words as numbers;
`features/` are feature sets on disk; `nets/` the networks (the only files that import torch as
they are loaded), `training/` the loop that trains them, `decoding/` sentences out of a net, with or
without torch. What is measured of sentences stands in `evaluation/sentences`.
"""
