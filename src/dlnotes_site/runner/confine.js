// What programs cannot reach from the worker: the network but for the runtime's files, other caches, other workers.

const NETWORK = ["XMLHttpRequest", "WebSocket", "WebSocketStream", "EventSource", "WebTransport", "importScripts"];
const STORES = ["caches", "indexedDB", "BroadcastChannel", "SharedWorker", "Worker", "FileReaderSync"];
const OF_NAVIGATOR = ["locks", "serviceWorker", "storage", "storageBuckets", "permissions", "usb", "serial", "hid", "gpu"];

/** Take a property from an object and from all that it inherits from, for good. */
function take(object, name, value) {
  for (let at = object; at; at = Object.getPrototypeOf(at)) Reflect.deleteProperty(at, name);
  Reflect.defineProperty(object, name, { value, writable: false, configurable: false });
}

/** From here on `fetch` is `ours`, and nothing else in this worker leads out of it but messages to the page. */
export function confine(ours) {
  for (const name of [...NETWORK, ...STORES]) take(self, name, undefined);
  for (const name of OF_NAVIGATOR) take(navigator, name, undefined);
  take(self, "fetch", ours);
}
