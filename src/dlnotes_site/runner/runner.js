// Loaded by the first press: what the buttons of run.js do. The way of a press: block.js, client.js, worker.js,
// program.py, and back through outlet.js and output.js.
import { Block, scheme } from "./block.js";
import { button } from "./bar.js";
import { keepOffline } from "./offline.js";
import { edits } from "./store.js";
import { words } from "./words.js";

export const version = __VERSION__;

/** What a press of one of run.js's buttons means. */
export function act(action, element) {
  keepOffline();
  if (action === "all") return runAll();
  const block = Block.of(element);
  if (action === "run") return block.run();
  return block.edit().then(() => block.editor.focus());
}

/** Show the edits of an earlier visit. */
export function restore() {
  for (const [number, edit] of Object.entries(edits())) {
    const element = document.getElementById(`block-${number}`);
    if (element) Block.of(element).restore(edit);
  }
}

async function runAll() {
  const bar = document.querySelector(".dl-all");
  if (bar.querySelector(".dl-run__stop")) return;
  const status = bar.querySelector(".dl-run__status");
  const all = Block.all();
  let stopped = false;
  let errors = 0;
  const stop = button("stop", words().stopAll, "", () => {
    stopped = true;
    for (const block of all) block.stop();
  });
  bar.querySelector("button").after(stop);
  for (const [at, block] of all.entries()) {
    status.textContent = words().allRunning(at + 1, all.length);
    const how = await block.run();
    stopped ||= how === "stopped" || how === "failed" || !bar.isConnected;
    if (stopped) break;
    if (how === "error") errors += 1;
  }
  status.textContent = stopped ? words().stopped : words().allDone(all.length, errors);
  if (document.activeElement === stop) bar.querySelector("button").focus();
  stop.remove();
}

/** Figures are drawn in the page's colours, so a block that has drawn some is run again when these change. */
async function redraw() {
  const stale = Block.all().filter((block) => block.drawn && block.drawn !== scheme() && !block.job);
  stale[0]?.session.begin();
  for (const block of stale) await block.run();
}

new MutationObserver(redraw).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
