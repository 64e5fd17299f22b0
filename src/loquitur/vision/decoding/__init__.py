"""Sentences out of a net, word by word: greedy, beam, sampling. In numpy, with or without torch.

`stepper.py` is what a net must offer, `options.py` how a user says which search is meant,
`search.py` the door over clips of any lengths.
"""
