"""Answers from the product to the books: cart, quote, order, return, file."""

from __future__ import annotations

import msgspec
import pytest
from tests.workflows.test_invoicing import a_seller, invoice
from tests.workflows.test_kits import add_goods, cart_of, items, quote_of, set_kit
from tests.workflows.till import Till

from argosy.kernel.bill import Bill, BillGroup, BillOption
from argosy.kernel.personal import Input, InputChoice, InputPrice
from argosy.modules import catalog, personalisation
from argosy.modules.personalisation import AnswerRefused, Personalisation, PersonalisationInvalid
from argosy.reads.order_view import read_order_view
from argosy.web.answer_views import said_of
from argosy.web.kit_views import order_kits
from argosy.web.order_lines import said_by_line
from argosy.workflows import asking, carting, invoicing
from argosy.workflows.baskets import Basket
from argosy.workflows.carting import CartReply
from argosy.workflows.placement import WantedItem
from argosy.workflows.product_export import product_images
from argosy.workflows.product_inputs import input_of, write_inputs
from argosy.workflows.product_offers import references
from argosy.workflows.product_record import ProductRecord
from argosy.workflows.quoting import NotPurchasable

ENGRAVING = Input(
    code="engraving", label="Engraving", longest=20,
    price=InputPrice(amount={"EUR": 50}, per="character", free=3),
)  # fmt: skip
FONT = Input(
    code="font", label="Font", kind="choice",
    choices=(
        InputChoice(code="serif", label="With serifs"),
        InputChoice(code="script", label="Handwriting", amount={"EUR": 300}),
    ),
)  # fmt: skip


async def ask(till: Till, name: str, *inputs: Input) -> Personalisation:
    async with till.db.transaction() as tx:
        variant = await catalog.variant_by_id(tx, till.variants[name])
        return await asking.set_inputs(tx, variant.product_id, inputs)


async def test_E1_an_order_keeps_what_was_said_and_what_it_cost(till: Till) -> None:
    await a_seller(till)
    await add_goods(till, "ring", 2000)
    await till.stock("ring", 10)
    await ask(till, "ring", ENGRAVING, FONT)
    anna = {"engraving": "Anna", "font": "script"}
    cart = await cart_of(
        till, ("ring", 2, anna), ("ring", 1, {}), ("ring", 1, anna), ("ring", 1, {"font": "serif"})
    )
    # The same answers are one line, others another.
    assert [line.quantity for line in cart.lines] == [3, 1, 1]
    quoted = await quote_of(till, cart)
    assert [line.unit_price.minor for line in quoted.lines] == [2350, 2000, 2000]
    assert quoted.subtotal.minor == 3 * 2350 + 2 * 2000
    first = quoted.lines[0]
    assert [(one.code, one.choice, one.unit_minor) for one in first.answers] == [
        ("engraving", "", 50), ("font", "Handwriting", 300)
    ]  # fmt: skip
    # The tax is that of the line's class, of the whole price.
    assert first.tax.minor == round(3 * 2350 * 19 / 119)
    _, placed = await till.place(cart)
    assert placed.result == "placed"
    # What happens to the product afterwards changes nothing.
    await ask(till, "ring")
    async with till.db.reading() as tx:
        order = await read_order_view(tx, cart.id)
        assert order is not None
    # Persons are forgotten by the lines: the quote, which stays, has none of their words.
    assert b"Anna" not in msgspec.json.encode(order.quote)
    said = said_of(order)
    shown = [[(a.label, a.shown, a.price.minor) for a in said(line)] for line in order.lines]
    assert shown[0] == [("Engraving", "Anna", 50), ("Font", "Handwriting", 300)]
    assert shown[1:] == [[], [("Font", "With serifs", 0)]]
    # L2: a ring goes back at what it cost with its engraving, then everything else.
    original = await invoice(till, cart.id)
    async with till.db.transaction() as tx:
        note = await invoicing.issue_credit_note(
            tx, original.id, reason="return", wanted={order.lines[0].id: 1}
        )
        assert note.content.total_minor == 2350
        rest = await invoicing.issue_credit_note(tx, original.id, reason="return")
    assert 2350 + rest.content.total_minor == placed.total_minor
    await till.check_books()


