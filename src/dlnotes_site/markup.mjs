// Reads {path: text} as JSON from standard input and writes what markdownlint finds: [{path, line, text}, ...].
import { lint } from "markdownlint/sync";

const config = {
  default: true,
  MD007: { indent: 4 }, // Python-Markdown nests lists by four columns
  MD012: false, // the title lines of admonitions and tabs reach this script as empty lines
  MD013: false, // a paragraph of Japanese is one line
  MD024: { siblings_only: true },
  MD031: false, // the comment that announces an expected output touches its fence
  MD033: { allowed_elements: [] },
  MD041: { front_matter_title: "" }, // a title in the front matter does not replace the heading
  MD043: false,
  MD060: false, // full-width characters cannot be aligned by counting
};

let input = "";
for await (const chunk of process.stdin) input += chunk;

const found = [];
for (const [path, errors] of Object.entries(lint({ strings: JSON.parse(input), config }))) {
  for (const error of errors) {
    const what = [error.errorDetail, error.errorContext].filter(Boolean).join(": ");
    const text = `${error.ruleDescription}${what && ` [${what}]`} (${error.ruleNames[0]})`;
    found.push({ path, line: error.lineNumber, text });
  }
}
process.stdout.write(JSON.stringify(found));
