// Pictures dropped on a product: each is sent by itself and tells how far it is. Without this file
// the same form sends the chosen files at once.
(() => {
  "use strict";
  const LARGE = 8 * 1024 * 1024;
  const isGood = (status) => status >= 200 && status < 300;
  const reason = (text) => {
    const why = new DOMParser().parseFromString(text, "text/html").querySelector("#problem, main p");
    return why ? why.textContent.trim().split("\n")[0] : "";
  };
  const transfer = (method, url, body, headers, bar) => new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = Math.round((100 * event.loaded) / event.total);
    });
    request.addEventListener("loadend", () => done(request));
    request.send(body);
  });
  // Ask where to, send, have it looked at. Rejects when the file did not get there.
  const straight = async (path, file, bar) => {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    const sha256 = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const said = new URLSearchParams({ file_name: file.name, byte_size: file.size, sha256 });
    const begun = await fetch(`${path}/begin`, { method: "POST", body: said });
    if (!begun.ok) throw new Error("not begun");
    const { id, url, headers } = await begun.json();
    const sent = await transfer("PUT", url, file, headers, bar);
    if (!isGood(sent.status)) throw new Error("not sent");
    const end = await fetch(`${path}/complete`, { method: "POST", body: new URLSearchParams({ upload: id }) });
    return { good: end.ok, why: end.ok ? "" : reason(await end.text()) };
  };
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-drop]").forEach((form) => {
      const input = form.querySelector("input[type=file]");
      const list = form.querySelector(".sending");
      const send = (file) => new Promise((done) => {
        const line = document.createElement("li");
        const name = document.createElement("span");
        const bar = document.createElement("progress");
        name.textContent = file.name;
        bar.max = 100;
        bar.value = 0;
        bar.setAttribute("aria-label", file.name);
        line.append(name, bar);
        list.append(line);
        const show = (good, why) => {
          bar.replaceWith(`: ${good ? list.dataset.done : list.dataset.failed}`);
          if (!good && why) line.append(` (${why})`);
          done(good);
        };
        const through = () => transfer("POST", `${form.dataset.drop}?file_name=${encodeURIComponent(file.name)}`, file, { "Content-Type": "application/octet-stream" }, bar)
          .then((request) => show(isGood(request.status), reason(request.responseText)));
        if (form.dataset.direct && file.size >= LARGE && window.crypto && crypto.subtle) {
          // What cannot go past the server (the bucket does not allow it, say) goes through it.
          straight(form.dataset.direct, file, bar).then(({ good, why }) => show(good, why), through);
        } else through();
      });
      const sendAll = async (files) => {
        let good = true;
        // One after the other: the order of the files is the order of the pictures.
        for (const file of files) good = (await send(file)) && good;
        input.value = "";
        if (good && files.length) location.reload();
      };
      form.addEventListener("submit", (event) => { event.preventDefault(); sendAll([...input.files]); });
      input.addEventListener("change", () => sendAll([...input.files]));
      ["dragover", "dragenter"].forEach((kind) => form.addEventListener(kind, (event) => { event.preventDefault(); form.classList.add("over"); }));
      ["dragleave", "drop"].forEach((kind) => form.addEventListener(kind, () => form.classList.remove("over")));
      form.addEventListener("drop", (event) => { event.preventDefault(); sendAll([...event.dataTransfer.files]); });
    });
  });
})();
