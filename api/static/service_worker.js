// Keeps the report page and what it is made of, so that it opens without signal; nothing else, and nobody's data.
// The service writes `VERSION` and `SHELL` (addresses of what scripts import) before these lines.
const CACHE = `whistle-${VERSION}`, PAGE = "/report", PATIENCE = 5000;

self.addEventListener("install", event => event.waitUntil((async () => {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL);
  await keepPage(await fetch(PAGE).catch(() => null));
  await self.skipWaiting();
})()));

self.addEventListener("activate", event => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await self.clients.claim();
})()));

self.addEventListener("fetch", event => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (url.pathname === "/sign-out" || url.pathname === "/sign-in") {
    // Whoever comes next on this phone finds no name of the one before.
    event.waitUntil(caches.open(CACHE).then(cache => cache.delete(PAGE)));
  } else if (request.method === "GET" && request.mode === "navigate" && url.pathname === PAGE) {
    event.respondWith(page(event));
  } else if (request.method === "GET" && url.pathname.startsWith("/static/")) {
    event.respondWith(file(request, url));
  }
});

async function page(event) {
  try {
    const answer = await fetch(event.request, { signal: AbortSignal.timeout(PATIENCE) });
    event.waitUntil(keepPage(answer.clone()));
    return answer;
  } catch {
    return await (await caches.open(CACHE)).match(PAGE) ?? Response.error();
  }
}

// Only the form itself is kept, with the files it names: no redirect to the sign-in, no problem.
async function keepPage(answer) {
  if (!answer?.ok || answer.type !== "basic" || answer.redirected) return;
  const cache = await caches.open(CACHE);
  const files = new Set((await answer.clone().text()).match(/\/static\/[\w./?=-]+/g));
  for (const file of files) if (!await cache.match(file)) await cache.add(file);
  await cache.put(PAGE, answer);
}

// A file whose address holds its hash never changes; of others the newest is wanted, the kept one where there is none.
async function file(request, url) {
  const kept = await (await caches.open(CACHE)).match(request);
  if (kept && url.searchParams.has("v")) return kept;
  return fetch(request).catch(() => kept ?? Response.error());
}
