// Facets: a tree for paths, ranges for numbers, checkboxes for the rest; chips for what is chosen.

const unfolded = new Set();
const few = 7;
const firsts_max = 5;
const folds = new Map();
let ordered = {};

const is_tree = (attribute, values) => attribute === "category" || values.some(({ value }) => String(value).includes(" > "));

/** Attributes in the order of the answer, trees first. It stays while only filters change. */
function order_facets({ facets, facet_order = [] }, { q, filters }) {
  const asked = `${q} ${filters.category ?? ""}`;
  const known = ordered.asked === asked ? ordered.names : [];
  ordered = { asked, names: [...new Set([...known, ...facet_order])] };
  const tree_first = (name) => (is_tree(name, facets[name] ?? []) ? 0 : 1);
  return ordered.names.toSorted((a, b) => tree_first(a) - tree_first(b));
}

function show_facets(answer) {
  const { facets, ranges } = answer;
  const state = read();
  const focused = document.activeElement?.id;
  const chosen = (name) => state.filters[name]?.length || state.bounds[name]?.some((end) => end != null);
  const names = order_facets(answer, state).filter((name) => chosen(name) || (ranges[name] ? ranges[name].max > ranges[name].min : facets[name]?.length > 1));
  const is_first = (name, i) => names.length <= firsts_max + 3 || chosen(name) || i < firsts_max;
  const firsts = names.filter(is_first);
  const rest = names.filter((name) => !firsts.includes(name));
  const block = (name) => {
    const values = facets[name] ?? [];
    const content = ranges[name] ? number_range(name, ranges[name], state) : is_tree(name, values) ? tree(name, values, state) : boxes(name, values, state);
    return h("details", { open: folds.get(name) ?? firsts.includes(name), class: "facet" },
      h("summary", { id: `fold.${name}`, onclick: (event) => folds.set(name, !event.currentTarget.parentNode.open) }, label(name)), content);
  };
  const all = unfolded.has("*");
  fill("facets", firsts.map(block), all && rest.map(block), rest.length > 0 && h("button", { type: "button", class: "more facet", id: "more-filters", "aria-expanded": String(all), onclick: () => {
    unfolded[all ? "delete" : "add"]("*");
    show_facets(shown);
    byId(all ? "more-filters" : `fold.${rest[0]}`).focus();
  } }, all ? "Fewer filters" : count(rest.length, "more filter")));
  byId("filters-open").hidden = !names.length;
  if (focused && document.activeElement?.id !== focused) byId(focused)?.focus();
}

function boxes(attribute, values, state) {
  const chosen = state.filters[attribute] ?? [];
  const all = [...values, ...chosen.filter((value) => !values.some((facet) => String(facet.value) === value)).map((value) => ({ value, count: 0 }))];
  const open = unfolded.has(attribute) || all.length <= few + 2;
  const short = all.every(({ value }) => String(value).length <= 4);
  const visible = open || short ? all : all.filter(({ value }, i) => i < few || chosen.includes(String(value)));
  return h("fieldset", null, h("legend", { class: "unseen" }, label(attribute)),
    h("ul", { class: short ? "pills" : "boxes" }, visible.map(({ value, count: found }) => h("li", null, h("label", null,
      h("input", { type: "checkbox", id: `f.${attribute}.${value}`, checked: chosen.includes(String(value)),
        onchange: () => go(link(toggling(attribute, String(value)))) }),
      /colou?r/.test(attribute) && swatch(String(value)), h("span", null, worded(value)), h("small", null, numbers.format(found)))))),
    visible.length < all.length && h("button", { type: "button", class: "more", onclick: () => {
      unfolded.add(attribute);
      show_facets(shown);
      byId(`f.${attribute}.${all[few].value}`)?.focus();
    } }, `Show all ${all.length}`));
}

