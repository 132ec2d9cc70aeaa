// The bar below a block's code: run.js made it with Run and Edit, here it gets the rest.
import { words } from "./words.js";

export function button(action, text, name, press) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: `dl-run__${action}`, textContent: text });
  if (name) made.setAttribute("aria-label", name);
  made.addEventListener("click", press);
  return made;
}

export class Bar {
  constructor(element, number, { stop, reset }) {
    const said = words();
    this.element = element;
    this.run = element.querySelector(".dl-run__run");
    this.edit = element.querySelector(".dl-run__edit");
    this.status = element.querySelector(".dl-run__status");
    this.stop = button("stop", said.stop, said.nameStop(number), stop);
    this.reset = button("reset", said.reset, said.nameReset(number), reset);
    this.edited = document.createElement("span");
    Object.assign(this.edited, { className: "dl-run__edited", textContent: said.edited });
    this.load = document.createElement("span");
    this.load.className = "dl-run__load";
    this.progress = document.createElement("progress");
    this.bytes = document.createElement("span");
    this.load.append(this.progress, this.bytes);
    for (const late of [this.stop, this.reset, this.edited, this.load]) late.hidden = true;
    this.run.after(this.stop);
    this.edit.after(this.reset, this.edited);
    this.status.after(this.load);
  }

  say(text) {
    this.load.hidden = true;
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  /** Show bytes as they come; the status says only once that something is loaded, or a screen reader would not stop. */
  loading(loaded, total) {
    if (loaded >= total) return this.say(words().starting);
    this.say(words().loading);
    this.load.hidden = false;
    Object.assign(this.progress, { max: total, value: loaded });
    this.progress.setAttribute("aria-label", words().loading);
    this.bytes.textContent = words().bytes(loaded, total);
  }

  /** Show Stop while the block runs or waits; whoever has pressed it finds himself on Run. */
  running(on) {
    if (!on && document.activeElement === this.stop) this.run.focus();
    this.stop.hidden = !on;
    this.run.setAttribute("aria-disabled", String(on));
  }

  showEdited(on) {
    if (!on && document.activeElement === this.reset) this.run.focus();
    this.reset.hidden = this.edited.hidden = !on;
  }
}
