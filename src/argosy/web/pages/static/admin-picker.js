// Fields that take an id, a SKU or a path offer what there is by its name (ARIA's combobox with a
// list box). Without this file they take what is typed.
(() => {
  "use strict";
  let made = 0;

  const turn = (field) => {
    const lines = field.tagName === "TEXTAREA";
    const id = `pick-${made += 1}`;
    const box = document.createElement("div");
    box.className = "pick";
    let input = field;
    if (lines) {
      // Above the lines stands a field of its own, which is not sent.
      input = document.createElement("input");
      input.type = "text";
      input.maxLength = 200;
      input.placeholder = field.dataset.pickSays;
      const label = field.labels[0];
      input.setAttribute("aria-label", `${label ? label.firstChild.textContent.trim() : ""}: ${field.dataset.pickSays}`);
      field.before(box);
    } else {
      field.before(box);
    }
    const list = document.createElement("div");
    list.id = id;
    list.className = "picks";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", field.dataset.pickSays);
    list.hidden = true;
    box.append(input, list);
    input.autocomplete = "off";
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", id]]) input.setAttribute(name, value);

    let asked = null;
    let timer = 0;
    const options = () => [...list.querySelectorAll("[data-value]")];
    const close = () => {
      clearTimeout(timer);
      if (asked) asked.abort();
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const mark = (next) => {
      options().forEach((el) => el.setAttribute("aria-selected", String(el === next)));
      input.setAttribute("aria-activedescendant", next.id);
      next.scrollIntoView({ block: "nearest" });
    };
    const choose = (el) => {
      if (lines) {
        const kept = field.value.replace(/\s+$/, "");
        field.value = `${kept}${kept ? "\n" : ""}${el.dataset.value}`;
        input.value = "";
      } else {
        input.value = el.dataset.value;
      }
      close();
      field.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const ask = async () => {
      const words = input.value.trim();
      if (words.length < 2) { close(); return; }
      if (asked) asked.abort();
      asked = new AbortController();
      try {
        const answer = await fetch(`/admin/pick/${field.dataset.pick}?q=${encodeURIComponent(words)}`, { headers: { "HX-Request": "true" }, signal: asked.signal });
        if (!answer.ok) { close(); return; }
        list.innerHTML = await answer.text();
      } catch {
        return; // Asked anew, or offline: what is typed is taken as it is.
      }
      [...list.children].forEach((el, at) => { el.id = `${id}-${at}`; });
      list.hidden = !list.children.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      input.removeAttribute("aria-activedescendant");
    };
    input.addEventListener("input", (event) => {
      if (lines) event.stopPropagation(); // Words that are looked for are no change of the form.
      clearTimeout(timer);
      timer = setTimeout(ask, 150);
    });
    input.addEventListener("keydown", (event) => {
      const all = options();
      const at = all.findIndex((el) => el.getAttribute("aria-selected") === "true");
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (list.hidden || !all.length) return;
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        mark(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]);
      } else if (event.key === "Enter") {
        if (!list.hidden && at >= 0) { event.preventDefault(); choose(all[at]); } else if (lines) event.preventDefault();
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      }
    });
    input.addEventListener("blur", close);
    list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // The field keeps the focus.
      const el = event.target.closest("[data-value]");
      if (el) choose(el);
    });
  };

  document.addEventListener("DOMContentLoaded", () => { document.querySelectorAll("[data-pick]").forEach(turn); });
})();
