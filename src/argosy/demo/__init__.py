"""The demo catalogue as data: the Luma sample store in our product format, with its licence.

Owns files, no code that runs a shop. `luma()` is the folder to import from; `licence_notice()` is
what a program that shows or copies these products must be able to show.
"""

from importlib import resources
from pathlib import Path

__all__ = ["licence_notice", "luma"]


def luma() -> Path:
    """The folder with `products.jsonl.gz`, `reviews.jsonl.gz` and `images/`."""
    return Path(str(resources.files(__package__))) / "luma"


def licence_notice() -> str:
    """Origin, copyright, licence and changes of the Luma data, as Markdown."""
    return (luma() / "ATTRIBUTION.md").read_text("utf-8")
