// A storefront made of unmodified InstantSearch and Autocomplete widgets; only the hosts are ours.

import { liteClient } from "algoliasearch/lite";
import instantsearch from "instantsearch.js";
import * as widgets from "instantsearch.js/es/widgets";
import insights from "search-insights";
import { autocomplete, getAlgoliaResults } from "@algolia/autocomplete-js";

const { host, protocol } = new URL(window.endcap);
const [url, port] = host.split(":");
const scheme = protocol.replace(":", "");
const hosts = [{ url, port: Number(port), protocol: scheme, accept: "readWrite" }];
const searchClient = liteClient("shop", window.key, { hosts });
window.searchClient = searchClient;
window.aa = insights;
// The client that is loaded is this one; without it InstantSearch would load its own from elsewhere.
window.AlgoliaAnalyticsObject = "aa";

const search = instantsearch({
  indexName: "products",
  searchClient,
  insights: {
    insightsClient: insights,
    insightsInitParams: { host: window.endcap, useCookie: false, userToken: "browser-ada" },
  },
});
window.search = search;

const place = (name) => {
  const element = document.createElement("div");
  element.id = name;
  document.body.append(element);
  return element;
};

const hit = (hit, { html, components, sendEvent }) => html`<article data-id=${hit.objectID}>
  ${components.Highlight({ hit, attribute: "title" })} <b>${hit.price}</b>
  <button onClick=${() => sendEvent("click", hit, "Product Clicked")}>look</button>
  <button onClick=${() => sendEvent("conversion", hit, "Product Added", { eventSubtype: "addToCart" })}>add</button>
</article>`;

search.addWidgets([
  widgets.configure({ hitsPerPage: 8 }),
  widgets.searchBox({ container: place("searchbox") }),
  widgets.stats({ container: place("stats") }),
  widgets.sortBy({
    container: place("sort"),
    items: [
      { label: "Best", value: "products" },
      { label: "Cheapest", value: "products_price_asc" },
      { label: "Dearest", value: "products_price_desc" },
    ],
  }),
  widgets.currentRefinements({ container: place("current") }),
  widgets.clearRefinements({ container: place("clear") }),
  widgets.refinementList({ container: place("brand"), attribute: "brand", searchable: true, limit: 20 }),
  widgets.menu({ container: place("material"), attribute: "material" }),
  widgets.hierarchicalMenu({
    container: place("category"),
    attributes: ["category.lvl0", "category.lvl1", "category.lvl2"],
  }),
  widgets.breadcrumb({
    container: place("breadcrumb"),
    attributes: ["category.lvl0", "category.lvl1", "category.lvl2"],
  }),
  widgets.rangeInput({ container: place("price"), attribute: "price" }),
  widgets.rangeSlider({ container: place("slider"), attribute: "price" }),
  widgets.ratingMenu({ container: place("rating"), attribute: "rating" }),
  widgets.numericMenu({
    container: place("prices"),
    attribute: "price",
    items: [{ label: "All" }, { label: "Up to 50", end: 50 }, { label: "More", start: 50 }],
  }),
  widgets.toggleRefinement({ container: place("red"), attribute: "color", on: "red", templates: { labelText: "Red" } }),
  widgets.hits({ container: place("hits"), templates: { item: hit } }),
  widgets.pagination({ container: place("pagination") }),
  widgets.trendingItems({ container: place("trending"), limit: 4, templates: { item: (item, { html }) => html`<i>${item.title}</i>` } }),
  ...(window.product ? [
    widgets.relatedProducts({ container: place("related"), objectIDs: [window.product], limit: 4, templates: { item: (item, { html }) => html`<i data-id=${item.objectID}>${item.title}</i>` } }),
    widgets.lookingSimilar({ container: place("similar"), objectIDs: [window.product], limit: 4, templates: { item: (item, { html }) => html`<i>${item.title}</i>` } }),
    widgets.frequentlyBoughtTogether({ container: place("together"), objectIDs: [window.product], limit: 4, templates: { item: (item, { html }) => html`<i>${item.title}</i>` } }),
  ] : []),
]);
search.start();

autocomplete({
  container: place("autocomplete"),
  openOnFocus: false,
  detachedMediaQuery: "none",
  getSources: ({ query }) => [
    {
      sourceId: "products",
      getItems: () => getAlgoliaResults({ searchClient, queries: [{ indexName: "products", params: { query, hitsPerPage: 4 } }] }),
      templates: { item: ({ item, components, html }) => html`<div class="suggested">${components.Highlight({ hit: item, attribute: "title" })}</div>` },
    },
  ],
});