/** Where the shopper stands in a tree of paths: the way up, then what lies below (or beside, at a leaf). */
function tree(attribute, values, state) {
  const at = state.filters[attribute]?.[0];
  const depth = (path) => path.split(" > ").length;
  const below = (path) => values.filter(({ value }) => (path ? value.startsWith(`${path} > `) && depth(value) === depth(path) + 1 : depth(value) === 1));
  const steps = at ? at.split(" > ").map((_, i, all) => all.slice(0, i + 1).join(" > ")) : [];
  if (at && !below(at).length) steps.pop();
  for (let only = below(steps.at(-1)); only.length === 1 && below(only[0].value).length; only = below(steps.at(-1))) steps.push(only[0].value);
  const row = (value, name, found) => h("li", null, h("a", { href: link(choosing(attribute, value ? [value] : [])),
    id: `f.${attribute}.${value}`, "aria-current": value === at && "true" }, h("span", null, name), found != null && h("small", null, numbers.format(found))));
  const found = (path) => values.find(({ value }) => value === path)?.count;
  return h("ul", { class: "tree" }, at && row("", "All"), steps.map((path) => row(path, leaf(path), found(path))),
    h("li", null, h("ul", null, below(steps.at(-1)).map(({ value, count: n }) => row(value, leaf(value), n)))));
}

const amounts = (attribute) => (attribute === "price" ? prices : numbers);

/** Two numbers and two sliders for one range. Sliders run on a square scale, as most prices sit low. */
function number_range(attribute, { min, max }, { bounds: { [attribute]: [low, high] = [] } }) {
  const finest = max - min < 20 ? 10 : 1;
  const [least, most] = [Math.floor(min * finest) / finest, Math.ceil(max * finest) / finest];
  const place = (amount) => Math.round(1000 * Math.sqrt(Math.min(1, Math.max(0, (amount - least) / (most - least || 1)))));
  const amount = (thousandths) => Math.round((least + (most - least) * (thousandths / 1000) ** 2) * finest) / finest;
  const bounds = [low ?? least, high ?? most];
  const named = (i) => `${i ? "highest" : "lowest"} ${lower(attribute)}`;
  const apply = () => {
    const [from, to] = [...bounds].sort((a, b) => a - b);
    go(link(bounding(attribute, [from > least ? from : null, to < most ? to : null])));
  };
  const fields = bounds.map((value, i) => h("input", { type: "number", id: `${attribute}-${i}`, min: least, max: most, step: "any", value, inputmode: "decimal",
    "aria-label": named(i), onchange: (event) => {
      bounds[i] = event.target.value === "" ? [least, most][i] : +event.target.value;
      apply();
    } }));
  const sliders = bounds.map((value, i) => h("input", { type: "range", id: `${attribute}-slider-${i}`, min: 0, max: 1000, step: 5, value: place(value),
    "aria-label": named(i), "aria-valuetext": amounts(attribute).format(value), onchange: apply, oninput: (event) => {
      bounds[i] = fields[i].value = amount(+event.target.value);
      event.target.setAttribute("aria-valuetext", amounts(attribute).format(bounds[i]));
      paint_track();
    } }));
  const track = h("div", { class: "sliders" }, sliders);
  const paint_track = () => bounds.forEach((value, i) => track.style.setProperty(i ? "--to" : "--from", `${place(value) / 10}%`));
  paint_track();
  return h("fieldset", { class: "price-range" }, h("legend", { class: "unseen" }, label(attribute)), track, h("div", null, fields[0], h("span", null, "to"), fields[1]));
}

function show_chips() {
  const state = read();
  const chip = (text, address) => h("li", null, h("a", { href: address, class: "chip" }, hidden("remove "), text, h("span", { "aria-hidden": "true" }, "×")));
  const chips = Object.entries(state.filters).flatMap(([attribute, values]) => values.map((value) => chip(
    truth(value) || !/[a-z]{3}/i.test(value) ? `${label(attribute)}: ${worded(value).toLowerCase()}` : leaf(value), link(toggling(attribute, value)))));
  for (const [attribute, [low, high]] of Object.entries(state.bounds)) {
    const written = (amount) => amounts(attribute).format(amount);
    const ends = low == null ? `up to ${written(high)}` : high == null ? `${written(low)} and up` : `${written(low)} – ${written(high)}`;
    chips.push(chip(attribute === "price" ? ends : `${label(attribute)}: ${ends}`, link(bounding(attribute, [null, null]))));
  }
  fill("chips", chips, chips.length > 0 && h("li", null, h("a", { href: link(nothing_chosen), class: "quiet" }, "Clear all")));
  byId("filters-count").textContent = chips.length || "";
}
