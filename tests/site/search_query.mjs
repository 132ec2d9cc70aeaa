// Runs the search worker outside a browser: node search_query.mjs worker.js search_index.json < queries.json
// Prints {ready, results: [items, …], milliseconds} with the worker's own messages.
import { readFileSync } from "node:fs";
import vm from "node:vm";

const [worker, index] = process.argv.slice(2);
const queries = JSON.parse(readFileSync(0, "utf8"));
const messages = [];
let listener;
const context = vm.createContext({
  console,
  performance,
  postMessage: message => messages.push(message),
  addEventListener: (_, handler) => (listener = handler),
});
context.self = context.globalThis = vm.runInContext("this", context);
vm.runInContext(readFileSync(worker, "utf8"), context);

listener({ data: { type: 0, data: JSON.parse(readFileSync(index, "utf8")) } });
const ready = messages.shift().type === 1;
const milliseconds = [];
const results = queries.map(query => {
  const start = performance.now();
  listener({ data: { type: 2, data: query } });
  milliseconds.push(performance.now() - start);
  return messages.shift().data.items;
});
console.log(JSON.stringify({ ready, results, milliseconds }));
