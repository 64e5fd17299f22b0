"""What a video is about: labels out of pictures, sound and words, at the size of YouTube-8M.

`records/` reads and writes TFRecord files without TensorFlow; `dataset.py` says what a folder of
them holds, `examples.py` is what is read; `fetching/` brings YouTube-8M here; `feeding/` makes
batches of any number of shards, in an order that a run can go on in; `generated/` makes a data set
of any size; `own/` makes the same files of one's own videos; `nets/` and `training/` need torch.
What is measured of labels stands in `evaluation/labels`.
"""
