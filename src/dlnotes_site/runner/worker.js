// The module worker in which programs run. The page posts { start, lock } once and { run } for each program; what comes back
// is progress, text, figures, and at last how it ended.
import { confine } from "./confine.js";
import { Files, Missing } from "./files.js";
import { Outlet } from "./outlet.js";

const LIBRARY = "/lib/python3.14/site-packages";
// Python's memory when it has started, kept for the next visit, and what every run needs in it.
const EARLY = "ast, ctypes, datetime, importlib.metadata, inspect, json, pickle, platform, random, secrets, shutil, tarfile, traceback";
const SNAPSHOT = "python.memory";
const SOURCES = ["compiled.py", "figures.py", "program.py"];
const ALWAYS = ["core", "numpy", "dlnotes"];
const post = (type, content) => self.postMessage({ type, ...content });

let told = 0;
function progress(loaded, total) {
  const now = performance.now();
  if (loaded < total && now - told < 50) return;
  told = now;
  post("progress", { loaded, total });
}

/** A module out of checked bytes: this worker's own address space, so nothing is asked of the network. */
async function moduleOf(bytes) {
  const url = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
  try {
    return await import(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

async function start(groups) {
  const files = await Files.open(progress);
  progress(0, 0);
  const coming = files.want([...ALWAYS, ...groups]);
  coming.catch(() => {}); // told where each file is awaited
  const [{ loadPyodide }, { default: createPyodideModule }, lock] = await Promise.all([
    files.bytes("pyodide.mjs").then(moduleOf),
    files.bytes("pyodide.asm.mjs").then(moduleOf),
    files.bytes("pyodide-lock.json"),
    files.want(["core"]), // its failure is told before Pyodide makes another of it
  ]);
  confine((input) => files.respond(input.url ?? input));
  const base = new URL("./", import.meta.url).href;
  const snapshot = await files.made(SNAPSHOT);
  const pyodide = await loadPyodide({
    indexURL: base,
    packageBaseUrl: base,
    lockFileContents: new TextDecoder().decode(lock),
    createPyodideModule,
    env: { HOME: "/reader", MPLBACKEND: "agg", PYTHONHASHSEED: "0" },
    ...(snapshot ? { _loadSnapshot: snapshot } : { _makeSnapshot: true }),
  });
  if (!snapshot) {
    pyodide.runPython(`import ${EARLY}`);
    files.keep(SNAPSHOT, pyodide.makeMemorySnapshot());
  }
  const python = new Python(pyodide, files);
  await python.prepare();
  return python;
}

class Python {
  constructor(pyodide, files) {
    Object.assign(this, { pyodide, files, groups: new Set(), outlet: new Outlet(post) });
  }

  async prepare() {
    const { pyodide, files } = this;
    await this.add("numpy");
    await this.add("dlnotes");
    for (const name of SOURCES) pyodide.FS.writeFile(`${LIBRARY}/${name}`, new Uint8Array(await files.bytes(name)));
    pyodide.setStdin({ error: false, stdin: () => null });
    this.program = pyodide.pyimport("program");
    await this.load("dlnotes");
    this.program.connect((kind, text) => this.outlet.take(kind, text));
  }

  /** Install a group of the manifest's, and import it if programs do. */
  async add(group) {
    const { pyodide, files } = this;
    await files.want([group]); // a failure is told before Pyodide makes another of it
    const names = files.manifest.groups[group];
    const { packages } = pyodide.lockfile;
    const listed = Object.keys(packages).filter((name) => names.includes(packages[name].file_name));
    await pyodide.loadPackage(listed, { messageCallback() {}, errorCallback() {}, checkIntegrity: false });
  }

  async addFont() {
    for (const name of this.files.manifest.groups.font) {
      this.pyodide.FS.writeFile(`/lib/${name}`, new Uint8Array(await this.files.bytes(name)));
      this.program.add_font(`/lib/${name}`);
    }
  }

  /** Import a group; what had to be compiled for that is kept for the next visit. */
  async load(group) {
    const kept = await this.files.made(`${group}.compiled`);
    const compiled = this.program.load(group, kept ? this.pyodide.toPy(kept) : undefined);
    if (compiled) {
      this.files.keep(`${group}.compiled`, compiled.toJs());
      compiled.destroy();
    }
  }

  /** Have what a program needs, once. */
  async provide(needs) {
    for (const group of needs.filter((one) => !this.groups.has(one))) {
      progress(0, 0);
      if (group === "font") {
        await this.addFont();
      } else {
        await this.add(group);
        await this.load(group);
      }
      this.groups.add(group);
    }
  }

  async run({ id, code, name, space, scheme }) {
    const needs = this.program.needs(code);
    const groups = needs.toJs();
    needs.destroy();
    await this.provide(groups);
    post("begin", { id });
    this.outlet.open(id);
    const end = JSON.parse(this.program.run(code, name, space, scheme));
    this.outlet.close();
    post("end", { id, ...end });
    this.program.leave(space);
  }
}

function failed(id, error) {
  const memory = /out of memory|allocation failed|cannot enlarge memory/i.test(String(error));
  post("failed", { id, reason: error instanceof Missing ? error.reason : memory ? "memory" : "lost" });
}

/** Hold a lock for as long as this worker lives: who gets it after us knows that we have gone. */
function hold(name) {
  navigator.locks?.request(name, () => {
    post("held");
    return new Promise(() => {});
  });
}

let python;
let last = Promise.resolve();
self.onmessage = ({ data }) => {
  if (data.start) {
    hold(data.lock);
    python = start(data.start);
    python.then(() => post("ready"), (error) => failed(null, error));
  }
  if (data.run) {
    last = last.then(() => python).then((ready) => ready.run(data.run)).catch((error) => failed(data.run.id, error));
  }
};
