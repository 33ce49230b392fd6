"""Rich texts are written in an editor, which loses nothing and lets nothing in: in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.pages.conftest import Demo
from tests.pages.test_back_office import axe_finds_nothing, sign_in

SLUG = "rival-field-messenger"
# As the sanitiser writes it, with what no editor would write: bytes that have to stay.
IMPORTED = (
    "A bag\nof <strong>wool</strong>, 5 &lt; 6."
    "<header>Of a page</header>"
    "<h2>Made to&nbsp;last</h2>\n<p>Soft <em>and</em> <mark>warm</mark>.</p>\n\n"
    '<table summary="sizes"><thead><tr><th scope="col">Size</th><th>cm</th></tr></thead>'
    "<tbody><tr><td>S</td><td></td></tr><tr><td>M<br>L</td><td>30</td></tr></tbody></table>\n"
    "<ul><li>one<ul><li>deeper</li></ul></li><li><p>two</p></li></ul>"
    '<details><summary>Care</summary><p>Wash <tt>cold</tt>.</p></details><hr><p title="x">'
    '<img src="/media/none" alt="none" width="8"></p><pre>a\n  b</pre>'
)
HOSTILE = (
    "<!--StartFragment--><p onclick=\"document.title='owned'\">before"
    "<script>document.title='owned'</script>"
    "<img src=x onerror=\"document.title='owned'\"><img src='data:image/png;base64,AAAA'>"
    '<a href="javascript:document.title=\'owned\'">led</a><svg onload="alert(1)"></svg> after</p>'
    "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'>"
    "<span style='mso-list:Ignore'>·<span>&nbsp; </span></span>first</p>"
    "<p class=MsoListParagraph style='mso-list:l0 level2 lfo1'>"
    "<span style='mso-list:Ignore'>o<span>&nbsp; </span></span>below</p>"
    "<p><b style='font-weight:normal'><span style='font-weight:700'>thick</span> thin</b></p>"
    "<table><tr><td>cell</td></tr></table><!--EndFragment-->"
)
PASTE = """(element, html) => {
    const data = new DataTransfer();
    data.setData('text/html', html);
    const how = {clipboardData: data, bubbles: true, cancelable: true};
    element.dispatchEvent(new ClipboardEvent('paste', how));
}"""
SEES_NOT_ALL = """let held;
Object.defineProperty(window, 'richHtml', {
    get: () => held, set: (all) => { held = {...all, settled: () => false}; },
});"""
ASKS_TO_STAY = """() => {
    const leaving = new Event('beforeunload', {cancelable: true});
    dispatchEvent(leaving);
    return leaving.defaultPrevented;
}"""


@pytest.fixture
def product(demo: Demo) -> Iterator[str]:
    """The id of a product that the shop shows; its description is put back."""
    found = demo.ask("GET", f"/v1/products/{SLUG}")["id"]
    before = demo.ask("GET", f"/admin/v1/products/{found}")["description"]
    yield found
    demo.ask("PATCH", f"/admin/v1/products/{found}", {"description": before})


def held(demo: Demo, product: str) -> str:
    text: str = demo.ask("GET", f"/admin/v1/products/{product}")["description"]
    return text


async def save(page: Page) -> None:
    await page.get_by_role("button", name="Save", exact=True).first.click()
    await expect(page.locator("#notices")).to_contain_text("Saved.")


async def test_what_is_not_edited_stays_byte_for_byte(page: Page, demo: Demo, product: str) -> None:
    demo.ask("PATCH", f"/admin/v1/products/{product}", {"description": IMPORTED})
    assert held(demo, product) == IMPORTED
    await sign_in(page, demo, f"/admin/products/{product}")
    text = page.locator("#f-description-text")
    await expect(text.locator("td").first).to_have_text("S")
    await expect(page.locator("#f-description")).to_be_hidden()
    await expect(text).to_have_accessible_name("Description optional")
    # Opened, walked through, and left: nobody changed it.
    await text.locator("td").last.click()
    await page.keyboard.press("ArrowLeft")
    await page.get_by_role("button", name="Show the HTML").click()
    assert await page.locator("#f-description").input_value() == IMPORTED
    await page.get_by_role("button", name="Show the HTML").click()
    assert not await page.evaluate(ASKS_TO_STAY)
    await save(page)
    assert held(demo, product) == IMPORTED

    # A word in a cell of the table, and one in the paragraph before it.
    await text.locator("td").last.click()
    await page.keyboard.press("End")
    await page.keyboard.type("5")
    await text.locator("p", has_text="Soft").click()
    await page.keyboard.press("End")
    await page.keyboard.type("!")
    await text.locator("li", has_text="deeper").last.click()
    await page.keyboard.press("End")
    await page.keyboard.type("!")
    assert await page.evaluate(ASKS_TO_STAY)
    await save(page)
    changed = IMPORTED.replace("<td>30</td>", "<td>305</td>").replace(".</p>\n\n", ".!</p>\n\n")
    changed = changed.replace("deeper", "deeper!")
    assert held(demo, product) == changed
    # Taken back, it is what it was.
    await text.locator("p", has_text="Soft").click()
    await page.keyboard.press("End")
    await page.keyboard.type("?")
    await page.get_by_role("button", name="Undo", exact=True).click()
    assert await page.locator("#f-description").input_value() == changed


async def test_a_description_is_written_and_the_shop_shows_it(
    page: Page, demo: Demo, product: str
) -> None:
    demo.ask("PATCH", f"/admin/v1/products/{product}", {"description": ""})
    await sign_in(page, demo, f"/admin/products/{product}")
    text = page.locator("#f-description-text")
    await text.click()
    # What opens the help and leads elsewhere on a page is a letter in a text.
    await page.keyboard.type("Why? g o ")
    await page.keyboard.press("Control+b")
    await page.keyboard.type("Wool")
    await page.keyboard.press("Control+b")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="List", exact=True).click()
    await page.keyboard.type("soft")
    await page.keyboard.press("Enter")
    await page.keyboard.type("warm")
    await page.get_by_role("button", name="Deeper in the list").click()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await page.keyboard.type("Sizes")
    await page.get_by_role("combobox", name="Kind of paragraph").select_option("H3")
    await text.locator("h3").click()
    await page.keyboard.press("End")
    await page.keyboard.press("Enter")
    await page.keyboard.type("See bags")
    for _ in "bags":
        await page.keyboard.press("Shift+ArrowLeft")
    await page.keyboard.press("Control+k")
    dialog = page.locator("dialog.rich-link")
    await expect(dialog).to_be_visible()
    await expect(page.locator("#palette")).to_be_hidden()
    await dialog.get_by_label("Where it leads").fill("javascript:alert(1)")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_have_text("A text cannot lead there.")
    await axe_finds_nothing(page)
    await dialog.get_by_label("Where it leads").fill("/c/gear")
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(text.locator("a")).to_have_attribute("href", "/c/gear")
    # A refusal brings back what was written.
    await page.locator("#f-slug").fill("quest-lumaflex-band")
    await page.get_by_role("button", name="Save", exact=True).first.click()
    await expect(page.locator(".field .fault").first).to_be_visible()
    await expect(text.locator("li").first).to_contain_text("soft")
    await page.locator("#f-slug").fill(SLUG)
    await save(page)
    assert held(demo, product) == (
        "<p>Why? g o&nbsp;<b>Wool</b></p>\n<ul><li>soft<ul><li>warm</li></ul></li></ul>\n"
        '<h3>Sizes</h3>\n<p>See <a href="/c/gear" rel="noopener noreferrer">bags</a></p>'
    )
    await page.goto(f"/p/{SLUG}")
    shown = page.locator("section.text")
    await expect(shown.locator("b")).to_have_text("Wool")
    await expect(shown.locator("ul ul li")).to_have_text("warm")
    await shown.get_by_role("link", name="bags").click()
    await expect(page).to_have_url(f"{demo.url}/c/gear")


async def test_what_is_pasted_ends_clean_in_the_shop(page: Page, demo: Demo, product: str) -> None:
    demo.ask("PATCH", f"/admin/v1/products/{product}", {"description": "<p>Kept.</p>"})
    await sign_in(page, demo, f"/admin/products/{product}")
    text = page.locator("#f-description-text")
    await text.locator("p").click()
    await page.keyboard.press("End")
    await text.evaluate(PASTE, HOSTILE)
    await expect(text.locator("td")).to_have_text("cell")
    await expect(page.locator(".rich-told")).to_contain_text("Pictures were left out")
    await save(page)
    await page.get_by_role("button", name="Show the HTML").click()
    source = page.locator("#f-description")
    written = await source.input_value()
    assert written.replace("\n", "") == (
        "<p>Kept.beforeled after</p><ul><li>first<ul><li>below</li></ul></li></ul>"
        "<p><b>thick</b> thin</p><table><tbody><tr><td>cell</td></tr></tbody></table>"
    )
    # What is typed as HTML, nobody but the server has seen.
    await source.fill(written + HOSTILE)
    await save(page)
    kept = held(demo, product)
    for evil in ("onclick", "onerror", "onload", "script", "data:", "style", "Mso"):
        assert evil not in kept, evil
    await page.goto(f"/p/{SLUG}")
    await expect(page.locator("section.text")).to_contain_text("before")
    assert "owned" not in await page.title()


async def test_without_scripts_the_field_is_the_html(
    browser: Browser, demo: Demo, product: str
) -> None:
    context = await browser.new_context(base_url=demo.url, java_script_enabled=False)
    page = await context.new_page()
    await sign_in(page, demo, f"/admin/products/{product}")
    await page.locator("#f-description").fill("<p>By <b>hand</b></p>")
    await expect(page.locator(".rich")).to_have_count(0)
    await save(page)
    assert held(demo, product) == "<p>By <b>hand</b></p>"
    await context.close()


async def test_what_the_editor_would_lose_is_edited_as_html(
    page: Page, demo: Demo, product: str
) -> None:
    await page.add_init_script(SEES_NOT_ALL)
    await sign_in(page, demo, f"/admin/products/{product}")
    source = page.locator("#f-description")
    for _ in range(2):
        await expect(page.locator(".rich-told")).to_contain_text("what the editor cannot show")
        await expect(page.locator(".rich-text")).to_be_hidden()
        await expect(source).to_be_visible()
        await page.get_by_role("button", name="Show the HTML").click()
    assert await source.input_value() == held(demo, product)
