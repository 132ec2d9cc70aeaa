// What eslint looks for in the scripts of the site and of its machinery: `eslint --config` of this file.
import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  { files: ["docs/shared/assets/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["src/dlnotes_site/*.mjs"], languageOptions: { globals: globals.node } },
  {
    // esbuild bundles these; the same module may be part of what the page and what the worker loads.
    files: ["src/dlnotes_site/runner/*.js"],
    languageOptions: { globals: { ...globals.browser, ...globals.serviceworker, __VERSION__: false } },
  },
  {
    // One worker script is put together of MiniSearch, the glossary's terms, search.js and worker.js (search.py).
    files: ["src/dlnotes_site/search/*.js"],
    languageOptions: { sourceType: "script", globals: { ...globals.worker, MiniSearch: false, GLOSSARY_TERMS: false } },
    rules: { "no-unused-vars": ["error", { varsIgnorePattern: "^SiteSearch$" }] },
  },
  {
    files: ["src/dlnotes_site/search/worker.js"],
    languageOptions: { globals: { SiteSearch: false } },
  },
];
