// Nodes out of values. Text from the shop always becomes text nodes, so nothing in a feed is ever read as markup.

const byId = (id) => document.getElementById(id);
const { currency, language } = document.body.dataset;
const numbers = new Intl.NumberFormat(language);
const prices = new Intl.NumberFormat(language, currency ? { style: "currency", currency } : { minimumFractionDigits: 2 });
const count = (number, word) => `${numbers.format(number)} ${word}${number === 1 ? "" : "s"}`;

/** An element with properties (`on…` listens, `--…` is a style variable) and children; empty ones are left out. */
function h(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) node.style.setProperty(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false && child !== ""));
  return node;
}

/** Replaces what `id` shows and hides it when nothing is left to show. */
function fill(id, ...children) {
  const node = h("div", null, ...children);
  byId(id).replaceChildren(...node.childNodes);
  byId(id).hidden = !byId(id).hasChildNodes();
}

/** Text in which `<em>` marks matches; every other character stands for itself. */
const marked = (text) => String(text).split(/<em>(.*?)<\/em>/s).map((part, i) => (i % 2 ? h("em", null, part) : part));

const hidden = (text) => h("span", { class: "unseen" }, text);
const label = (attribute) => (attribute[0].toUpperCase() + attribute.slice(1)).replaceAll("_", " ");
const leaf = (path) => String(path).split(" > ").at(-1);

/** A value of the answer in words: a string as it is, an object by its most telling fields. */
function words(value) {
  if (value === null || typeof value !== "object") return String(value ?? "");
  if (Array.isArray(value)) return value.map(words).join(", ");
  if (value.from && value.to) return `${words(value.from)} → ${words(value.to)}`;
  return String(value.message ?? value.text ?? value.filter ?? value.name ?? value.value ?? Object.values(value).join(" "));
}

/** A dot of a colour by its name: the style sheet knows the names shops use, the browser knows the rest. */
const swatch = (name) => h("span", { class: "swatch", "data-paint": name.toLowerCase(), "--named": name.replace(/[\s-]/g, ""), title: name });

/** A picture that fades in over a drawn placeholder, which stays when the picture does not load. */
function picture(source, title) {
  const image = source && h("img", { alt: title, loading: "lazy", decoding: "async", referrerpolicy: "no-referrer",
    onload: () => image.classList.add("loaded"), onerror: () => image.remove() });
  if (image) image.src = source;
  return h("div", { class: "picture" }, image);
}

const stars = ({ rating, reviews }) => rating > 0 && h("p", { class: "rating" },
  h("span", { class: "stars", role: "img", "aria-label": `rated ${numbers.format(rating)} of 5`, "--share": `${rating * 20}%` }, "★★★★★"),
  reviews > 0 && h("span", null, `${numbers.format(reviews)}`, hidden(" reviews")));

/** The lowest price among product and variants, whether others cost more, and the price it came down from. */
function offer(product) {
  const priced = (product.variants ?? []).filter(({ price }) => price != null).sort((a, b) => a.price - b.price);
  const best = product.price != null && !priced.some(({ price }) => price < product.price) ? product : priced[0];
  if (!best) return null;
  const before = best.list_price ?? priced.find(({ price }) => price === best.price)?.list_price ?? product.list_price;
  return { price: best.price, varies: priced.some(({ price }) => price > best.price), before: before > best.price ? before : null };
}

const ticket = (cost) => cost && h("p", { class: cost.before ? "ticket sale" : "ticket" }, cost.varies && h("small", null, "from "),
  h("strong", null, prices.format(cost.price)), cost.before && h("s", null, hidden("was "), prices.format(cost.before)));

const maker = (product) => product.brand ?? product.supplier ?? product.vendor ?? product.manufacturer;
