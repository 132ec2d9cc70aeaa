// The worker that Python runs in.
export const version = __VERSION__;
