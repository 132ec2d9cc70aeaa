// Python in the editor, coloured by the classes that Pygments gives to the code of the pages.
import { syntaxTree, syntaxHighlighting } from "@codemirror/language";
import { Prec } from "@codemirror/state";
import { Decoration, ViewPlugin } from "@codemirror/view";
import { tagHighlighter, tags as t } from "@lezer/highlight";

const classes = tagHighlighter([
  { tag: [t.keyword, t.controlKeyword, t.definitionKeyword, t.moduleKeyword, t.self], class: "k" },
  { tag: t.operatorKeyword, class: "ow" },
  { tag: [t.bool, t.null], class: "kc" },
  { tag: t.number, class: "m" },
  { tag: [t.string, t.special(t.string)], class: "s" },
  { tag: t.escape, class: "se" },
  { tag: t.comment, class: "c" },
  { tag: t.function(t.definition(t.variableName)), class: "nf" },
  { tag: t.definition(t.className), class: "nc" },
  { tag: [t.operator, t.derefOperator, t.modifier], class: "o" },
  { tag: [t.punctuation, t.paren, t.squareBracket, t.brace, t.separator], class: "p" },
]);

const BUILTINS = new Set(`abs all any ascii bin bool bytearray bytes callable chr classmethod compile complex delattr dict
dir divmod enumerate eval exec filter float format frozenset getattr globals hasattr hash hex id input int isinstance
issubclass iter len list locals map max memoryview min next object oct open ord pow print property range repr reversed
round set setattr slice sorted staticmethod str sum super tuple type vars zip`.split(/\s+/));
const EXCEPTION = /^[A-Z]\w*(Error|Exception|Warning|Interrupt)$|^StopIteration$|^SystemExit$/;
const MARKS = Object.fromEntries(["nb", "ne", "s", "bp", "nn", "p", "k", "nd", "o", "vm", "n"].map(
  (name) => [name, Decoration.mark({ class: name })]));

/** The class of what Lezer does not tell apart: built-in names, names of modules, prefixes of strings. */
function classOf({ name, node }, text) {
  if (name === ":" && !/^Format/.test(node.parent?.name)) return "p";
  if (/^Format(Spec|Conversion)$/.test(name) || (/^[{}]$/.test(name) && node.parent?.name === "FormatReplacement")) return "s";
  if (name === "." && node.parent?.name === "ImportStatement") return "nn";
  if (name === "VariableName") {
    const parent = node.parent?.name;
    if (parent === "ImportStatement" && !afterImportOfFrom(node)) return "nn";
    if (parent === "Decorator") return "nd";
    if (text === "self" || text === "cls") return "bp";
    if (/^__\w+__$/.test(text)) return "vm";
    if (parent === "FunctionDefinition" || parent === "ClassDefinition") return null;
    if (BUILTINS.has(text) && !isKeyword(node)) return "nb";
    if (EXCEPTION.test(text)) return "ne";
  }
  if (name === "del") return "k";
  return null;
}

/** Whether a name is that of an argument in a call: f(range=3). */
const isKeyword = (node) => node.parent?.name === "ArgList" && node.nextSibling?.name === "AssignOp";

/** Whether a name of an import stands after `from m import`. */
function afterImportOfFrom(node) {
  const statement = node.parent;
  if (statement.firstChild.name !== "from") return false;
  const word = statement.getChild("import");
  return word !== null && node.from > word.from;
}

function decorations(view) {
  const found = [];
  for (const { from, to } of view.visibleRanges) {
    syntaxTree(view.state).iterate({
      from,
      to,
      enter: (ref) => {
        const text = ref.to - ref.from < 40 ? view.state.sliceDoc(ref.from, ref.to) : "";
        const name = classOf(ref, text);
        if (name) found.push(MARKS[name].range(ref.from, ref.to));
        if (ref.name === "String" || ref.name === "FormatString") {
          const prefix = /^[rbfuRBFU]+/.exec(view.state.sliceDoc(ref.from, ref.from + 2));
          if (prefix) found.push(MARKS.n.range(ref.from, ref.from + prefix[0].length));
        }
      },
    });
  }
  return Decoration.set(found, true);
}

const names = ViewPlugin.fromClass(class {
  constructor(view) {
    this.decorations = decorations(view);
  }

  update(update) {
    if (update.docChanged || update.viewportChanged || syntaxTree(update.startState) !== syntaxTree(update.state)) {
      this.decorations = decorations(update.view);
    }
  }
}, { decorations: (plugin) => plugin.decorations });

export const highlighting = [syntaxHighlighting(classes), Prec.highest(names)];
