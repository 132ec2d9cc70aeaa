// The service worker, registered by the first press: pages that have been visited are there without a connection.
// Pages and what they show come from the network first, so that the site is never older than it is; what names its
// version (?v=) comes from the cache first. The runtime itself is kept by the worker (files.js).

const CACHE = "dlnotes-pages";
const PATIENCE = 4000; // ms until a copy is shown instead of what a poor connection does not bring

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([prune(), self.clients.claim()]));
});

/** Drop scripts of an earlier version. */
async function prune() {
  const cache = await caches.open(CACHE);
  for (const request of await cache.keys()) {
    const version = new URL(request.url).searchParams.get("v");
    if (version && version !== __VERSION__) await cache.delete(request);
  }
}

/** What this worker leaves to the browser: other sites, the runtime's packages, the reloading of `make serve`. */
const isOurs = ({ method, url }) => method === "GET" && url.startsWith(self.registration.scope)
  && !/\/livereload\/|\.(gz|whl|ipynb)$|\/sw\.js$/.test(new URL(url).pathname);

self.addEventListener("fetch", (event) => {
  if (isOurs(event.request)) event.respondWith(answer(event));
});

async function answer(event) {
  const cache = await caches.open(CACHE);
  const { request } = event;
  const versioned = new URL(request.url).searchParams.has("v");
  const kept = await cache.match(request, { ignoreSearch: !versioned, ignoreVary: true });
  if (kept && versioned) return kept;
  const coming = fetch(request);
  event.waitUntil(coming.then((response) => keep(cache, request, response.clone()), () => {}));
  if (!kept) return coming;
  return Promise.race([coming, new Promise((resolve) => { setTimeout(resolve, PATIENCE, kept); })]).catch(() => kept);
}

async function keep(cache, request, response) {
  if (response.status === 200 && response.type === "basic") await cache.put(request, response);
}

/** The page that is open when the worker begins: it and what it has loaded already. */
self.addEventListener("message", ({ data }) => {
  for (const url of data.keep ?? []) {
    if (isOurs({ method: "GET", url })) {
      caches.open(CACHE).then(async (cache) => (await cache.match(url)) ?? cache.add(url)).catch(() => {});
    }
  }
});
