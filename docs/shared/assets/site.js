// What the pages gain from JavaScript; each is complete without it.

// The language link keeps the page (after instant navigation too) and the heading that is being read.
const link = () => document.querySelector("[data-dl-language]");

function heading() {
  const line = (document.querySelector(".md-header")?.offsetHeight ?? 0) + 40;
  const passed = [...document.querySelectorAll(".md-content :is(h2, h3, h4)[id]")]
    .filter((element) => element.getBoundingClientRect().top <= line);
  return passed.at(-1)?.id ?? "";
}

function aim() {
  const other = document.querySelector("[data-dl-other]");
  if (!link() || !other) return;
  const url = new URL(other.dataset.dlOther, location.href);
  url.hash = heading();
  link().href = url.href;
}

for (const kind of ["pointerdown", "focusin", "click", "mouseover"]) {
  document.addEventListener(kind, (event) => {
    if (event.target instanceof Element && event.target.closest("[data-dl-language]")) aim();
  }, { capture: true });
}

// The line that installs the wheel names the address that the page really came from (a mirror, a local copy).
// The configuration speaks of the page that was loaded first, so the root is worked out once.
function rootOfSite() {
  const { base } = JSON.parse(document.getElementById("__config").textContent);
  const language = new URL(`${base.replace(/\/$/, "")}/`, location.href);
  return document.documentElement.lang === "en" ? new URL("../", language) : language;
}

const root = rootOfSite();

function install() {
  for (const code of document.querySelectorAll("[data-dl-install], .dl-install code")) {
    code.innerHTML = code.innerHTML.replace(/https?:\/\/\S*?\/(?=assets\/wheels\/)/, root.href);
  }
}

// Code and tables that are wider than their box can be scrolled with the keyboard, too.
function reach() {
  for (const box of document.querySelectorAll("article :is(pre > code, .md-typeset__scrollwrap)")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

window.document$?.subscribe(() => { aim(); install(); setTimeout(reach); });
window.addEventListener("resize", reach);
document.addEventListener("toggle", reach, { capture: true }); // an answer was opened

// Names for what Material leaves without one: the search dialog, and the bar of buttons on each block of code.
const dialog = document.querySelector(".md-search");
dialog?.setAttribute("aria-label", dialog.querySelector("input")?.getAttribute("aria-label") ?? "search");

let bars = 0;
new MutationObserver((changes) => {
  for (const node of changes.flatMap((change) => [...change.addedNodes])) {
    if (!(node instanceof Element && node.matches(".md-code__nav"))) continue;
    const name = document.documentElement.lang === "ja" ? "コードの操作" : "Code tools";
    node.setAttribute("aria-label", `${name} ${++bars}`);
  }
}).observe(document.body, { childList: true, subtree: true });
