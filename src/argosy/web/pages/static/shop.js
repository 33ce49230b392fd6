// What pages do beyond HTML: without this file everything still works, a page at a time.
(() => {
  "use strict";
  const theme = document.cookie.match(/(?:^|; )argosy_theme=(light|dark)/);
  if (theme) document.documentElement.dataset.theme = theme[1];

  document.addEventListener("DOMContentLoaded", () => {
    const drawer = document.getElementById("drawer");
    let opener = null;
    document.body.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target.id === "drawer-inside" && !drawer.open) {
        opener = event.detail.requestConfig.elt;
        drawer.showModal();
      }
    });
    // How much of a file is sent. Without scripts the browser itself says so.
    const bar = (event) => event.target.querySelector && event.target.querySelector("progress.sending");
    document.body.addEventListener("htmx:xhr:progress", (event) => {
      const { lengthComputable, loaded, total } = event.detail;
      const shown = bar(event);
      if (!shown || !lengthComputable || !total) return;
      shown.hidden = false;
      shown.value = Math.round((100 * loaded) / total);
    });
    document.body.addEventListener("htmx:afterRequest", (event) => {
      const shown = bar(event);
      if (shown) shown.hidden = true;
    });
    // The button was disabled while its form was sent, so the browser has forgotten it.
    drawer.addEventListener("close", () => {
      if (opener && opener.isConnected) (opener.querySelector("[type=submit]") || opener).focus();
    });
    document.body.addEventListener("click", (event) => {
      const el = event.target.closest("[data-close]");
      if (el) { event.preventDefault(); drawer.close(); }
      if (event.target === drawer) drawer.close();
      const picture = event.target.closest("[data-picture]");
      if (picture) {
        event.preventDefault();
        // The same picture in other sizes: only how wide it is shown differs.
        const main = document.querySelector(".gallery .main");
        const next = picture.querySelector("picture").cloneNode(true);
        const sizes = main.querySelector("[sizes]");
        next.querySelectorAll("[sizes]").forEach((el) => { el.sizes = sizes ? sizes.sizes : "100vw"; });
        next.querySelector("img").loading = "eager";
        main.replaceChildren(next);
      }
      const shade = event.target.closest("[data-theme-switch]");
      if (shade) {
        const now = document.documentElement.dataset.theme
          || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
        const next = now === "dark" ? "light" : "dark";
        document.documentElement.dataset.theme = next;
        document.cookie = `argosy_theme=${next}; path=/; max-age=31536000; samesite=lax`;
      }
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") document.querySelectorAll(".suggestions").forEach((el) => { el.innerHTML = ""; });
    });
    document.addEventListener("click", (event) => {
      if (!event.target.closest(".search")) document.querySelectorAll(".suggestions").forEach((el) => { el.innerHTML = ""; });
    });
    // A form that buys is sent once; the server would answer the same again anyway.
    document.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (button && button.hasAttribute("data-once")) setTimeout(() => { button.disabled = true; }, 0);
    });
    // It speaks when there is no connection; where workers are not allowed, nothing is lost.
    if ("serviceWorker" in navigator) {
      addEventListener("load", () => navigator.serviceWorker.register(document.body.dataset.worker).catch(() => {}));
    }
    addEventListener("pageshow", () => {
      document.querySelectorAll("[data-once]").forEach((button) => { button.disabled = false; });
    });
  });
})();
