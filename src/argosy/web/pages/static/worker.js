// Says so when there is no connection. It keeps the offline page and what that page loads, nothing
// else: no page of the shop, and nothing of anybody's cart, account or checkout. SHOP stands above.
"use strict";
const CACHE = `argosy ${SHOP.scope} ${SHOP.version}`;

addEventListener("install", (event) => {
  const kept = SHOP.kept.map((url) => new Request(url, { cache: "reload", credentials: "omit" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(kept)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(`argosy ${SHOP.scope} `) && name !== CACHE) await caches.delete(name);
    }
    if (registration.navigationPreload) await registration.navigationPreload.enable();
    await clients.claim();
  })());
});

// Of the shop at / are neither other shops and languages nor what is meant for staff and programs.
const isOurs = (path) => path.startsWith(SHOP.scope)
  && !SHOP.others.some((start) => path.slice(SHOP.scope.length - 1).startsWith(start));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (isOurs(pathname)) event.respondWith(visited(event));
  } else if (SHOP.kept.includes(pathname)) {
    event.respondWith(caches.match(request, { cacheName: CACHE }).then((kept) => kept || fetch(request)));
  }
});

async function visited(event) {
  try {
    return (await event.preloadResponse) || (await fetch(event.request));
  } catch {
    return (await caches.match(SHOP.offline, { cacheName: CACHE })) || Response.error();
  }
}
