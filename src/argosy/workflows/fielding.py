"""Custom fields of things: whether the thing is there, who may write, and what follows.

    shopper or staff -- set_fields --> values --> (products) the shop window is made anew
    an order is placed -- copy_fields (a subscription) --> it has what its cart had
    something is deleted -- forget_fields (a subscription) --> its values go

No purchase reads or writes a field: a shop without fields, and one with them, buys alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from argosy.modules import cart, catalog, customers, fields, orders
from argosy.modules.fields import (
    DropField,
    FieldsClosed,
    FieldValue,
    ProductFieldsChanged,
    Subject,
    ValuesChanged,
)
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App

Values = dict[str, FieldValue]


async def read_fields(
    tx: Tx, subject: Subject, entity_id: UUID, *, to_shopper: bool = False
) -> Values:
    """The values of a thing by code, with the defaults of fields that have none.

    Raises what says that the thing is not there.
    """
    await _owner(tx, subject, entity_id)
    return await shown_fields(tx, subject, entity_id, to_shopper=to_shopper)


async def shown_fields(
    tx: Tx, subject: Subject, entity_id: UUID, *, to_shopper: bool = False
) -> Values:
    """`read_fields` of a thing that is known to be there. Two statements."""
    definitions = await fields.list_fields(tx, subject)
    values = (await fields.values_of(tx, subject, [entity_id])).get(entity_id, {})
    return fields.shown(definitions, values, to_shopper=to_shopper)


async def set_fields(
    tx: Tx,
    subject: Subject,
    entity_id: UUID,
    given: Mapping[str, FieldValue | None],
    *,
    expected_version: int | None = None,
) -> tuple[Values, Values]:
    """Change values as staff: before and after, with defaults. None removes. `expected_version`:
    that of what was read (`fields.values_version`).

    Raises ValuesInvalid, ValuesChanged, FieldsClosed, and what says that the thing is not there.
    """
    product_id = await _owner(tx, subject, entity_id, to_change=True)
    await fields.lock_values(tx, subject, entity_id)
    before = await shown_fields(tx, subject, entity_id)
    version = fields.values_version(before)
    if expected_version is not None and expected_version != version:
        raise ValuesChanged("They were changed since you read them.", current_version=version)
    _, changed = await fields.set_values(tx, subject, {entity_id: given})
    if changed and product_id is not None:
        tx.emit(ProductFieldsChanged(product_id=product_id))
    return before, await shown_fields(tx, subject, entity_id)


async def set_cart_fields(
    tx: Tx,
    cart_id: UUID,
    given: Mapping[str, FieldValue | None],
    *,
    channel_id: UUID,
    customer_id: UUID | None,
) -> Values:
    """Change values of a shopper's own cart, those that shoppers write; what shoppers see of it.

    Raises CartNotFound, FieldsClosed, ValuesInvalid.
    """
    found = await cart.cart_by_id(tx, cart_id, channel_id=channel_id, customer_id=customer_id)
    _check_open(found)
    await fields.lock_values(tx, "cart", cart_id)
    await fields.set_values(tx, "cart", {cart_id: given}, by_shopper=True)
    return await shown_fields(tx, "cart", cart_id, to_shopper=True)


async def _owner(
    tx: Tx, subject: Subject, entity_id: UUID, *, to_change: bool = False
) -> UUID | None:
    """The product that the thing is or belongs to, if any. Raises what is not found."""
    match subject:
        case "product":
            return (await catalog.product_by_id(tx, entity_id)).row.id
        case "variant":
            return (await catalog.variant_by_id(tx, entity_id)).product_id
        case "customer":
            await customers.customer_by_id(tx, entity_id)
        case "order":
            await orders.order_by_id(tx, entity_id)
        case "cart":
            found = await cart.find_cart(tx, entity_id)
            if found is None:
                raise cart.CartNotFound("There is no such cart.")
            if to_change:
                _check_open(found)
    return None


def _check_open(found: cart.Cart) -> None:
    if found.state != "open":
        raise FieldsClosed("The cart is being bought or is an order already.")


# --- reactions -----------------------------------------------------------------------------------


async def copy_fields(tx: Tx, events: Sequence[Delivered]) -> None:
    """Give placed orders what their carts had. A repeat does nothing."""
    await fields.copy_to_orders(tx, sorted({UUID(e.data["order_id"]) for e in events}))


async def forget_fields(tx: Tx, events: Sequence[Delivered]) -> None:
    """Drop the values of what was deleted."""
    gone: dict[Subject, set[UUID]] = {}
    for event in events:
        match event.type:
            case catalog.ProductDeleted.TYPE:
                gone.setdefault("product", set()).add(UUID(event.data["product_id"]))
            case catalog.VariantDeleted.TYPE:
                gone.setdefault("variant", set()).add(UUID(event.data["variant_id"]))
            case customers.CustomerErased.TYPE:
                gone.setdefault("customer", set()).add(UUID(event.data["customer_id"]))
    for subject, ids in sorted(gone.items()):
        await fields.forget_values(tx, subject, sorted(ids))


async def drop_field(app: App, job: DropField) -> None:
    """Drop the values of a deleted field, a batch at a time. A repeat goes on."""
    more = True
    while more:
        async with app.db.transaction() as tx:
            more = await fields.drop_values(tx, job.definition_id)
