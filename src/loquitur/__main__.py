"""`python -m loquitur` is the command line."""

from loquitur.cli.main import main

main()
