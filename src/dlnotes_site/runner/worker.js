// The module worker in which programs run. The page posts { start } once and { run } for each program; what comes back
// is progress, text, figures, and at last how it ended.
import { Files, Missing } from "./files.js";
import { Outlet } from "./outlet.js";

const LIBRARY = "/lib/python3.14/site-packages";
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
  const coming = files.want([...ALWAYS, ...groups]);
  coming.catch(() => {}); // told where each file is awaited
  const [{ loadPyodide }, { default: createPyodideModule }, lock] = await Promise.all([
    files.bytes("pyodide.mjs").then(moduleOf),
    files.bytes("pyodide.asm.mjs").then(moduleOf),
    files.bytes("pyodide-lock.json"),
    files.want(["core"]), // its failure is told before Pyodide makes another of it
  ]);
  self.fetch = (input) => files.respond(input.url ?? input); // from here on, for Pyodide and for every program
  const base = new URL("./", import.meta.url).href;
  const pyodide = await loadPyodide({
    indexURL: base,
    packageBaseUrl: base,
    lockFileContents: new TextDecoder().decode(lock),
    createPyodideModule,
    env: { HOME: "/home/reader", MPLBACKEND: "agg", PYTHONHASHSEED: "0" },
  });
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
    for (const name of ["figures.py", "program.py"]) {
      pyodide.FS.writeFile(`${LIBRARY}/${name}`, new Uint8Array(await files.bytes(name)));
    }
    pyodide.setStdin({ error: false, stdin: () => null });
    this.program = pyodide.pyimport("program");
    this.program.connect((kind, text) => this.outlet.take(kind, text));
  }

  /** Install a group of the manifest's, once. */
  async add(group) {
    if (this.groups.has(group)) return;
    const { pyodide, files } = this;
    await files.want([group]); // a failure is told before Pyodide makes another of it
    const names = files.manifest.groups[group];
    if (group === "font") {
      for (const name of names) {
        pyodide.FS.writeFile(`/lib/${name}`, new Uint8Array(await files.bytes(name)));
        this.program.add_font(`/lib/${name}`);
      }
    } else {
      const { packages } = pyodide.lockfile;
      const listed = Object.keys(packages).filter((name) => names.includes(packages[name].file_name));
      await pyodide.loadPackage(listed, { messageCallback() {}, errorCallback() {}, checkIntegrity: false });
    }
    this.groups.add(group);
  }

  async run({ id, code, name, space, scheme }) {
    const needs = this.program.needs(code);
    const groups = needs.toJs();
    needs.destroy();
    for (const group of groups) await this.add(group);
    post("begin", { id });
    this.outlet.open(id);
    const end = JSON.parse(this.program.run(code, name, space, scheme));
    this.outlet.close();
    post("end", { id, ...end });
    this.program.leave(space);
  }
}

const failed = (id, error) =>
  post("failed", { id, reason: error instanceof Missing ? error.reason : "lost", detail: String(error) });

let python;
let last = Promise.resolve();
self.onmessage = ({ data }) => {
  if (data.start) {
    python = start(data.start);
    python.then(() => post("ready"), (error) => failed(null, error));
  }
  if (data.run) {
    last = last.then(() => python).then((ready) => ready.run(data.run)).catch((error) => failed(data.run.id, error));
  }
};
