"""How well pictures fit labels that nobody trained a model on: one image-text model a file."""
