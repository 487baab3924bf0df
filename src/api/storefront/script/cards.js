// The results: cards, what moved against the other order, words about the whole, pages.

const places = (moved) => `${count(Math.abs(moved), "place")} ${moved > 0 ? "higher" : "lower"}`;

/** How far each hit stands above (+) or below (−) its place in the plain order, as far as that was read. */
function moves(hits, plain) {
  const known = new Map(plain?.hits.map((hit) => [hit.id, hit.position]));
  return hits.map((hit) => (known.get(hit.id) ?? hit.position) - hit.position);
}

const arrow = (moved) => `${moved > 0 ? "▲" : "▼"} ${Math.abs(moved)}`;
const mark = (moved) => moved !== 0 && h("p", { class: moved > 0 ? "mark up" : "mark down" }, h("span", { "aria-hidden": "true" }, arrow(moved)),
  hidden(`${places(moved)} than in the plain order`));

/** The variants that fit what was chosen: who asks for teal sees teal. */
function fitting({ variants = [] }) {
  const chosen = Object.entries(read().filters);
  return chosen.length ? variants.filter((variant) => chosen.every(([name, values]) => variant[name] == null || values.includes(String(variant[name])))) : [];
}

function portrait(product) {
  const pictured = (variants) => variants?.find(({ image }) => image)?.image;
  return first(pictured(fitting(product)) ?? product.image ?? pictured(product.variants));
}

function card(hit, moved) {
  const { product, highlight } = hit;
  const hue = Object.keys(product.variants?.[0] ?? {}).find((name) => /colou?r/.test(name));
  const colours = [...new Set((product.variants ?? []).map((variant) => variant[hue]).filter(Boolean))];
  return h("li", { class: product.sold_out ? "card out" : "card", "data-id": hit.id },
    h("div", { class: "shelf" }, picture(portrait(product), ""), product.sold_out && h("p", { class: "badge" }, "Sold out"), mark(moved)),
    h("div", { class: "words" }, ticket(offer(product)),
      !named_by_maker(product) && h("p", { class: "maker" }, maker(product)),
      h("h2", null, h("button", { type: "button", class: "open", id: `open-${hit.id}`, onclick: () => look(hit) }, marked(highlight?.title ?? product.title ?? hit.id))),
      stars(product),
      colours.length > 1 && h("p", { class: "colours" }, colours.slice(0, 5).map(swatch), h("span", null, count(colours.length, lower(hue).split(" ").at(-1)))),
      hit.explain && h("button", { type: "button", class: "why", onclick: (event) => why(hit, event.currentTarget) }, "Why here?")));
}

const named_by_maker = (product) => !maker(product) || `${product.title}`.toLowerCase().startsWith(`${maker(product)}`.toLowerCase());

function summary(state, answer, moved) {
  const name = face_name() ?? "you";
  if (state.sort) return "This order is by choice, so nothing personal moves it.";
  const others = moved.filter(Boolean).length;
  if (state.plain) return others ? `The same for everyone. For ${name}, ${others} of these ${moved.length} would stand elsewhere.` : "The same for everyone.";
  if (!others) return face_name() ? `Nothing moved for ${name} here.` : "Nothing has moved yet: open a few products you like, then look again.";
  const best = moved.indexOf(Math.max(...moved));
  return `${others} of ${moved.length} moved for ${name}${moved[best] > 0 ? `; “${answer.hits[best].product.title}” climbed most, ▲ ${moved[best]}` : ""}.`;
}

/** Which rules are in effect is told only to those who ask for `rules` in the address: merchandisers, not shoppers. */
function understood(state, { query, understood: { spelling, synonyms, filters, left_out, relaxed }, hits, problems, rules }) {
  const held = rules.filter((rule) => rule.held).map(({ name, reason }) => (reason ? `${name} (${reason})` : name));
  return [spelling && ["Showing results for ", h("strong", null, spelling), "; ", h("a", { href: link({ typed: true }) }, `search instead for ${query}`)],
    relaxed && hits.length > 0 && ["Some lack a word."],
    left_out.length > 0 && ["Left out: ", left_out.join(", ")],
    filters.length > 0 && ["Read as ", filters.join(", ")],
    synonyms.length > 0 && ["Also looked for ", synonyms.join("; ")],
    state.rules && held.length > 0 && ["In effect: ", held.join(", ")],
    ...(hits.length ? problems : []).map(({ reason }) => [reason])].filter(Boolean).map((sentence) => h("li", null, sentence));
}

function heading({ q, filters }) {
  const path = filters.category?.[0];
  return q ? `“${q}”` : path ? leaf(path) : Object.values(filters).flat().map(leaf).join(", ") || "Everything";
}

const banner = ({ title, text, image, url }) => h(url ? "a" : "div", { class: "promo", href: url }, image && h("img", { src: image, alt: "" }),
  h("strong", null, title), h("span", null, text));

function show_results(state, answer, moved, others) {
  byId("results").replaceChildren(...(others ?? answer.hits).map((hit, i) => card(hit, state.plain || others ? 0 : moved[i])));
  note_pictures();
  const none = !answer.hits.length;
  byId("none").hidden = !none;
  const [advice, way, address] = answer.total ? ["The list ends before this page.", "To the first page", {}]
    : filter(state) ? ["Try other words, or take a filter away.", "Clear all filters", nothing_chosen]
    : ["Try fewer or other words.", "See everything", { q: "" }];
  if (none) fill("none", h("h2", null, "Nothing on this shelf"), h("p", null, advice), h("p", null, h("a", { class: "button", href: link(address) }, way)),
    others && h("p", null, "Or one of these:"));
  const last = Math.ceil(answer.total / answer.hits_per_page);
  const near = [1, state.page - 1, state.page, state.page + 1, last].filter((page, i, all) => page >= 1 && page <= last && all.indexOf(page) === i);
  const step = (page, text) => page >= 1 && page <= last && h("a", { href: link({ page }), class: "step" }, text);
  fill("pages", last > 1 && [step(state.page - 1, "← Previous"), near.map((page, i) => [page - near[i - 1] > 1 && h("span", null, "…"),
    h("a", { href: link({ page }), "aria-current": page === state.page && "page", "aria-label": `page ${page}` }, page)]), step(state.page + 1, "Next →")]);
}
