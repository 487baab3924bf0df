// Nodes out of values. The shop's text becomes text nodes, so nothing in a feed is ever read as markup.

const byId = (id) => document.getElementById(id);
const { currency, language } = document.body.dataset;
const numbers = new Intl.NumberFormat(language);
const prices = new Intl.NumberFormat(language, currency ? { style: "currency", currency } : { minimumFractionDigits: 2 });
const dates = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
const count = (number, word) => `${numbers.format(number)} ${word}${number === 1 ? "" : "s"}`;

/** An element with properties (`on…` listens, `--…` is a style variable) and children, but for empty ones. */
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

const marked = (text) => String(text).split(/<em>(.*?)<\/em>/s).map((part, i) => (i % 2 ? h("em", null, part) : part));

const hidden = (text) => h("span", { class: "unseen" }, text);
/** An attribute's name for people: `usb_2_0_ports` is `USB 2.0 ports`. */
function label(attribute) {
  const text = attribute.replace(/(_[a-z])+$/, "").replace(/(\d)_(?=\d)/g, "$1.").replaceAll("_", " ")
    .replace(/\b(cpu|hdd|hdmi|lan|lcd|led|pc|ram|ssd|tdp|usb|vga)\b/g, (word) => word.toUpperCase());
  return text[0].toUpperCase() + text.slice(1);
}
const lower = (attribute) => label(attribute).replace(/^[A-Z](?![A-Z])/, (letter) => letter.toLowerCase());
const truth = (value) => ({ true: "Yes", yes: "Yes", false: "No", no: "No" })[String(value).toLowerCase()];
/** A value for people: yes or no, a date without its time, a path with arrows. */
const worded = (value) => truth(value) ?? (/^\d{4}-\d\d-\d\dT/.test(value) ? dates.format(new Date(value)) : String(value).replaceAll(" > ", " › "));
const first = (value) => (Array.isArray(value) ? value[0] : value);
const leaf = (path) => String(path).split(" > ").at(-1);

/** A dot of a colour: the style sheet knows the names shops use, the browser the rest. */
const swatch = (name) => h("span", { class: "swatch", "data-paint": name.toLowerCase().replace(/[,/]/g, " "), "--named": name.replace(/[\s-]/g, ""), title: name });

/** Pictures that did not load, by where from; after a few and no success, no more are asked for. */
const missed = {};
const missed_max = 3;

/** A picture that fades in over a drawn placeholder, which stays when the picture does not load. */
function picture(source, title) {
  const from = source && URL.canParse(source, location) && new URL(source, location).origin;
  const image = from && !(missed[from] >= missed_max) && h("img", { alt: title, loading: "lazy", decoding: "async", referrerpolicy: "no-referrer",
    onload: () => {
      missed[from] = -Infinity;
      image.classList.add("loaded");
    }, onerror: () => {
      image.remove();
      missed[from] = (missed[from] ?? 0) + 1;
      if (missed[from] === missed_max) for (const other of document.images) if (new URL(other.src).origin === from) queueMicrotask(() => other.remove());
      queueMicrotask(note_pictures);
    } });
  if (image) image.src = source;
  return h("div", { class: "picture" }, image);
}

/** A shop without pictures needs no room for them. */
const note_pictures = () => byId("results").classList.toggle("pictureless", !byId("results").querySelector("img"));

const stars = ({ rating, reviews }) => rating > 0 && h("p", { class: "rating" },
  h("span", { class: "stars", role: "img", "aria-label": `rated ${numbers.format(rating)} of 5`, "--share": `${rating * 20}%` }, "★★★★★"),
  reviews > 0 && h("span", null, numbers.format(reviews), hidden(" reviews")));

/** The lowest price among product and variants, whether others cost more, and the price it came down from. */
function offer(product) {
  const priced = (product.variants ?? []).filter(({ price }) => price != null).sort((a, b) => a.price - b.price);
  const best = typeof product.price === "number" && !priced.some(({ price }) => price < product.price) ? product : priced[0];
  if (!best) return null;
  const before = best.list_price ?? priced.find(({ price }) => price === best.price)?.list_price ?? first(product.list_price);
  return { price: best.price, varies: priced.some(({ price }) => price > best.price), before: before > best.price ? before : null };
}

const ticket = (cost) => cost && h("p", { class: cost.before ? "ticket sale" : "ticket" }, cost.varies && h("small", null, "from "),
  h("strong", null, prices.format(cost.price)), cost.before && h("s", null, hidden("was "), prices.format(cost.before)));

const maker = (product) => product.brand ?? product.supplier ?? product.vendor ?? product.manufacturer;
