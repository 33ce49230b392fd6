"""Cache topics: what an answer was made from."""

from uuid import UUID

TOPIC = "projections"


def product_topic(product_id: UUID) -> str:
    """Page, card, variants and offers of one product, in all channels."""
    return f"{TOPIC}:product:{product_id.hex}"


def list_topic(category: int) -> str:
    """Every listing of one category of one channel; `category` is its term."""
    return f"{TOPIC}:list:{category}"


def tree_topic(channel_id: UUID) -> str:
    """The category tree of a channel with its counts."""
    return f"{TOPIC}:tree:{channel_id.hex}"


def directory_topic(channel_id: UUID) -> str:
    """Category paths and facet codes of a channel."""
    return f"{TOPIC}:directory:{channel_id.hex}"
