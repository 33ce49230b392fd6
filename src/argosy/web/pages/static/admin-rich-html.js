// The HTML of rich texts on its way into the editor and back. What nobody edited goes back byte for
// byte; what is pasted is made plain; the server cleans whatever it is given all the same.
window.richHtml = (() => {
  "use strict";
  // What the server keeps (nh3's defaults): a test compares these lists with it.
  const TAGS = ("a abbr acronym area article aside b bdi bdo blockquote br caption center cite code col colgroup data dd del"
    + " details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li map mark nav ol"
    + " p pre q rp rt rtc ruby s samp small span strike strong sub summary sup table tbody td th thead time tr tt u ul var wbr").split(" ");
  const ATTRIBUTES = ("align alt char charoff cite colspan datetime dir headers height href hreflang lang rel rowspan scope size"
    + " span src start summary title width").split(" ");
  const SCHEMES = ("bitcoin ftp ftps geo http https im irc ircs magnet mailto mms mx news nntp openpgp4fpr sip sms smsto ssh tel"
    + " url webcal wtai xmpp").split(" ");
  const KEPT_ADDRESS = new RegExp(`^(?:(?:${SCHEMES.join("|")}):|[^a-z]|[a-z+.\\-]+(?:[^a-z+.\\-:]|$))`, "i");
  // Squire knows fewer elements than the server keeps, and changes or unwraps the others: these
  // stand in for them while they are edited, told apart by a class (which the server never keeps).
  const STAND_INS = {
    strong: "b", em: "i", ins: "u", strike: "s", mark: "span", tt: "span", rtc: "span", map: "span", area: "span",
    center: "div", details: "div", summary: "div", header: "div", hgroup: "div", nav: "div",
  };
  const BLOCKS = new Set(("address article aside blockquote center details div dl figure footer h1 h2 h3 h4 h5 h6 header hgroup hr"
    + " nav ol p pre section table ul").split(" "));

  const named = (node) => node.nodeName.toLowerCase();
  // Neither scripts run nor pictures load in here. Styles are renamed: the page's policy refuses
  // them as soon as they are parsed, and tells of it.
  const inert = (html) => {
    const top = document.implementation.createHTMLDocument("").createElement("div");
    top.innerHTML = html.replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/([\s"'])style(?=\s*=)/gi, "$1data-style"));
    return top;
  };
  const bare = (top, names) => top.querySelectorAll("*").forEach((el) => names.forEach((name) => el.removeAttribute(name)));
  const rename = (el, tag) => {
    const other = el.ownerDocument.createElement(tag);
    [...el.attributes].forEach((one) => other.setAttribute(one.name, one.value));
    other.append(...el.childNodes);
    el.replaceWith(other);
    return other;
  };
  const wrap = (tag, node) => {
    const box = node.ownerDocument.createElement(tag);
    node.replaceWith(box);
    box.append(node);
    return box;
  };
  const unwrap = (el) => el.replaceWith(...el.childNodes);

  const clean = (html) => document.importNode(window.DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS, ALLOWED_ATTR: [...ATTRIBUTES, "class", "data-n"], ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: KEPT_ADDRESS, RETURN_DOM_FRAGMENT: true,
  }), true);

  // Number what stands at the top, and remember how each was written: `kept[n]`.
  const opened = (html) => {
    const top = inert(html);
    const pictures = withoutPictures(top, (src) => !/^(?:data|blob|file|cid):/i.test(src));
    bare(top, ["class", "data-style", "data-n"]);
    const kept = [];
    let run = null;
    const number = (el, original) => { el.dataset.n = kept.push({ original, shown: null, gap: "" }) - 1; };
    const endRun = () => { if (run) number(run, run.innerHTML); run = null; };
    [...top.childNodes].forEach((node) => {
      if (BLOCKS.has(named(node))) {
        endRun();
        const original = node.outerHTML;
        number(named(node) === "hr" ? wrap("div", node) : node, original);
      } else if (run) run.append(node);
      else if (node.nodeType === Node.TEXT_NODE && !node.data.trim()) {
        if (kept.length) kept.at(-1).gap += node.data;
        node.remove();
      } else run = wrap("p", node);
    });
    endRun();
    // Squire has a list in a list stand beside the item that it belongs to.
    top.querySelectorAll("li > ul:last-child, li > ol:last-child").forEach((list) => {
      const item = list.parentElement;
      if (!list.nextSibling && list.previousSibling && item.textContent.trim() !== list.textContent.trim()) item.after(list);
    });
    Object.entries(STAND_INS).forEach(([tag, other]) => {
      top.querySelectorAll(tag).forEach((el) => { rename(el, other).className = `as-${tag}`; });
    });
    return { html: top.innerHTML, kept, pictures };
  };
  const asShown = (node) => node.outerHTML.replace(/\u200B/g, "");
  // How the editor shows what was opened: what is still so when it is closed was not edited. Whether
  // it shows all of it.
  const settled = (root, kept) => {
    [...root.children].forEach((node) => { if (kept[node.dataset.n]) kept[node.dataset.n].shown = asShown(node); });
    return kept.every((one) => one.shown !== null);
  };

  // What the editor made of an element, as it would have been written by hand.
  const plain = (html) => {
    const top = inert(html.replace(/\u200B/g, ""));
    top.querySelectorAll(".squire-image-resize-container, input").forEach((el) => el.remove());
    Object.keys(STAND_INS).forEach((tag) => top.querySelectorAll(`.as-${tag}`).forEach((el) => rename(el, tag)));
    bare(top, ["class", "data-style", "data-n", "tabindex"]);
    // Squire wraps what stands beside blocks, and ends what holds no text with a break.
    top.querySelectorAll("img:not(:has(~ *:not(br))) ~ br, hr ~ br").forEach((el) => { if (!el.parentElement.textContent.trim()) el.remove(); });
    const isBare = (el) => !el.attributes.length && ![...el.children].some((one) => BLOCKS.has(named(one)) && named(one) !== "hr");
    top.querySelectorAll("li, figure, div").forEach((el) => {
      const only = el.querySelectorAll(":scope > div");
      if (named(el) !== "div" && only.length === 1 && isBare(only[0]) && !el.querySelector(":scope > p")) unwrap(only[0]);
      if (named(el) === "div" && el.childNodes.length === 1 && named(el.firstChild) === "hr") unwrap(el);
    });
    top.querySelectorAll(":is(ul, ol) > :is(ul, ol)").forEach((list) => {
      const item = list.previousElementSibling;
      if (item && named(item) === "li") item.append(list);
      else if (item === null) wrap("li", list);
    });
    // A break at the end of a block shows nothing; an empty paragraph is a line for its sake.
    top.querySelectorAll(`${[...BLOCKS].join()},td,th,li,dt,dd,caption,figcaption`).forEach((el) => {
      const last = el.lastChild;
      if (!last || named(last) !== "br") return;
      const before = last.previousSibling;
      if (before ? named(before) !== "br" : !["p", "div", "pre"].includes(named(el))) last.remove();
    });
    return top.innerHTML;
  };
  const isBlank = (node) => ["p", "div"].includes(named(node)) && !node.textContent.replace(/\u200B/g, "").trim() && !node.querySelector(":not(br)");

  // What the editor holds now.
  const closed = (root, kept) => {
    const nodes = [...root.children].filter((node) => !node.classList.contains("squire-image-resize-container"));
    const isOpened = (node) => kept[node.dataset.n] && kept[node.dataset.n].shown === asShown(node);
    const empty = (node) => node && isBlank(node) && !isOpened(node);
    while (empty(nodes.at(-1))) nodes.pop();
    while (empty(nodes[0])) nodes.shift();
    return nodes.map((node, at) => {
      const known = kept[node.dataset.n];
      const next = nodes[at + 1];
      const gap = !next ? "" : known && next.dataset.n !== node.dataset.n ? known.gap : "\n";
      return (isOpened(node) ? known.original : plain(node.outerHTML)) + gap;
    }).join("");
  };

  const withoutPictures = (top, isLetIn) => {
    const out = [...top.querySelectorAll("img")].filter((el) => !isLetIn((el.getAttribute("src") || "").trim()));
    out.forEach((el) => el.remove());
    return out.length;
  };
  // Word writes a list as paragraphs that look like one.
  const lists = (top) => {
    let open = [];
    top.querySelectorAll("p").forEach((el) => {
      const level = Number((/mso-list:[^;]*level(\d)/i.exec(el.getAttribute("data-style") || "") || [])[1] || 0);
      const before = el.previousElementSibling;
      if (!level) return;
      if (!open.length || before !== open[0].list) open = [];
      const mark = el.querySelector('[data-style*="mso-list:Ignore" i], [data-style*="mso-list: Ignore" i]');
      const tag = mark && /^\s*[\da-z]{1,3}[.)]/i.test(mark.textContent) ? "ol" : "ul";
      if (mark) mark.remove();
      open = open.slice(0, Math.max(level, 1));
      while (open.length < level) {
        const list = top.ownerDocument.createElement(tag);
        const above = open.at(-1);
        if (above) (above.list.lastElementChild || above.list.appendChild(top.ownerDocument.createElement("li"))).append(list);
        else el.before(list);
        open.push({ list });
      }
      const item = top.ownerDocument.createElement("li");
      item.append(...el.childNodes);
      open.at(-1).list.append(item);
      el.remove();
    });
  };
  // Letters that a style makes bold, slanted or struck; and a `b` that its style makes plain (Google).
  const letters = (top) => {
    top.querySelectorAll('b[data-style*="font-weight" i], b[id^="docs-internal"]').forEach((el) => {
      if (/font-weight:\s*(?:normal|400)/i.test(el.getAttribute("data-style") || "")) rename(el, "span");
    });
    const said = [[/font-weight:\s*(?:bold|[6-9]00)/i, "b"], [/font-style:\s*italic/i, "i"], [/text-decoration[^;:]*:[^;]*line-through/i, "s"]];
    top.querySelectorAll("span[data-style]").forEach((el) => {
      const style = el.getAttribute("data-style");
      said.filter(([pattern]) => pattern.test(style)).forEach(([, tag]) => {
        const inner = top.ownerDocument.createElement(tag);
        inner.append(...el.childNodes);
        el.append(inner);
      });
    });
  };
  // What was copied elsewhere, as far as it is text, structure and links. `pictures`: how many stay out.
  const pasted = (html) => {
    const within = /<!--\s*StartFragment\s*-->([\s\S]*)<!--\s*EndFragment\s*-->/i.exec(html);
    const top = inert(within ? within[1] : html);
    top.querySelectorAll("script, style, title, meta, link, xml").forEach((el) => el.remove());
    lists(top);
    letters(top);
    const isOurs = (src) => {
      try { return /^(?:\/|https?:\/\/)/i.test(src) && new URL(src, location.href).origin === location.origin; } catch { return false; }
    };
    const pictures = withoutPictures(top, isOurs);
    bare(top, ["class", "data-style", "data-n", "id"]);
    top.querySelectorAll("a").forEach((el) => { if (!address(el.getAttribute("href") || "")) unwrap(el); });
    top.querySelectorAll("h1").forEach((el) => rename(el, "h2"));
    top.querySelectorAll("strong").forEach((el) => rename(el, "b"));
    top.querySelectorAll("em").forEach((el) => rename(el, "i"));
    // Spans and wrappers that say nothing are only weight.
    top.querySelectorAll("span, font, center").forEach((el) => { if (!el.attributes.length) unwrap(el); });
    return { html: top.innerHTML, pictures };
  };

  // The address of a link as it is written down, or "" if a text may not lead there: http, https,
  // mailto, tel, and places of this shop.
  const address = (typed) => {
    const text = typed.replace(/[\u0000-\u0020\u007f-\u00a0]+/g, "");
    if (/^(?:https?:\/\/[^/]|mailto:.|tel:.)/i.test(text)) return text;
    if (/^(?:\/(?![/\\])|#|\?|\.\.?\/)/.test(text)) return text;
    if (/^[^@/:?#]+@[^@/:?#]+\.[^@/:?#]+$/.test(text)) return `mailto:${text}`;
    if (/^(?:[a-z0-9-]+\.)+[a-z]{2,}(?:[/?#:]|$)/i.test(text)) return `https://${text}`;
    return "";
  };
  return { opened, settled, closed, plain, pasted, clean, address };
})();
