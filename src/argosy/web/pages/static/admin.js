// What the back office does beyond HTML: without this file everything still works, a page at a time.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const kept = document.cookie.match(/(?:^|; )argosy_theme=(light|dark)/);
  if (kept) root.dataset.theme = kept[1];
  const remember = (name, value) => { document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`; };

  // Times are shown by the person's own clock, from the page after this one on: the sign-in tells it.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const told = document.cookie.match(/(?:^|; )argosy_zone=([^;]*)/);
  if (zone && (!told || decodeURIComponent(told[1]) !== zone)) remember("argosy_zone", encodeURIComponent(zone));

  const typing = (el) => el.closest("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]");

  document.addEventListener("DOMContentLoaded", () => {
    // The groups of the sidebar stay as this person folds them; that of the page is always open.
    // Where a browser keeps nothing, they are folded as the page came.
    try {
      document.querySelectorAll("#places details").forEach((group) => {
        const name = `argosy_places_${group.dataset.group}`;
        const folded = localStorage.getItem(name);
        if (folded && !group.querySelector("[aria-current]")) group.open = folded === "open";
        group.querySelector("summary").addEventListener("click", () => localStorage.setItem(name, group.open ? "shut" : "open"));
      });
    } catch { /* Storage is refused. */ }

    const palette = document.getElementById("palette");
    const help = document.getElementById("help");
    const words = document.getElementById("palette-words");
    const found = document.getElementById("palette-found");

    const openPalette = () => {
      if (!palette || palette.open) return;
      palette.showModal();
      words.select();
      if (window.htmx) window.htmx.trigger(words, "palette");
    };
    const results = () => [...found.querySelectorAll("a")];
    const choose = (step) => {
      const all = results();
      if (!all.length) return;
      const at = all.findIndex((el) => el.getAttribute("aria-selected") === "true");
      const next = all[(at + step + all.length) % all.length];
      all.forEach((el) => el.setAttribute("aria-selected", String(el === next)));
      words.setAttribute("aria-activedescendant", next.id);
      next.scrollIntoView({ block: "nearest" });
    };
    if (palette) {
      document.body.addEventListener("htmx:afterSwap", (event) => {
        if (event.detail.target === found) {
          results().forEach((el, at) => { el.id = `found-${at}`; el.setAttribute("role", "option"); el.setAttribute("aria-selected", "false"); });
          choose(1);
        }
      });
      words.addEventListener("keydown", (event) => {
        if (event.key === "ArrowDown") { event.preventDefault(); choose(1); }
        if (event.key === "ArrowUp") { event.preventDefault(); choose(-1); }
        if (event.key === "Enter") {
          const all = results();
          const one = all.find((el) => el.getAttribute("aria-selected") === "true") || all[0];
          if (one) { event.preventDefault(); location.href = one.href; }
        }
      });
    }

    let went = 0;
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); openPalette(); return; }
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
      if (event.timeStamp - went < 1200) {
        went = 0;
        const place = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
        if (place) { event.preventDefault(); location.href = place.href; return; }
      }
      const lead = { n: "[data-next]", p: "[data-previous]" }[event.key];
      if (event.key === "g") went = event.timeStamp;
      else if (event.key === "?" && help) { event.preventDefault(); help.showModal(); }
      else if (event.key === "/") {
        const first = document.querySelector(".filters input, .filters select");
        event.preventDefault();
        if (first) first.focus(); else openPalette();
      } else if (lead) {
        if (event.key === "p" && history.length > 1 && document.querySelector("[data-previous]")) { history.back(); return; }
        const el = document.querySelector(lead);
        if (el) location.href = el.href;
      }
    });

    document.addEventListener("click", (event) => {
      const el = event.target;
      if (el.closest("[data-palette]")) { event.preventDefault(); openPalette(); }
      if (el.closest("[data-help]")) help.showModal();
      const dialog = el.closest("dialog");
      if (dialog && (el === dialog || el.closest("[data-close]"))) dialog.close();
      document.querySelectorAll("details.person[open]").forEach((open) => { if (!open.contains(el)) open.open = false; });
      if (el.closest("[data-theme-switch]")) {
        const now = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
        root.dataset.theme = now === "dark" ? "light" : "dark";
        remember("argosy_theme", root.dataset.theme);
        drawAll();
      }
    });

    // A list's selection: the bar of acts opens with the first chosen row; shift chooses a range.
    document.querySelectorAll("[data-selection]").forEach((form) => {
      const boxes = [...form.querySelectorAll("input[name=chosen]")];
      const all = form.querySelector("[data-all]");
      const bar = form.querySelector("[data-bulk]");
      let last = -1;
      const tell = () => {
        const count = boxes.filter((box) => box.checked).length;
        bar.classList.toggle("open", count > 0);
        bar.querySelector("[data-count]").textContent = count;
        all.checked = count === boxes.length;
        all.indeterminate = count > 0 && count < boxes.length;
      };
      form.addEventListener("click", (event) => {
        const at = boxes.indexOf(event.target);
        if (at < 0) return;
        if (event.shiftKey && last >= 0) {
          for (let i = Math.min(at, last); i <= Math.max(at, last); i += 1) boxes[i].checked = event.target.checked;
        }
        last = at;
      });
      form.addEventListener("change", (event) => {
        if (event.target === all) boxes.forEach((box) => { box.checked = all.checked; });
        tell();
      });
      addEventListener("pageshow", tell);
      tell();
    });

    document.addEventListener("change", (event) => {
      if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
    });
    document.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (button && button.hasAttribute("data-once")) setTimeout(() => { button.disabled = true; }, 0);
      // A filter that is not set does not stand in the address.
      if (event.target.matches("form.filters")) {
        event.target.querySelectorAll("input, select").forEach((el) => { if (!el.value) el.disabled = true; });
      }
    });
    addEventListener("pageshow", () => {
      document.querySelectorAll("[data-once], form.filters [disabled]").forEach((el) => { el.disabled = false; });
    });
    // Who leaves a form that was changed is asked first.
    let dirty = false;
    document.addEventListener("input", (event) => { if (event.target.closest("[data-guard]")) dirty = true; });
    document.addEventListener("submit", () => { dirty = false; });
    addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
    const problem = document.getElementById("problem");
    if (problem) problem.focus();
    drawAll();
  });

  // Charts: `data-chart` holds series and points; the table beside it is what others read.
  let drawn = [];
  function drawAll() {
    if (!window.uPlot) return;
    drawn.forEach((one) => one.destroy());
    drawn = [...document.querySelectorAll("[data-chart]")].map(draw);
  }
  function draw(el) {
    const { series, points } = JSON.parse(el.dataset.chart);
    const ink = (name) => {
      const probe = document.createElement("span");
      probe.style.color = `var(${name})`;
      el.append(probe);
      const colour = getComputedStyle(probe).color;
      probe.remove();
      return colour;
    };
    const lines = [ink("--accent"), ink("--warn"), ink("--muted")];
    const axis = { stroke: ink("--muted"), grid: { stroke: ink("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const language = root.lang || "en";
    const days = points.map(([day]) => Date.parse(`${day}T12:00:00Z`) / 1000);
    const plot = new window.uPlot({
      width: el.clientWidth, height: 240, cursor: { y: false },
      legend: { live: false },
      axes: [
        { ...axis, values: (_, at) => at.map((t) => new Date(t * 1000).toLocaleDateString(language, { day: "numeric", month: "short" })) },
        { ...axis, size: 64, values: (_, at) => at.map((v) => v.toLocaleString(language, { notation: "compact" })) },
        ...(series.length > 1 ? [{ ...axis, side: 1, scale: "s1", grid: { show: false }, values: (_, at) => at.map((v) => v.toLocaleString(language, { notation: "compact" })) }] : []),
      ],
      series: [
        { label: " ", value: (_, t) => t == null ? "–" : new Date(t * 1000).toLocaleDateString(language) },
        ...series.map((label, at) => ({
          label, stroke: lines[at], width: 2, scale: at ? "s1" : "y",
          fill: at ? undefined : lines[0].replace("rgb(", "rgba(").replace(")", ", .12)"),
          value: (_, v) => v == null ? "" : v.toLocaleString(language),
          points: { show: false },
        })),
      ],
    }, [days, ...series.map((_, at) => points.map(([, values]) => values[at]))], el);
    return plot;
  }
  let resizing;
  addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(drawAll, 150); });
})();
