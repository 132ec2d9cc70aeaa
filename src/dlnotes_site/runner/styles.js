// CodeMirror writes its rules into <style>, which the site's Content-Security-Policy refuses; here they become style
// sheets of the document, which a page may always make out of its own scripts.
import { StyleModule } from "style-mod";

const mounted = new Set();

StyleModule.mount = (root, modules) => {
  for (const module of [modules].flat().filter((one) => !mounted.has(one))) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(module.getRules());
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    mounted.add(module);
  }
};
