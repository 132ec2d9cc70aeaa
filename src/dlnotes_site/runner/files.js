// Every file of the runtime comes through here: out of the browser's cache, or else from the site, checked and kept.

const CACHE = "dlnotes-run";
const network = self.fetch.bind(self); // worker.js puts another in its place
const MANIFEST = new URL(`manifest.json${new URL(import.meta.url).search}`, import.meta.url).href;

/** Why a file could not be had; the page has a sentence for each reason. */
export class Missing extends Error {
  constructor(reason, name) {
    super(`${reason}: ${name}`);
    this.reason = reason; // "offline", "missing", "broken", "damaged", "version"
  }
}

/** The browser's cache, or null where there is none (private mode). */
async function openCache() {
  try {
    return await caches.open(CACHE);
  } catch {
    return null;
  }
}

async function get(url, options) {
  let response;
  try {
    response = await network(url, options);
  } catch {
    throw new Missing(navigator.onLine ? "broken" : "offline", url);
  }
  if (!response.ok) throw new Missing("missing", url);
  return response;
}

/** The manifest as the site has it now; without a connection, as it was at the last visit. */
async function readManifest(cache) {
  try {
    const response = await get(MANIFEST, { cache: "no-cache" });
    const text = await response.text();
    const manifest = JSON.parse(text);
    await cache?.put(MANIFEST, new Response(text)).catch(() => {});
    return manifest;
  } catch (error) {
    const kept = await cache?.match(MANIFEST);
    if (kept) return kept.json();
    throw error instanceof Missing ? error : new Missing("broken", MANIFEST);
  }
}

async function whole(stream, name) {
  try {
    return await new Response(stream).arrayBuffer();
  } catch {
    throw new Missing(navigator.onLine ? "broken" : "offline", name);
  }
}

/** The content of a gzip member; of anything else (a server may have opened it), what it is. */
async function opened(bytes, name) {
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  if (first !== 0x1f || second !== 0x8b) return bytes;
  return whole(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")), name);
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Files {
  /** `progress(loaded, total)` is told of the bytes that come over the wire. */
  static async open(progress) {
    const files = new Files();
    files.progress = progress;
    files.cache = await openCache();
    files.manifest = await readManifest(files.cache);
    if (files.manifest.version !== __VERSION__) throw new Missing("version", MANIFEST);
    files.loading = new Map();
    [files.loaded, files.total] = [0, 0];
    files.forget();
    return files;
  }

  url(name) {
    return new URL(this.manifest.files[name].path, MANIFEST).href;
  }

  /** What this browser has made itself at an earlier visit with these files, or null. */
  async made(name) {
    const kept = await this.cache?.match(this.madeUrl(name));
    return kept ? kept.arrayBuffer() : null;
  }

  /** Keep what has been made, for the next visit. */
  async keep(name, bytes) {
    await this.cache?.put(this.madeUrl(name), new Response(bytes)).catch(() => {});
  }

  madeUrl(name) {
    return new URL(`made/${this.manifest.version}/${name}`, MANIFEST).href;
  }

  /** Drop what an earlier version of the site has left. */
  async forget() {
    const wanted = new Set([MANIFEST, ...Object.keys(this.manifest.files).map((name) => this.url(name))]);
    for (const { url } of (await this.cache?.keys()) ?? []) {
      if (!wanted.has(url) && !url.startsWith(this.madeUrl(""))) this.cache.delete(url);
    }
  }

  /** Begin to load the files of groups, all at once. */
  want(groups) {
    return Promise.all(groups.flatMap((group) => this.manifest.groups[group] ?? []).map((name) => this.bytes(name)));
  }

  /** The content of a file, loaded once. */
  bytes(name) {
    if (!this.loading.has(name)) this.loading.set(name, this.load(name));
    return this.loading.get(name);
  }

  /** A file that Pyodide asks for by its address; nothing else can be had. */
  async respond(url) {
    const name = new URL(url, MANIFEST).pathname.split("/").pop();
    if (!this.manifest.files[name]) throw new TypeError(`not a file of the runtime: ${url}`);
    const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
    return new Response(await this.bytes(name), { headers: { "Content-Type": type } });
  }

  async load(name) {
    const url = this.url(name);
    const kept = await this.cache?.match(url);
    if (kept) return kept.arrayBuffer();
    const { bytes: size, sha256: expected } = this.manifest.files[name];
    this.total += size;
    this.progress(this.loaded, this.total);
    const wire = await whole(this.counted(await get(url)), name);
    const content = await opened(wire, name);
    if ((await sha256(content)) !== expected) throw new Missing("damaged", name);
    await this.cache?.put(url, new Response(content)).catch(() => {}); // no room: load it again next time
    return content;
  }

  counted(response) {
    const count = new TransformStream({
      transform: (chunk, controller) => {
        this.loaded += chunk.byteLength;
        this.progress(Math.min(this.loaded, this.total), this.total);
        controller.enqueue(chunk);
      },
    });
    return response.body.pipeThrough(count);
  }
}
