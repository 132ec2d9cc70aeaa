// Reads [text, ...] as JSON from standard input and writes, for each text, what textlint finds in it:
// [[{line, rule, message}, ...], ...]. A line of a text is one unit of prose.
import { TextlintKernel } from "@textlint/kernel";
import plugin from "@textlint/textlint-plugin-text";
import preset from "textlint-rule-preset-ja-technical-writing";

// Options that differ from the preset's; false switches a rule off.
const options = {
  "sentence-length": { max: 120 }, // references and formulas make sentences longer than in other prose
  "max-ten": { max: 4 },
  "max-comma": false, // English references have their own commas
  "max-kanji-continuous-len": { max: 8 }, // 多層順伝播型 and the like are the field's words
  "no-mix-dearu-desumasu": { preferInHeader: "", preferInBody: "ですます", preferInList: "ですます", strict: false },
  "ja-no-mixed-period": false, // cells and captions have none; prose.py looks at paragraphs
  "arabic-kanji-numbers": false, // 一つ and 1 つ both occur in good mathematical prose
  "no-exclamation-question-mark": { allowFullWidthQuestion: true }, // check questions are questions
  "no-doubled-joshi": { min_interval: 1, strict: false, allow: ["も", "にも", "でも", "や", "か", "と", "に", "の"] },
  "ja-unnatural-alphabet": false, // symbols stand alone in mathematical prose
  "no-unmatched-pair": false, // intervals such as [0, 1)
};

const rules = Object.entries(preset.rules)
  .filter(([name]) => options[name] !== false)
  .map(([name, rule]) => ({ ruleId: name, rule, options: options[name] ?? preset.rulesConfig[name] ?? true }));
const plugins = [{ pluginId: "text", plugin: plugin.default ?? plugin }];

let input = "";
for await (const chunk of process.stdin) input += chunk;

const kernel = new TextlintKernel();
const found = [];
for (const text of JSON.parse(input)) {
  const result = await kernel.lintText(text, { ext: ".txt", filePath: "prose.txt", plugins, rules });
  found.push(result.messages.map(({ line, ruleId, message }) => ({ line, rule: ruleId, message })));
}
process.stdout.write(JSON.stringify(found));
