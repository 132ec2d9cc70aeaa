// The editor that takes the place of a block's code: same letters, same colours, same size.
import "./styles.js";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { pythonLanguage } from "@codemirror/lang-python";
import { forceParsing, indentOnInput, indentUnit } from "@codemirror/language";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, keymap } from "@codemirror/view";
import { highlighting } from "./highlight.js";

export const version = __VERSION__;

const INDENT = "    ";
const theme = EditorView.theme({
  "&": { fontSize: "0.85em", backgroundColor: "var(--md-code-bg-color)", color: "var(--md-code-fg-color)" },
  "&.cm-focused": { outline: "2px solid var(--md-accent-fg-color)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--md-code-font-family)", lineHeight: "1.4", scrollbarWidth: "thin" },
  ".cm-content": { padding: "0.7720588235em 0", caretColor: "var(--md-code-fg-color)" },
  ".cm-line": { padding: "0 1.1764705882em" },
});

const setMark = StateEffect.define();
const marked = Decoration.line({ class: "dl-mark" });
const markedLine = StateField.define({
  create: () => Decoration.none,
  update(lines, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setMark)) return effect.value === null ? Decoration.none : Decoration.set(marked.range(effect.value));
    }
    return transaction.docChanged ? Decoration.none : lines;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function tab(view) {
  if (view.state.selection.ranges.some((range) => !range.empty)) return indentMore(view);
  view.dispatch(view.state.replaceSelection(INDENT), { scrollIntoView: true, userEvent: "input" });
  return true;
}

export class Editor {
  /** An editor before `code`, an element, which it hides; `changed`, `run` and `leave` are called as the reader types. */
  constructor(code, text, label, { changed, run, leave }) {
    const go = () => { run(); return true; };
    const keys = [
      { key: "Ctrl-Enter", run: go },
      { key: "Mod-Enter", run: go },
      { key: "Escape", run: () => { leave(); return true; } },
      { key: "Tab", run: tab, shift: indentLess },
    ];
    this.code = code;
    this.view = new EditorView({
      state: EditorState.create({
        doc: text.replace(/\n$/, ""),
        extensions: [
          keymap.of([...keys, ...defaultKeymap, ...historyKeymap]),
          history(), indentUnit.of(INDENT), EditorState.tabSize.of(4), indentOnInput(), pythonLanguage, highlighting, theme, markedLine,
          EditorView.contentAttributes.of({ "aria-label": label, autocapitalize: "off" }),
          EditorView.updateListener.of((update) => update.docChanged && changed()),
        ],
      }),
    });
    forceParsing(this.view, this.view.state.doc.length, 200); // coloured from the first moment on
    code.before(this.view.dom);
    code.hidden = true;
  }

  get text() { return `${this.view.state.doc.toString()}\n`; }

  focus() { this.view.focus(); }

  /** Mark a line, from 1; 0 marks none. */
  mark(line) {
    const { doc } = this.view.state;
    const at = line >= 1 && line <= doc.lines ? doc.line(line).from : null;
    this.view.dispatch({ effects: setMark.of(at) });
  }

  remove() {
    this.view.destroy();
    this.code.hidden = false;
  }
}
