// Which programs share their names: every block stands alone, but the cells of a lab go on from those before them.
import { client } from "./client.js";

const sessions = new WeakMap();
let count = 0;

export class Session {
  /** The session of the page that is open. */
  static here() {
    const article = document.querySelector("article");
    if (!sessions.has(article)) sessions.set(article, new Session(article.querySelector(".dl-take") !== null));
    return sessions.get(article);
  }

  constructor(lab) {
    this.lab = lab;
    this.begin();
  }

  /** Forget all names: the next program begins anew. */
  begin() {
    this.name = `lab ${++count}`;
    this.done = new Set();
  }

  /** What the programs that share their names are called; "" where each stands alone. */
  space() {
    return this.lab ? this.name : "";
  }

  /** The cells that have been run in the worker that there is now: one that was begun anew knows none. */
  known() {
    if (this.generation !== client.generation) this.done.clear();
    this.generation = client.generation;
    return this.done;
  }

  ran(block) {
    this.known().add(block);
  }

  /** Which of `blocks`, those of the page, must be run before this one. */
  missing(block, blocks) {
    const known = this.known();
    return this.lab ? blocks.filter((one) => one.number < block.number && !known.has(one)) : [];
  }
}
