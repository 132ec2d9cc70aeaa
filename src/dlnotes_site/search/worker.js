// The worker that Material's search box talks to: 0 set up, 1 ready, 2 query, 3 result.
// The index that Material hands over is empty (search.defer); the real one is fetched when something is first asked.
let site;
let loading;
const setUp = (index) => { site = new SiteSearch(index, GLOSSARY_TERMS, MiniSearch); };

async function load() {
  const answer = await fetch(new URL("../../search/index.json", location));
  if (!answer.ok) throw new Error(`search index: ${answer.status}`);
  setUp(await answer.json());
}

const result = (query) => postMessage({ type: 3, data: site ? site.search(query) : { items: [] } });

addEventListener("message", ({ data: { type, data } }) => {
  if (type === 0) {
    if (data.docs.length) setUp(data);
    postMessage({ type: 1 });
  } else if (type === 2 && (site || !data)) {
    result(data);
  } else if (type === 2) {
    loading ??= load().catch(() => { loading = undefined; }); // the next query tries again
    loading.then(() => result(data));
  }
});
