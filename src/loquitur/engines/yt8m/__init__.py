"""YouTube-8M's own chain, of files that were published: pictures by Inception, sound by VGGish.

One engine of two kinds (`vision`, `audio`). The networks come as ONNX graphs that a user converts,
the PCA as they were published; `files` says what must lie in the folder and where it was published.
What comes out has the form of the published features, but only comes near to them: whoever compared
both found other values (89 against 82 of 255 in one component: google-ai-edge/mediapipe, issue
408).
"""
