// A block of the page and what the reader does with it.
import { Bar, button } from "./bar.js";
import { client } from "./client.js";
import { load } from "./load.js";
import { Output } from "./output.js";
import { Session } from "./session.js";
import { drop, keep, mark } from "./store.js";
import { seconds, words } from "./words.js";

const blocks = new WeakMap();

export const scheme = () => (document.body.dataset.mdColorScheme === "slate" ? "dark" : "light");

export class Block {
  static of(element) {
    if (!blocks.has(element)) blocks.set(element, new Block(element));
    return blocks.get(element);
  }

  /** The blocks of the page that is open. */
  static all() {
    return [...document.querySelectorAll("article .dl-block")].map((element) => Block.of(element));
  }

  constructor(element) {
    this.element = element;
    this.number = Number(element.id.slice("block-".length));
    this.source = element.querySelector(".highlight pre > code");
    this.own = this.source.textContent;
    this.session = Session.here();
    this.bar = new Bar(element.querySelector(".dl-run"), this.number, {
      stop: () => this.stop(),
      reset: () => this.reset(),
    });
  }

  get code() { return this.editor?.text ?? this.own; }

  get edited() { return this.code !== this.own; }

  /** Run the block, in a lab the cells before it first; resolves to "done", "error", "failed" or "stopped". */
  async run() {
    if (this.pending) return "running";
    this.pending = true;
    this.element.dataset.dlRun = "running";
    const how = await this.runInTurn();
    this.element.dataset.dlRun = how;
    this.pending = false;
    return how;
  }

  async runInTurn() {
    for (const before of this.session.missing(this, Block.all())) {
      this.bar.say(words().before(before.number));
      const how = await before.runAlone();
      if (how !== "done") {
        this.bar.say(words().beforeFailed(before.number));
        return how;
      }
    }
    return this.runAlone();
  }

  runAlone() {
    const output = new Output(this.element, this.edited);
    const space = this.session.space();
    this.marked(0);
    this.bar.say(client.busy ? words().waiting : words().getting);
    this.bar.running(true);
    return new Promise((resolve) => {
      const over = (how, text) => {
        this.job = null;
        this.bar.running(false);
        this.bar.say(text);
        resolve(how);
      };
      this.job = {
        code: this.code, name: `<block ${this.number}>`, space, scheme: scheme(),
        alive: () => this.element.isConnected,
        begin: () => this.bar.say(words().running),
        text: (kind, text) => output.text(kind, text),
        figure: (svg) => output.figure(svg),
        full: (most) => output.full(most),
        progress: (loaded, total) => this.bar.loading(loaded, total),
        end: ({ seconds: time, error }) => {
          output.end({ seconds: time, error });
          this.drawn = output.figures ? this.job.scheme : null;
          if (error) this.marked(error.line);
          else this.session.ran(this);
          over(error ? "error" : "done", error ? words().doneError(error.line) : words().done(seconds(time)));
        },
        failed: (reason) => { output.cut(); over("failed", words().failed[reason] ?? words().failed.lost); },
        stopped: () => { output.cut(); over("stopped", words().stopped); },
      };
      client.run(this.job);
    });
  }

  stop() {
    if (this.job) client.stop(this.job);
  }

  /** Make the code editable in its place; the editor itself is loaded by the first who wants it. */
  async edit(text = this.code) {
    const { Editor } = await load("editor.js");
    if (this.editor) return;
    this.marked(0);
    this.editor = new Editor(this.source, text, words().editor(this.number), {
      changed: () => this.changed(),
      run: () => this.run(),
      leave: () => this.bar.run.focus(),
    });
    this.changed(false);
  }

  changed(save = true) {
    this.element.querySelector(".highlight").dataset.copy = this.code; // what Material's button copies
    this.bar.showEdited(this.edited);
    if (!save) return;
    const kept = this.edited ? keep(this.number, this.code, this.own) : drop(this.number);
    if (!kept) this.bar.say(words().unkept);
  }

  /** The page's own code, output and figures again. */
  reset() {
    this.stop();
    drop(this.number);
    this.bar.showEdited(false);
    this.editor?.remove();
    this.editor = null;
    delete this.element.querySelector(".highlight").dataset.copy;
    this.marked(0);
    Output.clear(this.element);
    this.drawn = null;
    this.bar.say(words().wasReset);
  }

  /** Show an edit of an earlier visit; where the page's code has changed since, ask. */
  restore({ code, of }) {
    if (this.editor) return undefined;
    if (of === mark(this.own)) return this.edit(code);
    const box = document.createElement("div");
    box.className = "dl-run__changed";
    const answer = (use) => async () => {
      box.remove();
      this.bar.run.focus();
      if (!use) return drop(this.number);
      await this.edit(code);
      return this.changed();
    };
    const text = document.createElement("span");
    text.textContent = words().changed;
    box.append(text, button("yours", words().yours, "", answer(true)), button("theirs", words().theirs, "", answer(false)));
    this.bar.element.after(box);
    return undefined;
  }

  /** Mark a line of the code, from 1; 0 marks none. */
  marked(line) {
    this.element.querySelector(".highlight pre > .dl-mark")?.remove();
    this.editor?.mark(line);
    if (this.editor || line < 1 || line > this.own.split("\n").length - 1) return;
    const stripe = document.createElement("span");
    stripe.className = "dl-mark";
    stripe.setAttribute("aria-hidden", "true");
    stripe.style.setProperty("--line", line - 1);
    this.source.before(stripe);
  }
}
