// Passkeys: a form with data-passkey asks for a challenge, lets the browser answer it and is sent
// with the answer. Without scripts, or where there are no passkeys, these forms stay hidden.
(() => {
  "use strict";
  if (!window.PublicKeyCredential) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const made = async (options) => {
    const found = await navigator.credentials.create({ publicKey: {
      ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: named(options.excludeCredentials),
    } });
    const { response } = found;
    return { id: found.id, rawId: text(found.rawId), type: found.type, response: {
      clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject),
      transports: response.getTransports ? response.getTransports() : [],
    } };
  };
  const shown = async (options) => {
    const found = await navigator.credentials.get({ publicKey: {
      ...options, challenge: bytes(options.challenge), allowCredentials: named(options.allowCredentials),
    } });
    const { response } = found;
    return { id: found.id, rawId: text(found.rawId), type: found.type, response: {
      clientDataJSON: text(response.clientDataJSON), authenticatorData: text(response.authenticatorData),
      signature: text(response.signature), userHandle: response.userHandle ? text(response.userHandle) : null,
    } };
  };
  const go = async (form) => {
    const asked = await fetch(form.dataset.challenge, {
      method: "POST", credentials: "same-origin", body: new URLSearchParams(new FormData(form)),
    });
    if (!asked.ok) throw Object.assign(new Error(), { code: (await asked.json()).code });
    const { token, options } = await asked.json();
    const answer = await (form.dataset.passkey === "create" ? made : shown)(options);
    form.elements.token.value = token;
    form.elements.answer.value = JSON.stringify(answer);
    form.submit();
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("form[data-passkey]").forEach((form) => { form.hidden = false; });
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.passkey) return;
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    const trouble = form.querySelector("[data-trouble]");
    button.disabled = true;
    trouble.hidden = true;
    go(form).catch((error) => {
      if (error.code === "auth.proof_needed") { location.assign(form.dataset.proof); return; }
      const which = form.querySelector(`[data-trouble="${error.code || ""}"]`) || trouble;
      which.hidden = false;
      which.focus();
    }).finally(() => { button.disabled = false; });
  });
})();
