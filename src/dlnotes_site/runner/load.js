// The scripts that are loaded when they are first wanted, of the same version as this one.

/** Where a script or another file of the runner lies. */
export function address(name) {
  const url = new URL(name, import.meta.url);
  url.search = new URL(import.meta.url).search;
  return url;
}

let failures = 0; // a browser may remember a failure by its address

/** A module of the runner; its version must be that of this page. */
export async function load(name) {
  const url = address(name);
  if (failures) url.searchParams.set("again", failures);
  try {
    const module = await import(url.href);
    if (module.version !== __VERSION__) throw new Error("another version");
    return module;
  } catch (error) {
    failures += 1;
    throw error;
  }
}
