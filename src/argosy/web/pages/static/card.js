// A card is typed in a frame of the payment provider, which answers with a token for this payment.
// Its number never comes here. Without scripts the provider's own page asks for it instead.
(() => {
  "use strict";
  document.addEventListener("DOMContentLoaded", () => {
    const dialog = document.getElementById("card-dialog");
    if (!dialog) return;
    const frame = dialog.querySelector("iframe");
    const provider = new URL(frame.dataset.src).origin;
    let waiting = null;
    const field = (form) => form.elements["pay.sandbox.token"];
    const asks = (form) => {
      const way = form.elements.gateway;
      return way && way.value === "sandbox" && field(form) && field(form).value === "tok_hosted_page";
    };
    // Before htmx and everybody else hear of it.
    document.addEventListener("submit", (event) => {
      const { target: form, submitter: button } = event;
      if (!button || button.value !== "place" || !asks(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      waiting = { form, button };
      if (!frame.src) frame.src = frame.dataset.src;
      dialog.showModal();
    }, true);
    dialog.querySelector("[data-leave]").addEventListener("click", () => dialog.close());
    addEventListener("message", (event) => {
      if (event.origin !== provider || event.source !== frame.contentWindow) return;
      const { type, token, height } = event.data || {};
      if (type === "height" && height > 0) frame.style.height = `${Math.min(height, 600) + 8}px`;
      if (type !== "card" || typeof token !== "string" || !waiting) return;
      field(waiting.form).add(new Option("", token, true, true));
      dialog.close();
      const { form, button } = waiting;
      waiting = null;
      form.requestSubmit(button);
    });
  });
})();
