// The reader's edits, kept in the browser by page and block, each with the mark of the page's own code it was made from.

const key = () => `dlnotes ${location.pathname}`;

/** A short mark of a text, to see whether it has changed (FNV-1a). */
export function mark(text) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16);
}

/** The edits of this page: { number: { code, of } }. */
export function edits() {
  try {
    return JSON.parse(localStorage.getItem(key())) ?? {};
  } catch {
    return {};
  }
}

function write(all) {
  try {
    if (Object.keys(all).length) localStorage.setItem(key(), JSON.stringify(all));
    else localStorage.removeItem(key());
    return true;
  } catch {
    return false; // private mode, or no room
  }
}

/** Keep an edit of a block whose own code is `own`; false if the browser does not let us. */
export const keep = (number, code, own) => write({ ...edits(), [number]: { code, of: mark(own) } });

/** Forget the edit of a block. */
export function drop(number) {
  const rest = edits();
  delete rest[number];
  return write(rest);
}
