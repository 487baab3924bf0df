// Facets: a path tree for categories, checkboxes for the rest, a price range, and chips for what is chosen.

const unfolded = new Set();
const few = 7;

/** The main answer's facets, where each chosen attribute also counts what choosing more of it would find. */
function merge_facets(answer, wider) {
  const facets = { ...answer.facets };
  const ranges = { ...answer.ranges };
  for (const [attribute, other] of Object.entries(wider)) {
    if (attribute === "price") ranges.price = other?.ranges?.price ?? ranges.price;
    else if (other?.facets?.[attribute]) {
      const known = other.facets[attribute];
      const new_ones = (facets[attribute] ?? []).filter(({ value }) => !known.some((facet) => facet.value === value));
      facets[attribute] = [...known, ...new_ones];
    }
  }
  return { facets, ranges };
}

function show_facets({ facets, ranges }) {
  const state = read();
  const focused = document.activeElement?.id;
  const is_tree = (attribute) => attribute === "category" || facets[attribute].some(({ value }) => String(value).includes(" > "));
  const names = Object.keys(facets).filter((attribute) => !ranges[attribute] && (facets[attribute].length > 1 || state.filters[attribute]?.length));
  const blocks = names.map((name) => [name, is_tree(name) ? tree(name, facets[name], state) : boxes(name, facets[name], state)]);
  const trees = names.filter(is_tree).length;
  blocks.sort(([a], [b]) => is_tree(b) - is_tree(a));
  if (ranges.price && ranges.price.max > ranges.price.min) blocks.splice(trees, 0, ["price", price_range(ranges.price, state)]);
  fill("facets", blocks.map(([name, content]) => h("details", { open: !unfolded.has(`shut ${name}`), class: "facet",
    ontoggle: (event) => unfolded[event.target.open ? "delete" : "add"](`shut ${name}`) }, h("summary", null, label(name)), content)));
  byId("filters-open").hidden = !blocks.length;
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
      /colou?r/.test(attribute) && swatch(String(value)), h("span", null, String(value)), h("small", null, numbers.format(found)))))),
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

/** Two numbers and two sliders for one range. Sliders run on a square scale, as most prices sit low. */
function price_range({ min, max }, { low, high }) {
  const [least, most] = [Math.floor(min), Math.ceil(max)];
  const place = (amount) => Math.round(1000 * Math.sqrt(Math.min(1, Math.max(0, (amount - least) / (most - least)))));
  const amount = (thousandths) => Math.round(least + (most - least) * (thousandths / 1000) ** 2);
  const bounds = [low ?? least, high ?? most];
  const apply = () => {
    const [from, to] = [...bounds].sort((a, b) => a - b);
    go(link({ low: from > least ? from : null, high: to < most ? to : null }));
  };
  const fields = bounds.map((value, i) => h("input", { type: "number", id: `price-${i}`, min: least, max: most, step: "any", value, inputmode: "decimal",
    "aria-label": i ? "highest price" : "lowest price", onchange: (event) => {
      bounds[i] = event.target.value === "" ? [least, most][i] : +event.target.value;
      apply();
    } }));
  const sliders = bounds.map((value, i) => h("input", { type: "range", id: `price-slider-${i}`, min: 0, max: 1000, step: 5, value: place(value),
    "aria-label": i ? "highest price" : "lowest price", "aria-valuetext": prices.format(value), onchange: apply, oninput: (event) => {
      bounds[i] = fields[i].value = amount(+event.target.value);
      event.target.setAttribute("aria-valuetext", prices.format(bounds[i]));
      paint_track();
    } }));
  const track = h("div", { class: "sliders" }, sliders);
  const paint_track = () => bounds.forEach((value, i) => track.style.setProperty(i ? "--to" : "--from", `${place(value) / 10}%`));
  paint_track();
  return h("fieldset", { class: "price-range" }, h("legend", { class: "unseen" }, "Price"), track, h("div", null, fields[0], h("span", null, "to"), fields[1]));
}

function show_chips() {
  const state = read();
  const chip = (text, address) => h("li", null, h("a", { href: address, class: "chip" }, hidden("remove "), text, h("span", { "aria-hidden": "true" }, "×")));
  const chips = Object.entries(state.filters).flatMap(([attribute, values]) => values.map((value) => chip(
    /^(true|false)$/.test(value) ? `${label(attribute)}: ${value}` : leaf(value), link(toggling(attribute, value)))));
  if (state.low != null || state.high != null) {
    const ends = state.low == null ? `up to ${prices.format(state.high)}` : state.high == null ? `${prices.format(state.low)} and up`
      : `${prices.format(state.low)} – ${prices.format(state.high)}`;
    chips.push(chip(ends, link({ low: null, high: null })));
  }
  fill("chips", chips, chips.length > 0 && h("li", null, h("a", { href: link(nothing_chosen), class: "quiet" }, "Clear all")));
  byId("filters-count").textContent = chips.length || "";
}