async def test_a_product_that_changes_meanwhile_is_told_and_not_bought(till: Till) -> None:
    await add_goods(till, "ring", 2000)
    await till.stock("ring", 10)
    await ask(till, "ring", ENGRAVING)
    cart = await cart_of(till, ("ring", 1, {"engraving": "Anna"}), ("mug", 1, {}))
    for inputs, reason, at in (
        ((), "answer_unknown", "engraving"),
        ((FONT, msgspec.structs.replace(ENGRAVING, longest=3)), "answer_invalid", "engraving"),
        ((ENGRAVING, msgspec.structs.replace(FONT, required=True)), "answer_missing", "font"),
        ((msgspec.structs.replace(ENGRAVING, price=InputPrice(amount={"USD": 1})),),
         "answer_unpriced", "engraving"),
    ):  # fmt: skip
        await ask(till, "ring", *inputs)
        _, basket = await carting.read_cart(till.app, till.seller, cart.id)
        assert [why for _, why in basket.refused] == [reason]
        assert [line.sku for line in basket.quote.lines] == ["MUG"]
        with pytest.raises(NotPurchasable) as refused:
            await till.place(cart)
        (told,) = refused.value.details["lines"]
        assert (told["reason"], told["input"]) == (reason, at)
    # Another line of the same goods is judged by itself.
    await ask(till, "ring", FONT)

    def keep(_cart: object, _basket: Basket) -> tuple[int, bytes]:
        return 200, b""

    ring = till.variants["ring"]
    good = WantedItem(variant_id=ring, quantity=1, configuration={"font": "serif"})
    await carting.add_line(till.app, till.seller, cart.id, good, CartReply(None, keep))
    bad = WantedItem(variant_id=ring, quantity=1, configuration={"font": "gothic"})
    with pytest.raises(AnswerRefused) as wrong:
        await carting.add_line(till.app, till.seller, cart.id, bad, CartReply(None, keep))
    assert (wrong.value.field, wrong.value.details["reason"]) == (
        "configuration.font", "answer_invalid",
    )  # fmt: skip
    # As it was asked before, it can be bought again.
    await ask(till, "ring", ENGRAVING, FONT)
    _, placed = await till.place(cart)
    assert placed.result == "placed"


async def test_E11_what_is_said_of_a_kit_is_in_its_price(till: Till) -> None:
    await add_goods(till, "gift", 3000)
    options = (BillOption(code="song", variant_id=till.variants["song"]),)
    group = BillGroup(code="extra", name="Extra", least=0, options=options)
    await set_kit(till, "gift", Bill(items=items(till, shirt=1, mug=1), groups=(group,)))
    with pytest.raises(PersonalisationInvalid) as clash:
        await ask(till, "gift", FONT, msgspec.structs.replace(ENGRAVING, code="extra"))
    assert clash.value.field == "inputs[1].code"
    await ask(till, "gift", FONT)
    cart = await cart_of(till, ("gift", 2, {"font": "script", "extra": "song"}))
    quoted = await quote_of(till, cart)
    assert quoted.subtotal.minor == 2 * 3300
    _, placed = await till.place(cart)
    async with till.db.reading() as tx:
        order = await read_order_view(tx, cart.id)
        assert order is not None
    (kit,) = order_kits(order.quote, said_by_line(order))
    assert [(a.label, a.shown) for a in kit.answers] == [("Font", "Handwriting")]
    first, *others = (said_of(order)(line) for line in order.lines)
    assert [one.shown for one in first] == ["Handwriting"]
    assert not any(others)
    assert placed.total_minor == quoted.total.minor


async def test_inputs_come_and_go_with_product_files(till: Till) -> None:
    await ask(till, "mug", ENGRAVING, FONT)
    async with till.db.transaction() as tx:
        product_id = (await catalog.variant_by_id(tx, till.variants["mug"])).product_id
        known = await references(tx)
        image = (await product_images(tx, [product_id], known))[product_id]
        assert image["inputs"][0] == {
            "code": "engraving", "label": "Engraving", "longest": 20,
            "price": {"amount": {"EUR": "0.50"}, "per": "character", "free": 3},
        }  # fmt: skip
        record = msgspec.convert(image, ProductRecord)
        assert [input_of(one, n) for n, one in enumerate(record.inputs or ())] == [ENGRAVING, FONT]
        outcome = catalog.Upserted(product_id=product_id, created=False, changed=False, variants={})
        assert await write_inputs(tx, [(record, outcome)]) == set(), "the same changes nothing"
        absent = msgspec.convert({"kind": "product"}, ProductRecord)
        assert await write_inputs(tx, [(absent, outcome)]) == set()
        cleared = msgspec.convert({"kind": "product", "inputs": None}, ProductRecord)
        assert await write_inputs(tx, [(cleared, outcome)]) == {product_id}
        found = await personalisation.inputs_of(tx, product_id)
        assert (found.inputs, found.asked.former) == ((), ("engraving", "font"))
        assert "inputs" not in (await product_images(tx, [product_id], known))[product_id]
        assert await write_inputs(tx, [(record, outcome)]) == {product_id}
        assert (await product_images(tx, [product_id], known))[product_id] == image
        odd = {"kind": "product", "inputs": [{"code": "x", "label": "X",
               "price": {"amount": {"JPY": "1.5"}}}]}  # fmt: skip
        with pytest.raises(PersonalisationInvalid) as refused:
            await write_inputs(tx, [(msgspec.convert(odd, ProductRecord), outcome)])
        assert refused.value.field == "inputs[0].price.amount"
