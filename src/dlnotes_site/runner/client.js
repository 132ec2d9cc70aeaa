// The page's side of the worker: one worker, one program at a time, the others wait in a line.

import { address } from "./load.js";

const own = Math.random().toString(36).slice(2); // another tab has another worker
let ids = 0;

/** A worker whose first script is the page's own: such a one has the policy of its page, one loaded from a file has none. */
function underThePagesPolicy(script) {
  const url = URL.createObjectURL(new Blob([`import "${script}";`], { type: "text/javascript" }));
  try {
    return new Worker(url, { type: "module" });
  } finally {
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}

/**
 * A job is { code, name, space, scheme } with alive() and the functions that are told of it: begin(), text(kind, text),
 * figure(svg), full(most), progress(loaded, total), end({ seconds, error }), failed(reason), stopped().
 */
class Client {
  constructor() {
    Object.assign(this, { worker: null, ready: false, line: [], running: null, generation: 0 });
  }

  get busy() { return this.running !== null; }

  /** Run a job after those that wait already; one whose page has been left is ended. */
  run(job) {
    if (this.running && !this.running.alive()) this.stop(this.running);
    job.id = ++ids;
    this.line.push(job);
    this.next();
  }

  /** Take a job out of the line, or end the worker that runs it: Python itself cannot be asked to stop. */
  stop(job) {
    if (this.running !== job) {
      this.line = this.line.filter((one) => one !== job);
    } else {
      this.running = null;
      if (this.ready) {
        this.end();
        this.start(); // in the background, so that the next press finds it ready
      }
    }
    job.stopped();
    this.next();
  }

  next() {
    if (this.running || !this.line.length) return;
    this.running = this.line.shift();
    if (typeof WebAssembly === "undefined") return this.fail("wasm");
    if (typeof DecompressionStream === "undefined") return this.fail("old");
    if (!this.worker && !this.start()) return this.fail("blocked");
    if (this.ready) this.send();
  }

  send() {
    const { id, code, name, space, scheme } = this.running;
    this.worker.postMessage({ run: { id, code, name, space, scheme } });
  }

  start() {
    const codes = [this.running, ...this.line].map((job) => job?.code ?? "").join("\n");
    const draws = /^\s*(import|from)\s+(matplotlib|mpl_toolkits|dlnotes\.plotting)|^\s*from\s+dlnotes\s+import.*plotting/m;
    try {
      this.worker = underThePagesPolicy(address("worker.js"));
    } catch {
      return false;
    }
    const worker = this.worker;
    worker.onmessage = ({ data }) => this.hear(worker, data);
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker === this.worker) this.fail(this.heard ? "lost" : navigator.onLine ? "blocked" : "offline");
    };
    this.heard = false;
    this.generation += 1;
    worker.postMessage({ start: draws.test(codes) ? ["matplotlib"] : [], lock: this.lock });
    return true;
  }

  get lock() { return `dlnotes ${own} ${this.generation}`; }

  /** The worker holds its lock until it is gone, and a worker that goes by itself says nothing. */
  watch(worker) {
    navigator.locks.request(this.lock, () => { if (worker === this.worker) this.fail("lost"); });
  }

  end() {
    this.worker?.terminate();
    this.worker = null;
    this.ready = false;
  }

  hear(worker, { type, id, ...content }) {
    if (worker !== this.worker) return;
    this.heard = true;
    const job = this.running;
    if (type === "ready") {
      this.ready = true;
      if (job) this.send();
    }
    if (type === "held") return this.watch(worker);
    if (type === "failed") return this.fail(content.reason);
    if (!job) return;
    if (type === "progress") return job.progress(content.loaded, content.total);
    if (id !== job.id) return;
    if (type === "begin") job.begin();
    if (type === "text") job.text(content.kind, content.text);
    if (type === "figure") job.figure(content.svg);
    if (type === "full") job.full(content.most);
    if (type === "end") {
      this.running = null;
      job.end(content);
      this.next();
    }
  }

  /** The worker cannot be used any more: say why, and begin anew at the next press. */
  fail(reason) {
    const jobs = [this.running, ...this.line].filter(Boolean);
    this.end();
    [this.running, this.line] = [null, []];
    for (const job of jobs) job.failed(reason);
  }
}

export const client = new Client();
