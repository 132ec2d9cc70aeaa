// The worker that Material's search box talks to: 0 set up, 1 ready, 2 query, 3 result.
let site;
addEventListener("message", ({ data: { type, data } }) => {
  if (type === 0) {
    site = new SiteSearch(data, GLOSSARY_TERMS, MiniSearch);
    postMessage({ type: 1 });
  } else if (type === 2) {
    postMessage({ type: 3, data: site ? site.search(data) : { items: [] } });
  }
});
