"""Argosy: a commerce platform. Start reading at docs/explanation/architecture.md."""

__version__ = "0.1.0"
