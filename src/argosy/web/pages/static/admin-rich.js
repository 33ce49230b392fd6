// An editor over each textarea that says `data-rich`: bold, headings, lists, links. The textarea
// stays the field of the form, and is written only when something was edited; a button shows it.
(() => {
  "use strict";
  const html = window.richHtml;
  const PLAIN = "p, h1, h2, h3, h4, h5, h6, pre, div:not([class])";
  const HEADINGS = ["P", "H1", "H2", "H3", "H4", "H5", "H6", "PRE"];

  const isShown = (el) => el && !el.hidden;
  const pieces = (name) => document.getElementById(name).content.firstElementChild.cloneNode(true);

  // One tab stop; arrows, Home and End go along it.
  const asToolbar = (bar) => {
    const all = () => [...bar.querySelectorAll("select, button")].filter((el) => isShown(el) && !el.disabled);
    const stop = (one) => bar.querySelectorAll("select, button").forEach((el) => { el.tabIndex = el === one ? 0 : -1; });
    bar.addEventListener("focusin", (event) => stop(event.target));
    bar.addEventListener("keydown", (event) => {
      const found = all();
      const forward = getComputedStyle(bar).direction === "rtl" ? -1 : 1;
      const step = { ArrowRight: forward, ArrowLeft: -forward }[event.key];
      const at = found.indexOf(event.target);
      const to = step ? found[(at + step + found.length) % found.length] : { Home: found[0], End: found.at(-1) }[event.key];
      if (!to || at < 0) return;
      event.preventDefault();
      to.focus();
    });
    stop(all()[0]);
    return () => { if (!all().some((el) => el.tabIndex === 0)) stop(all()[0]); };
  };

  // Asks where a link leads, over the page. One for all editors of it.
  let asking;
  const askLink = (was, done) => {
    if (!asking) { asking = pieces("rich-link"); document.body.append(asking); }
    const input = asking.querySelector("input");
    const fault = asking.querySelector(".fault");
    const finish = (value) => { asking.close(); done(value); };
    const set = () => {
      const to = html.address(input.value);
      fault.hidden = Boolean(to);
      input.toggleAttribute("aria-invalid", !to);
      if (to) finish(to); else input.focus();
    };
    input.value = was;
    input.removeAttribute("aria-invalid");
    fault.hidden = true;
    asking.querySelector("[data-remove]").hidden = !was;
    asking.querySelector("[data-set]").onclick = set;
    asking.querySelector("[data-remove]").onclick = () => finish("");
    asking.onclose = () => done(null);
    input.onkeydown = (event) => { if (event.key === "Enter") { event.preventDefault(); set(); } };
    asking.showModal();
    input.select();
  };

  const enhance = (area) => {
    const box = pieces("rich-text");
    const bar = box.querySelector("[role=toolbar]");
    const text = box.querySelector("[role=textbox]");
    const told = box.querySelector("[role=status]");
    const button = (name) => bar.querySelector(`[data-do="${name}"]`);
    const style = bar.querySelector("select");
    const source = button("source");

    const label = area.labels[0];
    if (label) {
      label.id = label.id || `l-${area.id}`;
      text.setAttribute("aria-labelledby", label.id);
      label.addEventListener("click", () => { if (isShown(text)) text.focus(); });
    }
    ["aria-describedby", "aria-invalid", "lang", "dir"].forEach((name) => {
      if (area.hasAttribute(name)) text.setAttribute(name, area.getAttribute(name));
    });
    text.id = `${area.id}-text`;
    bar.setAttribute("aria-controls", text.id);
    area.before(box);

    let kept = [];
    let held = null;
    let first = "";
    let pasting = true;
    const say = (name) => { told.textContent = name ? told.dataset[name] : ""; };
    const editor = new window.Squire(text, {
      blockTag: "P",
      addLinks: false,
      willCutCopy: html.plain,
      sanitizeToDOMFragment: (given) => {
        if (!pasting) return html.clean(given);
        const found = html.pasted(given);
        if (found.pictures) say("pictures");
        return html.clean(found.html);
      },
    });
    // The size of a picture is not kept by its style.
    editor._imageResizer.destroy();
    ["Tab", "Shift-Tab", "PageUp", "PageDown"].forEach((key) => editor.setKeyHandler(key, null));

    const open = () => {
      const found = html.opened(area.value);
      held = area.value;
      kept = found.kept;
      say(found.pictures ? "pictures" : "");
      pasting = false;
      editor.setHTML(found.html);
      pasting = true;
      const whole = html.settled(text, kept);
      first = html.closed(text, kept);
      ["undo", "redo"].forEach((name) => button(name).setAttribute("aria-disabled", "true"));
      // What the editor would lose is edited as HTML.
      if (!whole) { held = null; say("strange"); showSource(true); }
    };
    // What was not edited is not written: it goes back as it came.
    const write = () => {
      const made = html.closed(text, kept);
      if (made === first) return;
      first = made;
      held = area.value = made;
      area.dispatchEvent(new Event("input", { bubbles: true }));
    };

    const around = (selector) => {
      const range = editor.getSelection();
      const at = range.startContainer.nodeType === Node.ELEMENT_NODE ? range.startContainer : range.startContainer.parentElement;
      const found = at && at.closest(selector);
      return found && found !== text && text.contains(found) ? found : null;
    };
    const restyle = (tag) => editor.modifyBlocks((part) => {
      part.querySelectorAll(PLAIN).forEach((el) => {
        if (el.querySelector(PLAIN) || !HEADINGS.includes(el.nodeName) && el.nodeName !== "DIV") return;
        const other = document.createElement(tag);
        [...el.attributes].forEach((one) => other.setAttribute(one.name, one.value));
        other.append(...el.childNodes);
        el.replaceWith(other);
      });
      return part;
    });
    const link = () => {
      const now = around("a[href]");
      const range = editor.getSelection().cloneRange();
      if (now) range.selectNodeContents(now);
      let answered = false;
      askLink(now ? now.getAttribute("href") : "", (to) => {
        if (answered) return;
        answered = true;
        editor.focus();
        if (to === null) return;
        editor.setSelection(range);
        if (to) editor.makeLink(to); else editor.removeLink();
      });
    };
    const toggle = (tag, on, off) => () => (editor.hasFormat(tag) ? editor[off]() : editor[on]());
    const within = (selector, on, off) => () => (around(selector) ? editor[off]() : editor[on]());
    const acts = {
      bold: toggle("B", "bold", "removeBold"),
      italic: toggle("I", "italic", "removeItalic"),
      bullets: within("ul", "makeUnorderedList", "removeList"),
      numbers: within("ol", "makeOrderedList", "removeList"),
      deeper: () => editor.increaseListLevel(),
      back: () => editor.decreaseListLevel(),
      quote: within("blockquote", "increaseQuoteLevel", "decreaseQuoteLevel"),
      link,
      clear: () => editor.removeAllFormatting(),
      undo: () => editor.undo(),
      redo: () => editor.redo(),
    };

    const tell = () => {
      const pressed = {
        bold: editor.hasFormat("B"), italic: editor.hasFormat("I"), link: Boolean(around("a[href]")),
        bullets: Boolean(around("ul")), numbers: Boolean(around("ol")), quote: Boolean(around("blockquote")),
      };
      Object.entries(pressed).forEach(([name, on]) => button(name).setAttribute("aria-pressed", String(on)));
      const inList = Boolean(around("li"));
      ["deeper", "back"].forEach((name) => button(name).setAttribute("aria-disabled", String(!inList)));
      const block = around(HEADINGS.join(","));
      style.value = block && !inList ? block.nodeName : "P";
      if (style.selectedIndex < 0) style.value = "";
    };
    const settle = asToolbar(bar);
    const showSource = (on) => {
      source.setAttribute("aria-pressed", String(on));
      area.hidden = !on;
      text.hidden = on;
      bar.querySelectorAll("select, button").forEach((el) => { if (el !== source) el.disabled = on; });
      if (on) area.before(box); else if (area.value !== held) open();
      settle();
    };
    source.addEventListener("click", () => {
      showSource(source.getAttribute("aria-pressed") !== "true");
      (isShown(area) ? area : text).focus();
    });
    // The selection stays where it is while a button is pressed.
    bar.addEventListener("mousedown", (event) => { if (event.target.closest("button") && isShown(text)) event.preventDefault(); });
    bar.addEventListener("click", (event) => {
      const pressed = event.target.closest("[data-do]");
      if (!pressed || pressed === source || pressed.getAttribute("aria-disabled") === "true") return;
      say("");
      acts[pressed.dataset.do]();
      tell();
    });
    style.addEventListener("change", () => { if (style.value) restyle(style.value); tell(); });

    // Ctrl K makes a link in here, and opens the palette everywhere else.
    ["Ctrl-k", "Meta-k"].forEach((key) => editor.setKeyHandler(key, (_, event) => {
      event.preventDefault();
      event.stopPropagation();
      link();
    }));
    editor.addEventListener("input", write);
    editor.addEventListener("pathChange", tell);
    editor.addEventListener("select", tell);
    editor.addEventListener("cursor", tell);
    editor.addEventListener("pasteImage", () => say("pictures"));
    text.addEventListener("drop", (event) => {
      if ([...event.dataTransfer.types].includes("Files")) { event.preventDefault(); say("pictures"); }
    });
    editor.addEventListener("undoStateChange", (event) => {
      button("undo").setAttribute("aria-disabled", String(!event.detail.canUndo));
      button("redo").setAttribute("aria-disabled", String(!event.detail.canRedo));
    });
    // A field that the browser finds fault with is shown, so that it can say so.
    area.addEventListener("invalid", () => showSource(true));
    // Going back brings what was typed, after the page.
    addEventListener("pageshow", () => { if (area.value !== held && isShown(text)) open(); });
    box.hidden = false;
    showSource(false);
  };
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("textarea[data-rich]").forEach(enhance));
})();
