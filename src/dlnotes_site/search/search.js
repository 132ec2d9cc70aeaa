"use strict";
// Full-text search in Japanese and English over Material's search index, ranked by MiniSearch.
// Japanese has no spaces, so a run of kanji and kana is indexed by its pairs of characters.

const JAPANESE = "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー々]";
const RUNS = new RegExp(`[\\p{Script=Latin}\\p{Script=Greek}\\p{N}]+|${JAPANESE}+`, "gu");
const CJK = new RegExp(`^${JAPANESE}`, "u");
const HAN = /\p{Script=Han}/u;
const GAP = "[\\s\\-‐・_.]*";
const QUESTION = /(とは(何か|なにか)?|って何|の意味|について|の違い|を教えて)?[?？。]*$/;
const GREEK = "alpha α beta β gamma γ delta δ epsilon ε eta η theta θ lambda λ mu μ sigma σ phi φ Delta Δ";
const SIGNS = "times × cdot · sum Σ partial ∂ nabla ∇ le ≤ ge ≥ ne ≠ in ∈ to → infty ∞ ldots … cdots …";
const TEX = new Map((`${GREEK} ${SIGNS}`).match(/\S+ \S+/g).map(pair => pair.split(" ")));
const NAME = 1, VARIANT = 0.5, PREFIX = 0.3, SELDOM = 0.1; // how surely a query means a glossary term

/** English plurals are folded to the singular: weights -> weight, losses -> loss, batches -> batch. */
function singular(word) {
  if (!/^[a-z]{4,}$/.test(word) || /(ss|us|is|as)$/.test(word)) return word;
  return word.replace(/(ss|x|ch|sh)es$|s$/, "$1");
}

/** The runs of one script in a text: half and full width, case and a final long vowel do not matter. */
function runs(text) {
  const plain = text.normalize("NFKC").toLowerCase().replace(/([ァ-ヺ]{2})ー(?![ァ-ヺー])/g, "$1");
  return (plain.match(RUNS) ?? []).map(run => (CJK.test(run) ? run : singular(run)));
}

/** Tokens of a text: Latin words, pairs of Japanese characters and, in the index, single kanji. */
function tokens(text, indexing = false) {
  return runs(text).flatMap(run => {
    const chars = [...run];
    if (/^[ぁ-ん]$/.test(run)) return []; // a particle between two words
    if (chars.length === 1 || !CJK.test(run)) return [run];
    const pairs = chars.slice(1).map((char, at) => chars[at] + char);
    return indexing ? pairs.concat(chars.filter(char => HAN.test(char))) : pairs;
  });
}

/** A text as its runs with a space around each, so that " word" finds the start of a word. */
const squeeze = text => ` ${runs(text).join(" ")} `;

/** A glossary key: no spaces or hyphens, katakana as hiragana (what stands in the box before conversion). */
const key = text =>
  runs(text).join("").replace(/[ァ-ヶ]/g, kana => String.fromCharCode(kana.charCodeAt(0) - 0x60));

/** Whether a squeezed text holds a squeezed phrase; Latin phrases begin at the beginning of a word. */
function holds(text, phrase) {
  return text.includes(CJK.test(phrase.trim()) ? phrase.trim() : phrase.trimEnd());
}

const escapeHtml = text => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const ENTITIES = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };
const unescapeHtml = text => text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name) => ENTITIES[name]);

/** A short formula as it reads on the page; a longer one is left out. */
function formulaText(tex) {
  const text = tex
    .replace(/\\(boldsymbol|mathbf|mathrm|text|operatorname|[,;!: ])/g, "")
    .replace(/\\([A-Za-z]+)/g, (command, name) => TEX.get(name) ?? command)
    .replace(/[{}]/g, "");
  return /\\/.test(text) || text.length > 40 ? "…" : text;
}

