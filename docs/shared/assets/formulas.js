// Copies formulas as TeX: by a button at each display formula, and as part of a selection.
// The page is complete without this script. It works on all that is in the document, now or later.

const WORDS = {
  ja: { formula: "数式", copy: "TeX をコピー", done: "TeX をコピーしました", failed: "コピーできませんでした" },
  en: { formula: "Formula", copy: "Copy TeX", done: "TeX copied", failed: "Could not copy" },
};

function words(element) {
  const language = element.closest("[lang]")?.lang ?? "";
  return language.startsWith("ja") ? WORDS.ja : WORDS.en;
}

function texOf(formula) {
  return formula.querySelector("annotation").textContent;
}

// The region must stand in the page before it speaks.
const status = document.createElement("div");
status.className = "formula-status";
status.setAttribute("role", "status");
document.body.append(status);

function say(text) {
  status.textContent = "";
  setTimeout(() => (status.textContent = text), 50);
}

// A box that scrolls can be reached by the keyboard; one that does not is no stop on the way.
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const box = target.closest(".formula__box");
    if (!box) continue;
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", words(box).formula);
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
    }
  }
});

function prepare() {
  for (const formula of document.querySelectorAll("div.formula:not(:has(> .formula__copy))")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "formula__copy";
    button.textContent = "TeX";
    button.setAttribute("aria-label", words(formula).copy);
    button.title = words(formula).copy;
    formula.append(button);
    sizes.observe(formula.querySelector(".formula__box"));
    sizes.observe(formula.querySelector(".formula__body"));
  }
}

/** Without a secure context there is no navigator.clipboard: then the old command copies. */
async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const answer = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    event.clipboardData.setData("text/plain", text);
  };
  document.addEventListener("copy", answer, { capture: true });
  const copied = document.execCommand("copy");
  document.removeEventListener("copy", answer, { capture: true });
  if (!copied) throw new Error("not allowed to copy");
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.(".formula__copy");
  if (!button) return;
  const { done, failed } = words(button);
  try {
    await write(texOf(button.closest(".formula")));
    say(done);
    button.textContent = "TeX ✓";
    setTimeout(() => (button.textContent = "TeX"), 2000);
  } catch {
    say(failed);
  }
});

/** The range, widened so that it holds formulas as a whole or not at all. */
function widened(range) {
  const whole = range.cloneRange();
  const formulaAt = (node) =>
    (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(".formula");
  const first = formulaAt(range.startContainer);
  const last = formulaAt(range.endContainer);
  if (first) whole.setStartBefore(first);
  if (last) whole.setEndAfter(last);
  return whole;
}

document.addEventListener("copy", (event) => {
  const selection = document.getSelection();
  if (event.defaultPrevented || !selection?.rangeCount || selection.isCollapsed) return;
  if (event.target.closest?.("input, textarea, [contenteditable]")) return;
  const copied = document.createElement("div");
  copied.append(widened(selection.getRangeAt(0)).cloneContents());
  const formulas = copied.querySelectorAll(".formula");
  if (!formulas.length) return;
  for (const formula of formulas) {
    const mark = formula.matches("div") ? "$$" : "$";
    const text = document.createElement(formula.localName);
    text.textContent = mark + texOf(formula) + mark;
    formula.replaceWith(text);
  }
  copied.style.cssText = "position: fixed; left: -10000px";
  document.body.append(copied); // only what is laid out knows where its lines end
  event.clipboardData.setData("text/plain", copied.innerText);
  copied.removeAttribute("style");
  event.clipboardData.setData("text/html", copied.innerHTML);
  copied.remove();
  event.preventDefault();
});

prepare();
new MutationObserver(prepare).observe(document.documentElement, { childList: true, subtree: true });
