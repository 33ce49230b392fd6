// Pictures dropped on a product: each is sent by itself and tells how far it is. Without this file
// the same form sends the chosen files at once.
(() => {
  "use strict";
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
        const request = new XMLHttpRequest();
        request.open("POST", `${form.dataset.drop}?file_name=${encodeURIComponent(file.name)}`);
        request.setRequestHeader("Content-Type", "application/octet-stream");
        request.upload.addEventListener("progress", (event) => {
          if (event.lengthComputable) bar.value = Math.round((100 * event.loaded) / event.total);
        });
        request.addEventListener("loadend", () => {
          const good = request.status >= 200 && request.status < 300;
          bar.replaceWith(`: ${good ? list.dataset.done : list.dataset.failed}`);
          if (!good) {
            const page = new DOMParser().parseFromString(request.responseText, "text/html");
            const why = page.querySelector("#problem, main p");
            if (why) line.append(` (${why.textContent.trim().split("\n")[0]})`);
          }
          done(good);
        });
        request.send(file);
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
