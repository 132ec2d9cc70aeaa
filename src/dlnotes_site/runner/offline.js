// From the first press on, the pages that a reader visits and the runner are there without a connection, too.
import { address } from "./load.js";

let asked = false;

export async function keepOffline() {
  if (asked || !navigator.serviceWorker) return;
  asked = true;
  try {
    await navigator.serviceWorker.register(new URL("../../sw.js", import.meta.url), { updateViaCache: "none" });
    const { active } = await navigator.serviceWorker.ready;
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    const scripts = ["run.js", "runner.js", "editor.js", "worker.js"].map((name) => address(name).href);
    active.postMessage({ keep: [...new Set([location.href.split("#")[0], ...loaded, ...scripts])] });
  } catch {
    asked = false; // not allowed here; the page works without it
  }
}
