// What a run of the reader's puts in the place of the page's own output: text as it comes, then figures.
import { seconds, words } from "./words.js";

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** One of the two streams; what a carriage return takes back (progress bars) is taken back. */
class Stream {
  constructor(kind) {
    const label = kind === "err" ? words().errors : words().outputNow;
    this.box = element("div", `dl-output${kind === "err" ? " dl-output--err" : ""}`);
    this.box.setAttribute("role", "group");
    this.label = element("span", "dl-output__label");
    this.label.setAttribute("aria-hidden", "true");
    this.name(label);
    this.samp = element("samp");
    const pre = element("pre");
    pre.tabIndex = 0;
    pre.append(this.samp);
    this.box.append(this.label, pre);
    [this.lines, this.line] = [document.createTextNode(""), document.createTextNode("")];
    this.samp.append(this.lines, this.line);
  }

  name(label) {
    this.label.textContent = label;
    this.box.setAttribute("aria-label", label);
  }

  add(text) {
    const all = this.line.data + text;
    const cut = all.lastIndexOf("\n") + 1;
    const plain = (part) => part.replace(/[^\n]*\r(?=[^\n])/g, "").replace(/\r/g, "");
    if (cut) this.lines.appendData(plain(all.slice(0, cut)));
    this.line.data = all.slice(cut).replace(/[^\n]*\r(?=.)/g, "");
  }

  get empty() {
    return !this.lines.length && !this.line.data.trim();
  }
}

/** The output of one run, which takes the place of the page's when there is something to show or it has ended. */
export class Output {
  constructor(block, edited) {
    Object.assign(this, { block, edited });
    this.box = element("div", "dl-result");
    this.streams = {};
    this.pending = [];
    this.figures = 0;
  }

  show() {
    if (this.box.isConnected) return;
    Output.clear(this.block);
    for (const own of this.block.querySelectorAll(":scope > :is(.dl-output, .dl-figure, .dl-error)")) own.hidden = true;
    this.block.append(this.box);
  }

  /** Take away what a run has left: the page's own output again. */
  static clear(block) {
    block.querySelector(":scope > .dl-result")?.remove();
    for (const own of block.querySelectorAll(":scope > [hidden]")) own.hidden = false;
  }

  text(kind, text) {
    this.pending.push([kind, text]);
    if (this.pending.length === 1) this.timer = requestAnimationFrame(() => this.flush());
  }

  flush() {
    cancelAnimationFrame(this.timer);
    const pending = this.pending;
    this.pending = [];
    for (const [kind, text] of pending) this.stream(kind).add(text);
    if (pending.length) this.show();
  }

  stream(kind) {
    if (!this.streams[kind]) {
      this.streams[kind] = new Stream(kind);
      this.box.append(this.streams[kind].box);
    }
    return this.streams[kind];
  }

  /** A figure as a picture: nothing in an SVG that is shown as one can run, load or reach the page. */
  figure(svg) {
    this.flush();
    const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? [null, 460.8, 345.6];
    const number = this.figures++;
    const captions = this.block.querySelectorAll(":scope > .dl-figure > img.dl-only-light");
    const text = words().figure(number + 1, this.edited ? "" : captions[number]?.alt);
    const figure = element("figure", "dl-figure");
    const image = element("img");
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    Object.assign(image, { alt: text, width: Math.round((width * 4) / 3), height: Math.round((height * 4) / 3) });
    figure.append(image, element("figcaption", "", text));
    this.box.append(figure);
    this.show();
  }

  note(text, className = "dl-result__note") {
    this.flush();
    this.box.append(element("p", className, text));
    this.show();
  }

  /** There is more text than is shown. */
  full(most) {
    this.note(words().full(most));
  }

  /** The run did not come to its end; what it has put out until then stays. */
  cut() {
    this.flush();
  }

  end({ seconds: time, error }) {
    this.flush();
    if (error) {
      const box = element("div", "dl-output dl-output--error");
      const pre = element("pre");
      pre.tabIndex = 0;
      pre.append(element("samp", "", error.text));
      box.append(pre);
      this.box.append(box);
      if (/MemoryError$/.test(error.kind)) this.note(words().failed.memory);
    } else if (!this.streams.out && !this.streams.err && !this.figures) {
      this.note(words().nothing);
    }
    if (this.streams.err?.empty) this.streams.err.box.remove();
    this.streams.out?.name(words().output(seconds(time)));
    this.show();
  }
}
