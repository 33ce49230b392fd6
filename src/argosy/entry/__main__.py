"""`python -m argosy.entry`: the command line without the console script."""

from argosy.entry.start import main

main()
