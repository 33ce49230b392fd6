"""`python -m argosy.entry`: the command line without the console script."""

from argosy.entry.cli import main

main()
