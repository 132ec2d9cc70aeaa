// Loaded by the first press: what the buttons do.
import { client } from "./client.js";
import { Output } from "./output.js";
import { seconds, words } from "./words.js";

const blocks = new WeakMap();
const scheme = () => (document.body.dataset.mdColorScheme === "slate" ? "dark" : "light");

class Block {
  static of(element) {
    if (!blocks.has(element)) blocks.set(element, new Block(element));
    return blocks.get(element);
  }

  constructor(element) {
    this.element = element;
    this.number = Number(element.id.slice("block-".length));
    this.status = element.querySelector(".dl-run__status");
    this.own = element.querySelector(".highlight code").textContent;
  }

  get code() { return this.own; }

  run() {
    const output = new Output(this.element);
    const say = (text) => { this.status.textContent = text; };
    say(words().getting);
    return new Promise((resolve) => {
      client.run({
        code: this.code, name: `<block ${this.number}>`, space: "", scheme: scheme(),
        begin: () => say(words().running),
        text: (kind, text) => output.text(kind, text),
        figure: (svg) => output.figure(svg),
        full: (most) => output.note(words().full(most)),
        progress: (loaded, total) => say(loaded < total ? words().loading(loaded, total) : words().starting),
        end: (end) => { output.end(end); say(end.error ? words().doneError : words().done(seconds(end.seconds))); resolve(); },
        failed: (reason) => { say(words().failed[reason]); resolve(); },
        stopped: () => { say(words().stopped); resolve(); },
      });
    });
  }
}

export function act(action, element) {
  if (action === "run") return Block.of(element).run();
}

export function restore() {}
