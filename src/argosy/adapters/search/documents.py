"""What is in an index: products as documents, and how far it has followed."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec
import tantivy

from argosy.adapters.search.analysing import FIELDS, Analyser
from argosy.modules.search import Cursor, SearchText

CURSOR: Final = "cursor"
FOLLOWED: Final = "followed"
HALVES: Final = ("high", "low")
"""Columns with the halves of a product's id: to read ids from documents takes longer than to find
them.
"""
_HALF: Final = 2**64 - 1


def schema() -> tantivy.Schema:
    """The fields of an index of the present layout."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("cursor", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("seal", stored=True, tokenizer_name="raw", index_option="basic")
    for half in HALVES:
        builder.add_unsigned_field(half, fast=True)
    for field in (*FIELDS, "head", "maker", "spelled"):
        builder.add_text_field(field, tokenizer_name="whitespace")
    return builder.build()


def document(text: SearchText, seal: str, analyser: Analyser) -> tantivy.Document:
    """A product as it is indexed."""
    fields = {field: " ".join(words) for field, words in analyser.fields(text).items()}
    spelled = analyser.spelled(f"{text.brand} {text.title} {text.kind}")
    made = tantivy.Document(key=text.product_id.hex, seal=seal, spelled=" ".join(spelled), **fields)
    # One by one: as a plain number each would be a signed one.
    number = text.product_id.int
    for half, value in zip(HALVES, (number >> 64, number & _HALF), strict=True):
        made.add_unsigned(half, value)
    return made


def seal_of(text: SearchText) -> str:
    """Another for another text."""
    return blake2b(msgspec.json.encode(text), digest_size=16).hexdigest()


def move(writer: tantivy.IndexWriter, cursor: Cursor) -> None:
    """Move the cursor with the writer's commit."""
    writer.delete_documents_by_term("key", CURSOR)
    writer.add_document(tantivy.Document(key=CURSOR, cursor=_told(cursor)))


def move_on(generation: Path, cursor: Cursor) -> None:
    """Move the cursor without a commit."""
    following = generation / f"{FOLLOWED}.new"
    following.write_text(_told(cursor), "utf-8")
    following.replace(generation / FOLLOWED)


def _told(cursor: Cursor) -> str:
    return f"{cursor.xid}:{cursor.id}"


def cursor_of(told: str) -> Cursor:
    """A cursor as it is stored."""
    xid, _, number = told.partition(":")
    return Cursor(xid=int(xid), id=int(number))
