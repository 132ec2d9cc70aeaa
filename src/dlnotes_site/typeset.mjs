// Typesets TeX with MathJax, as SVG to look at and MathML to be read aloud.
//
// Standard input: a JSON array of [tex, display]. Standard output: a line for each, in the same order, a JSON
// object with either `html` or `error` (a sentence). Called by formulas.py.

import { MathJaxNewcmFont } from "@mathjax/mathjax-newcm-font/js/svg.js";
import { liteAdaptor } from "@mathjax/src/js/adaptors/liteAdaptor.js";
import { SerializedMmlVisitor } from "@mathjax/src/js/core/MmlTree/SerializedMmlVisitor.js";
import { RegisterHTMLHandler } from "@mathjax/src/js/handlers/html.js";
import { TeX } from "@mathjax/src/js/input/tex.js";
import TexError from "@mathjax/src/js/input/tex/TexError.js";
import { mathjax } from "@mathjax/src/js/mathjax.js";
import { SVG } from "@mathjax/src/js/output/svg.js";
import "@mathjax/src/js/input/tex/ams/AmsConfiguration.js";
import "@mathjax/src/js/input/tex/base/BaseConfiguration.js";
import "@mathjax/src/js/input/tex/boldsymbol/BoldsymbolConfiguration.js";
import "@mathjax/src/js/util/asyncLoad/esm.js";

// Widths in ex, of which some 37 fit beside the margins of a screen of 360 px.
const BREAK_FROM = 16; // a longer inline formula may be broken over lines, at its operators
const INLINE_MOST = 34; // what cannot be broken must not be wider
const SIZE = { em: 16, ex: 8, containerWidth: 1280 };

const adaptor = liteAdaptor();
RegisterHTMLHandler(adaptor);

/** SVG that breaks a formula into pieces, with the space between them as a margin. */
class PiecewiseSVG extends SVG {
  addInlineBreak(piece, space) {
    adaptor.setStyle(adaptor.previous(piece), "margin-right", this.ex(space));
  }
}

/** MathML without line breaks or attributes that only MathJax reads. */
class CompactMathML extends SerializedMmlVisitor {
  visitTree(tree) {
    return super.visitTree(tree).replace(/\n\s*/g, "");
  }
  getAttributeList(node) {
    const all = Object.entries(super.getAttributeList(node));
    return Object.fromEntries(all.filter(([name]) => !/^(data-|class$|id$|xmlns$)/.test(name)));
  }
  toEntity(character) {
    return character;
  }
}

class Refused extends Error {}

const mathml = new CompactMathML();

function makeDocument(breaks) {
  const input = new TeX({
    packages: ["base", "ams", "boldsymbol"],
    formatError(_, error) {
      throw error;
    },
  });
  const output = new PiecewiseSVG({
    fontData: MathJaxNewcmFont,
    fontCache: "none", // no ids that could clash on a page
    linebreaks: { inline: breaks },
  });
  return mathjax.document("", { InputJax: input, OutputJax: output });
}

const whole = makeDocument(false);
const broken = makeDocument(true);

function escape(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** Takes off what only MathJax needs, and groups that group nothing; refuses what has no glyph. */
function strip(node) {
  for (const child of [...adaptor.childNodes(node)]) {
    const kind = adaptor.kind(child);
    if (kind === "#text") continue;
    if (kind === "text") {
      const text = adaptor.textContent(child);
      throw new Refused(`The font of formulas has no "${text}": write it outside of the formula`);
    }
    strip(child);
    for (const { name } of adaptor.allAttributes(child)) {
      if (/^(data-|focusable$|role$|xmlns$)/.test(name)) adaptor.removeAttribute(child, name);
    }
    if (kind === "path" && !adaptor.getAttribute(child, "d")) adaptor.remove(child);
    if (kind === "g" && !adaptor.childNodes(child).length) adaptor.remove(child);
    if (kind === "g" && !adaptor.allAttributes(child).length) {
      for (const grandchild of [...adaptor.childNodes(child)]) adaptor.insert(grandchild, child);
      adaptor.remove(child);
    }
    if (kind === "svg") adaptor.setAttribute(child, "aria-hidden", "true");
  }
}

function width(svg) {
  return parseFloat(adaptor.getAttribute(svg, "width"));
}

/** Cuts \tag{…} off: it stands beside the formula as text. */
function cutTag(tex) {
  const found = [...tex.matchAll(/\\tag(\*?)\s*\{([^{}\\$]*)\}/g)];
  if (found.length > 1) throw new Refused("A formula has one \\tag at most");
  if (!found.length) return [tex, ""];
  const [all, star, name] = found[0];
  return [tex.replace(all, ""), star ? name : `(${name})`];
}

async function typeset(tex, display) {
  const definition = tex.match(/\\(Declare\w+|(?:eq)?ref|label)\b/);
  if (definition) throw new Refused(`${definition[0]} does not work: each formula stands alone`);
  const [body, tag] = cutTag(tex);
  if (/\\tag\b/.test(body)) throw new Refused("\\tag takes plain text in braces");
  if (tag && !display) throw new Refused("\\tag needs a formula of its own, in $$…$$");
  let container = await whole.convertPromise(body, { display, ...SIZE });
  const math = mathml.visitTree(whole.inputJax[0].mathNode);
  if (!display && width(adaptor.firstChild(container)) > BREAK_FROM) {
    container = await broken.convertPromise(body, { display, ...SIZE });
  }
  const pieces = adaptor.childNodes(container).filter((child) => adaptor.kind(child) === "svg");
  if (!display && Math.max(...pieces.map(width)) > INLINE_MOST) {
    throw new Refused("Too wide for a line on a phone: make it a formula of its own, in $$…$$");
  }
  strip(container);
  const [, open, content] = math.match(/^(<math[^>]*>)(.*)<\/math>$/s);
  const annotation = `<annotation encoding="application/x-tex">${escape(tex)}</annotation>`;
  const spoken = `${open}<semantics><mrow>${content}</mrow>${annotation}</semantics></math>`;
  const seen = pieces.map((piece) => adaptor.outerHTML(piece).replaceAll("></path>", "/>"));
  if (!display) {
    const inner = seen.join('</span><wbr><span class="formula__piece">');
    const only = `<span class="formula__piece">${inner}${spoken}</span>`;
    return `<span class="formula" data-search-exclude>${only}</span>`;
  }
  const label = tag && `<span class="formula__tag">${escape(tag)}</span>`;
  return (
    '<div class="formula" data-search-exclude>' +
    `<div class="formula__box"><span class="formula__body">${seen[0]}${spoken}</span>${label}</div></div>`
  );
}

let input = "";
for await (const chunk of process.stdin.setEncoding("utf8")) input += chunk;
for (const [tex, display] of JSON.parse(input)) {
  let line;
  try {
    line = { html: await typeset(tex, display) };
  } catch (error) {
    if (!(error instanceof Refused || error instanceof TexError)) throw error;
    line = { error: error.message };
  }
  process.stdout.write(JSON.stringify(line) + "\n");
}
