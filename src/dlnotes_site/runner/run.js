// Puts a Run button on each block of the page. Loads nothing else before one is pressed.
export const version = __VERSION__;
