// What the first press of Run loads: the client of the worker and the editor.
export const version = __VERSION__;
