// Puts Run and Edit on each block of a page. Everything else (runner.js, the worker, Python) is loaded by the first press.

import { load } from "./load.js";

const WORDS = {
  ja: { run: "実行", edit: "編集", all: "このページをすべて実行", run_n: "ブロック # を実行", edit_n: "ブロック # を編集",
    load: "準備しています…", lost: "実行に必要なファイルを読み込めませんでした。接続を確かめて、もう一度押してください。" },
  en: { run: "Run", edit: "Edit", all: "Run all on this page", run_n: "Run block #", edit_n: "Edit block #",
    load: "Getting ready…", lost: "What is needed to run this could not be loaded. Check the connection and press again." },
};
const words = () => WORDS[document.documentElement.lang] ?? WORDS.en;
async function press(action, block) {
  const status = (block ?? document.querySelector(".dl-all")).querySelector(".dl-run__status");
  status.textContent ||= words().load;
  if (action === "run") block.dataset.dlRun ||= "pressed"; // then what block.js says: how the run ended
  try {
    const { act } = await load("runner.js");
    await act(action, block);
  } catch (error) {
    status.textContent = words().lost;
    delete block?.dataset.dlRun;
    console.warn(error);
  }
}

function button(action, text, name, block) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: `dl-run__${action}`, textContent: text });
  if (name) made.setAttribute("aria-label", name);
  made.addEventListener("click", () => press(action, block));
  return made;
}

function bar(className, ...buttons) {
  const made = document.createElement("div");
  made.className = className;
  made.dataset.searchExclude = "";
  const status = document.createElement("span");
  status.className = "dl-run__status";
  status.setAttribute("role", "status");
  made.append(...buttons, status);
  return made;
}

function dress() {
  const { run, edit, all, run_n, edit_n } = words();
  const blocks = [...document.querySelectorAll(".dl-block:not(:has(.dl-run))")];
  for (const block of blocks) {
    const number = block.id.slice("block-".length);
    block.querySelector(".highlight").after(bar("dl-run",
      button("run", run, run_n.replace("#", number), block),
      button("edit", edit, edit_n.replace("#", number), block)));
    block.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
      event.preventDefault();
      press("run", block);
    });
  }
  const heading = document.querySelector("article h1");
  if (blocks.length && !document.querySelector(".dl-all")) heading.after(bar("dl-all", button("all", all)));
  try {
    if (blocks.length && localStorage.getItem(`dlnotes ${location.pathname}`)) load("runner.js").then(({ restore }) => restore());
  } catch { /* no storage, so no edits to show */ }
}

if (window.document$) window.document$.subscribe(dress);
else dress();
