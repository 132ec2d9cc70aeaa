// Reads a list of files as JSON from standard input and writes what html-validate finds: [{path, line, text}, ...].
import { readFileSync } from "node:fs";
import { HtmlValidate, StaticConfigLoader } from "html-validate";

const config = {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    "doctype-style": "off", // letters of the doctype: not read by anyone
    "no-inline-style": "off", // MathJax sets how far a formula hangs below its line
    "no-trailing-whitespace": "off", // Material's templates leave it; gzip takes it away
    "presentation-role-style": "off", // role="presentation" and role="none" are the same
    "valid-id": ["error", { relaxed: true }], // Material's ids begin with __
  },
};

// Faults of Material's own templates: the rule, and the tag in which alone it may be broken.
const excepted = [
  // Without it Firefox opens the drawer again when a page is reloaded.
  ["input-attributes", /^input class="md-toggle" data-md-toggle="(?:drawer|search)"/],
  ["valid-autocomplete", /^input class="md-toggle" data-md-toggle="(?:drawer|search)"/],
  // The search answers while one types; there is nothing to submit.
  ["wcag/h32", /^form class="md-search__form"/],
  // A choice of colours takes effect at once.
  ["wcag/h32", /^form class="md-header__option" data-md-component="palette"/],
  // The contents of a page stand twice, for wide and for narrow windows; only one is shown.
  ["unique-landmark", /^nav class="md-nav(?: md-nav--secondary)?"/],
];

let input = "";
for await (const chunk of process.stdin) input += chunk;

const validator = new HtmlValidate(new StaticConfigLoader(config));
const found = [];
for (const path of JSON.parse(input)) {
  const markup = readFileSync(path, "utf8");
  const report = await validator.validateString(markup, path);
  for (const { messages } of report.results) {
    for (const { ruleId, message, line, offset } of messages) {
      const tag = markup.slice(markup.lastIndexOf("<", offset) + 1, offset + 200);
      if (!excepted.some(([rule, start]) => rule === ruleId && start.test(tag))) {
        found.push({ path, line, text: `${message} (${ruleId})` });
      }
    }
  }
}
process.stdout.write(JSON.stringify(found));