/** HTML of the index as plain text. */
function plainText(html) {
  return unescapeHtml(html.replace(/<\/?(code|sub|sup)>/g, "").replace(/<[^>]*>/g, " "))
    .replace(/\\\(([\s\S]*?)\\\)/g, (_, tex) => formulaText(tex))
    .replace(/\\\[[\s\S]*?\\\]/g, "…")
    .replace(/[¶\u2060]/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** A regular expression that finds any of the given phrases in running text, or null. */
function finder(phrases) {
  const one = run => run + (CJK.test(run) ? "ー?" : "(?:e?s)?"); // a run holds letters and digits only
  const parts = phrases
    .map(runs)
    .filter(list => list.length)
    .sort((a, b) => b.join("").length - a.join("").length)
    .map(list => (CJK.test(list[0]) ? "" : "\\b") + list.map(one).join(GAP));
  return parts.length ? new RegExp(`(?:${parts.join("|")})+`, "gi") : null;
}

/** Escaped text with its matches marked. */
function mark(text, find) {
  let html = "", at = 0;
  for (const match of find ? text.matchAll(find) : []) {
    html += `${escapeHtml(text.slice(at, match.index))}<mark>${escapeHtml(match[0])}</mark>`;
    at = match.index + match[0].length;
  }
  return html + escapeHtml(text.slice(at));
}

/** The part of a text around its first match, from the beginning of a sentence where one is near. */
function excerpt(text, find) {
  const first = find ? text.search(find) : -1;
  const before = text.slice(0, Math.max(first, 0));
  const sentence = Math.max(before.lastIndexOf("。"), before.lastIndexOf(". ")) + 1;
  const from = before.length - sentence <= 80 ? sentence : before.length - 40;
  const size = CJK.test(text.slice(from).trim()) ? 120 : 200;
  const to = Math.min(text.length, Math.max(from + size, first + 60));
  return (from > sentence ? "…" : "") + text.slice(from, to).trim() + (to < text.length ? "…" : "");
}

class SiteSearch {
  /** Material's search index; the glossary as [id, page, English, Japanese, [readings and variants]]. */
  constructor({ config, docs }, terms, MiniSearch) {
    this.name = [].concat(config.lang)[0] === "ja" ? 3 : 2;
    this.docs = new Map();
    this.keys = new Map();
    for (const term of terms) {
      [term[2], term[3], ...term[4]].forEach((form, at) => {
        const hits = this.keys.get(key(form)) ?? [];
        if (!hits.some(hit => hit.term === term)) hits.push({ term, sure: at < 2 ? NAME : VARIANT });
        this.keys.set(key(form), hits);
      });
    }
    this.engine = new MiniSearch({
      idField: "location",
      fields: ["title", "text"],
      tokenize: text => tokens(text, true),
      processTerm: token => token,
      searchOptions: { tokenize: text => tokens(text), boost: { title: 4 } },
    });
    for (const doc of docs) {
      if (/#group-/.test(doc.location) || this.docs.has(doc.location)) continue; // headings of the glossary
      const prose = plainText(doc.text.replace(/<pre>[\s\S]*?<\/pre>/g, " "));
      const [heading, all, page] = [plainText(doc.title), plainText(doc.text), doc.location.split("#")[0]];
      const squeezed = { inTitle: squeeze(heading), inText: squeeze(all) };
      const { location, tags } = doc;
      this.docs.set(location, { location, tags, page, heading, all, prose, ...squeezed });
      this.engine.add({ location: doc.location, title: heading, text: all });
    }
  }

  /** Glossary terms that a query may mean, each with how sure that is. */
  meant(query) {
    const whole = key(query);
    const parts = query.split(/\s+/).map(key);
    const exact = this.keys.get(whole) ?? parts.flatMap(form => this.keys.get(form) ?? []);
    if (exact.some(({ sure }) => sure === NAME)) { // what is a term's own name is seldom meant as a variant
      return exact.map(({ term, sure }) => ({ term, sure: sure === NAME ? sure : SELDOM }));
    }
    if (exact.length || whole.length < 2) return exact;
    return [...this.keys]
      .filter(([form]) => form.startsWith(whole))
      .sort(([a], [b]) => a.length - b.length)
      .slice(0, 5)
      .flatMap(([, hits]) => hits.map(({ term }) => ({ term, sure: PREFIX })));
  }

  /** What multiplies a section's score: the whole phrase in title or text, and the glossary's word for it. */
  factor(doc, phrases, meant) {
    let factor = 1;
    for (const { phrase, sure } of phrases) {
      if (doc.inTitle === phrase) factor += 25 * sure;
      else if (holds(doc.inTitle, phrase)) factor += 5 * sure;
      if (holds(doc.inText, phrase)) factor += 2 * sure;
    }
    const [path, hash] = doc.location.split("#");
    const page = path.replace(/(\/|\.html)$/, "");
    for (const { term: [id, target], sure } of meant) {
      const [targetPage, targetHash] = target.split("#");
      if (page === "glossary" && hash === id) factor += (targetPage === page ? 20 : 8) * sure;
      else if (page === targetPage) factor += (hash === targetHash ? 25 : 15) * sure;
    }
    return factor;
  }

  /** Pages that match, best first: the matching sections of each, with the page itself. */
  search(input) {
    const asked = input.normalize("NFKC").trim().replace(QUESTION, "");
    const query = asked.replace(/^what (is|are) (an? |the )?/i, "").trim();
    const meant = this.meant(query);
    if (!tokens(query).length && !meant.length) return { items: [] };
    const names = meant.map(({ term, sure }) => ({ name: term[this.name], sure }));
    const said = [{ name: query, sure: 1 }, ...names.filter(({ name }) => squeeze(name) !== squeeze(query))];
    const phrases = said.map(({ name, sure }) => ({ phrase: squeeze(name), sure }));
    const factors = new Map();
    const boostDocument = location => {
      if (!factors.has(location)) factors.set(location, this.factor(this.docs.get(location), phrases, meant));
      return factors.get(location);
    };
    const last = tokens(query).at(-1);
    const prefix = token => token === last && token.length > 1 && !CJK.test(token);
    const queries = said.map(({ name, sure }) => ({
      combineWith: "AND",
      queries: [name],
      boost: { title: 4 * sure, text: sure },
    }));
    let found = this.engine.search({ combineWith: "OR", queries }, { prefix, boostDocument });
    if (!found.length) {
      const fuzzy = token => (!CJK.test(token) && token.length > 4 ? 0.2 : false);
      found = this.engine.search(query, { combineWith: "OR", prefix, fuzzy, boostDocument });
    }
    const wanted = said.map(({ name }) => name);
    const pages = new Map();
    for (const hit of found) {
      const page = this.docs.get(hit.id).page;
      const items = pages.get(page) ?? [];
      if (items.length < 10) pages.set(page, items.concat(this.item(this.docs.get(hit.id), hit, wanted)));
    }
    for (const [page, items] of pages) {
      const parent = this.docs.get(page);
      if (!parent) pages.delete(page);
      else if (!items.some(item => item.location === page)) {
        items.push({ location: page, title: escapeHtml(parent.heading), text: "", score: 0, terms: {} });
      }
    }
    return { items: [...pages.values()] };
  }

  /** A section as Material draws it: title and teaser with marks, score, words found and missing. */
  item(doc, hit, wanted) {
    const levels = [wanted, wanted.flatMap(name => name.split(/\s+/)), hit.terms].map(finder);
    const full = `${doc.heading}\n${doc.all}`;
    const find = levels.find(level => level && full.search(level) >= 0);
    const named = find && doc.heading.search(find) >= 0; // then the teaser is how the section begins
    const source = find && !named && doc.prose.search(find) < 0 ? doc.all : doc.prose;
    const teaser = mark(excerpt(source, named ? null : find), find);
    const seen = new Set(find ? full.match(find).map(text => text.toLowerCase()) : []);
    const parts = [...seen].flatMap(text => text.split(/[,-]/)); // Material's highlighter takes these apart
    const shown = parts.filter(text => CJK.test(text) || text.length > 2);
    const terms = shown.length ? { [shown.slice(0, 5).join(",")]: true } : {};
    const words = wanted[0].split(/\s+/);
    for (const word of words.length > 1 ? words : []) {
      if (!tokens(word).every(token => hit.queryTerms.includes(token))) terms[escapeHtml(word)] = false;
    }
    return {
      location: doc.location,
      title: mark(doc.heading, find),
      text: teaser && `<p>${teaser}</p>`,
      ...(doc.tags && { tags: doc.tags }),
      score: hit.score,
      terms,
    };
  }
}
