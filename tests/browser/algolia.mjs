// Unmodified InstantSearch, Autocomplete, search-insights and Algolia clients against Endcap: in a real browser, on a
// page of another origin, and in Node. `run.sh` runs it on a demo shop; with a key in `KEY` on one that asks for keys:
//
//     node algolia.mjs http://127.0.0.1:7700
//
// Nothing may be asked of any other host.

import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { algoliasearch } from "algoliasearch";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const base = (process.argv[2] ?? "http://127.0.0.1:7700").replace(/\/$/, "");
const key = process.env.KEY ?? "none";
let passed = 0;
let failed = 0;

async function check(promise, test) {
  try {
    await test();
    passed += 1;
    console.log(`ok      ${promise}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${promise}\n        ${String(error.message).split("\n").slice(0, 3).join("\n        ")}`);
  }
}
const holds = (condition, what) => {
  if (!condition) throw new Error(what);
};
const same = (found, wanted, what) => holds(JSON.stringify(found) === JSON.stringify(wanted), `${what}: found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);

// A product to recommend others for.
const { hostname, port } = new URL(base);
const client = algoliasearch("shop", key, { hosts: [{ url: hostname, port: Number(port), protocol: "http", accept: "readWrite" }] });
const product = (await client.searchSingleIndex({ indexName: "products", searchParams: { query: "shoes" } })).hits[0].objectID;

// The pages, bundled as a shop would.
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const bundle = async (name) => {
  const built = await build({ entryPoints: [here(`algolia/${name}.js`)], bundle: true, write: false, minify: true, define: { "process.env.NODE_ENV": '"production"' } });
  return built.outputFiles[0].text;
};
const scripts = { "/widgets.js": await bundle("widgets"), "/react.js": await bundle("react") };
const pages = createServer((request, answer) => {
  const script = scripts[request.url];
  answer.setHeader("content-type", script ? "text/javascript" : "text/html");
  const name = request.url.slice(1);
  answer.end(script ?? `<!doctype html><meta charset=utf-8><link rel=icon href="data:,"><body><script>window.endcap = "${base}"; window.key = "${key}"; window.product = "${product}"</script><script src="/${name}.js"></script>`);
});
await new Promise((done) => pages.listen(0, "127.0.0.1", done));
const own = `http://127.0.0.1:${pages.address().port}`;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
const complaints = [];
const elsewhere = [];
const events = [];
async function open(name) {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("request", (request) => {
    if (![base, own].some((known) => request.url().startsWith(known)) && !request.url().startsWith("data:")) elsewhere.push(request.url());
    if (request.url().includes("/1/events")) events.push(...JSON.parse(request.postData()).events);
  });
  await page.goto(`${own}/${name}`);
  await page.waitForSelector("article");
  return page;
}

const page = await open("widgets");
const hits = () => page.$$eval("#hits article", (cards) => cards.map((card) => card.dataset.id));
const prices = () => page.$$eval("#hits article b", (prices) => prices.map((price) => Number(price.textContent)));
const total = async () => Number((await page.textContent("#stats")).replace(/[,.]/g, "").match(/\d+/)[0]);
/** Does something and waits until InstantSearch has rendered the answer. */
const after = async (action) => {
  await page.evaluate(() => { window.rendered = new Promise((done) => window.search.once("render", () => setTimeout(done, 20))); });
  await action();
  await page.waitForFunction(() => window.search.status === "idle" && window.rendered.then(() => true));
  await page.waitForFunction(() => window.search.status === "idle");
};
const clear = () => after(() => page.evaluate(() => window.search.setUiState({ products: {} })));
const count = async (place, selector = "label") => Number((await page.textContent(`#${place} ${selector} .ais-${place === "brand" ? "RefinementList" : "HierarchicalMenu"}-count`)).replace(/\D/g, ""));

await check("hits: records show with titles and prices", async () => {
  same((await hits()).length, 8, "hits");
  holds((await prices()).every((price) => price > 0), "a price is missing");
});
await check("searchBox, stats and highlight: typing finds and marks", async () => {
  const all = await total();
  await after(() => page.fill("#searchbox input", "shoes"));
  holds((await total()) < all && (await total()) > 0, "the total does not shrink");
  holds((await page.$$("#hits mark")).length > 0, "nothing is marked");
});
await check("searchBox: a word begun finds what it may become", async () => {
  await after(() => page.fill("#searchbox input", "sho"));
  holds((await page.$$eval("#hits article", (cards) => cards.map((card) => card.textContent))).some((text) => /sho/i.test(text)), "no title has it");
  await after(() => page.fill("#searchbox input", "shoes"));
});
await check("refinementList: values refine, their counts are kept, and others can be added", async () => {
  const values = await page.$$eval("#brand .ais-RefinementList-count", (counts) => counts.map((count) => Number(count.textContent.replace(/\D/g, ""))));
  await after(() => page.click("#brand li:nth-child(1) label"));
  same(await total(), values[0], "products of the first brand");
  holds((await page.$$("#brand li")).length > 1, "the other brands are gone");
  await after(() => page.click("#brand li:nth-child(2) label"));
  same(await total(), values[0] + values[1], "products of both brands");
});
await check("currentRefinements and clearRefinements", async () => {
  same((await page.$$("#current .ais-CurrentRefinements-category")).length, 2, "refinements");
  await after(() => page.click("#clear button"));
  same((await page.$$("#current .ais-CurrentRefinements-category")).length, 0, "refinements");
});
await check("refinementList: values are searched", async () => {
  const first = (await page.textContent("#brand .ais-RefinementList-labelText")).trim();
  await page.fill("#brand input[type=search]", first.slice(0, 4));
  await page.waitForSelector("#brand mark");
  holds((await page.textContent("#brand")).includes(first), "the value is not found");
  await page.fill("#brand input[type=search]", "");
});
await check("hierarchicalMenu and breadcrumb: levels open and narrow", async () => {
  await clear();
  const all = await count("category", "li");
  await after(() => page.click("#category li a"));
  same(await total(), all, "products of the first category");
  const below = await page.textContent("#category li li .ais-HierarchicalMenu-count");
  await after(() => page.click("#category li li a"));
  same(await total(), Number(below.replace(/\D/g, "")), "products of the category below");
  same((await page.$$("#breadcrumb li")).length, 3, "steps of the breadcrumb");
  await clear();
});
await check("menu narrows", async () => {
  const label = await page.textContent("#material .ais-Menu-count");
  await after(() => page.click("#material a"));
  same(await total(), Number(label.replace(/\D/g, "")), "products of the first material");
  await clear();
});
await check("rangeInput and rangeSlider: bounds come from the products, and narrow", async () => {
  const lowest = Number(await page.getAttribute("#price input", "min"));
  holds(lowest > 0, "there is no lowest price");
  holds(await page.$("#slider .rheostat-handle, #slider [role=slider]"), "there is no slider");
  await page.fill("#price .ais-RangeInput-input--max", "30");
  await after(() => page.click("#price button"));
  holds((await prices()).every((price) => price <= 30), "a price is too high");
  await clear();
});
await check("numericMenu, ratingMenu and toggleRefinement", async () => {
  const all = await total();
  await after(() => page.click("#prices li:nth-child(2) label"));
  holds((await prices()).every((price) => price <= 50), "a price is too high");
  await clear();
  await after(() => page.click("#rating a.ais-RatingMenu-link"));
  holds((await total()) < all && (await total()) > 0, "ratings do not narrow");
  await clear();
  await after(() => page.click("#red input"));
  holds((await total()) < all && (await total()) > 0, "the toggle does not narrow");
  await clear();
});
await check("sortBy: replicas sort", async () => {
  await after(() => page.selectOption("#sort select", "products_price_asc"));
  const found = await prices();
  same(found, [...found].sort((one, other) => one - other), "prices");
  await after(() => page.selectOption("#sort select", "products_price_desc"));
  holds((await prices())[0] > found[0], "the dearest is not first");
  await clear();
});
await check("pagination: pages differ and end", async () => {
  const first = await hits();
  await after(() => page.click("#pagination .ais-Pagination-item--nextPage a"));
  const second = await hits();
  holds(second.every((id) => !first.includes(id)), "a product is on both pages");
  await clear();
});
await check("autocomplete suggests and marks", async () => {
  await page.fill("#autocomplete input", "lam");
  await page.waitForSelector(".suggested mark");
  await page.keyboard.press("Escape");
});
await check("insights: views, clicks and conversions are sent here, credited, and move the next list", async () => {
  await after(() => page.fill("#searchbox input", "shoes"));
  const chosen = (await hits())[6];
  for (const name of ["look", "add"]) await page.click(`#hits article[data-id="${chosen}"] button:text("${name}")`);
  await page.waitForTimeout(300);
  const click = events.find((event) => event.eventType === "click" && event.objectIDs);
  holds(/^[0-9a-f]{32}$/.test(click?.queryID), "the click has no queryID");
  same(click.positions, [7], "positions");
  holds(events.some((event) => event.eventSubtype === "addToCart"), "no conversion was sent");
  const shopper = click.userToken;
  await page.evaluate(() => window.searchClient.clearCache());
  await after(() => page.evaluate(() => window.search.refresh()));
  holds((await hits()).indexOf(chosen) < 6, `the product is still at ${(await hits()).indexOf(chosen) + 1} for ${shopper}`);
});

await check("recommend widgets: products like one, beside it and wanted most, never itself", async () => {
  for (const place of ["trending", "related", "similar", "together"]) {
    await page.waitForSelector(`#${place} i`);
    same((await page.$$(`#${place} i`)).length, 4, place);
  }
  holds(!(await page.$(`#related i[data-id="${product}"]`)), "the product recommends itself");
});

const react = await open("react");
await check("react-instantsearch: search, refine and page", async () => {
  await react.fill("input[type=search]", "shoes");
  await react.waitForSelector("mark");
  await react.click(".ais-RefinementList-label");
  await react.waitForSelector(".ais-RefinementList-item--selected");
  await react.click(".ais-Pagination-item--nextPage a, .ais-Pagination-item--firstPage");
  holds(await react.$("article"), "no hits");
});

await check("algoliasearch in Node: search, facet values, compressed bodies", async () => {
  const { results } = await client.search({ requests: [{ indexName: "products", query: "shoes", facets: ["brand"] }, { indexName: "products", query: "mug" }] });
  same(results.length, 2, "results");
  holds(Object.keys(results[0].facets.brand).length > 0, "no facets");
  const single = await client.searchSingleIndex({ indexName: "products", searchParams: { query: "shoes" } });
  same(single.nbHits, results[0].nbHits, "nbHits");
  const [brand] = Object.keys(results[0].facets.brand);
  const found = await client.searchForFacetValues({ indexName: "products", facetName: "brand", searchForFacetValuesRequest: { facetQuery: brand.slice(0, 4) } });
  holds(found.facetHits.some(({ value }) => value === brand), "the value is not found");
});
await check("algoliasearch in Node: an unknown index is an error with a message", async () => {
  const error = await client.searchSingleIndex({ indexName: "elsewhere" }).catch((error) => error);
  same(error.status, 404, "status");
  holds(error.message.includes("does not exist"), error.message);
});

await check("no request left for another host", () => same(elsewhere, [], "requests"));
await check("no errors in the pages", () => same(complaints, [], "complaints"));
await browser.close();
pages.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
