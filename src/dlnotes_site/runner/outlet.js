// From a running program to the page: text at once while there is little, in larger pieces when there is much, and no
// more of it than a page can hold.

const MOST_TEXT = 200_000; // characters of one program
const MOST_FIGURES = 50;
const AT_ONCE = 50; // pieces that may go one by one; they come back at one in 20 ms
const PIECE = 16_384;

export class Outlet {
  constructor(post) {
    this.post = post;
    this.open(null); // what is written between two programs belongs to none
  }

  open(id) {
    Object.assign(this, { id, kind: "", text: "", sent: 0, left: 0, figures: 0 });
    [this.credit, this.time] = [AT_ONCE, performance.now()];
  }

  take(kind, text) {
    if (kind === "figure") return this.figure(text);
    if (this.sent + this.text.length + text.length > MOST_TEXT) {
      if (!this.left) this.flush();
      if (!this.left) this.post("full", { id: this.id, most: MOST_TEXT });
      this.left += text.length;
      return;
    }
    if (kind !== this.kind) this.flush();
    this.kind = kind;
    this.text += text;
    const now = performance.now();
    this.credit = Math.min(AT_ONCE, this.credit + (now - this.time) / 20);
    this.time = now;
    if (this.credit >= 1 || this.text.length > PIECE) {
      this.credit = Math.max(0, this.credit - 1);
      this.flush();
    }
  }

  figure(svg) {
    this.flush();
    this.figures += 1;
    if (this.figures <= MOST_FIGURES) this.post("figure", { id: this.id, svg });
  }

  flush() {
    if (this.text) this.post("text", { id: this.id, kind: this.kind, text: this.text });
    this.sent += this.text.length;
    this.text = "";
  }

  close() {
    this.flush();
  }
}
