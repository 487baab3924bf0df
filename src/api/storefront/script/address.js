// The address is the state: all that the shopper chose and nothing else, so Back and sharing just work.

const per_page = 24;

function read() {
  const asked = new URLSearchParams(location.search);
  const filters = {};
  const bounds = {};
  for (const [name, value] of asked) {
    const [kind, attribute] = name.split(/\.(.*)/s);
    const end = ["from", "to"].indexOf(kind);
    if (!attribute || !value) continue;
    if (kind === "f") (filters[attribute] ??= []).push(value);
    else if (end >= 0 && Number.isFinite(+value)) (bounds[attribute] ??= [null, null])[end] = +value;
  }
  return { q: asked.get("q") ?? "", filters, bounds, sort: asked.get("sort") ?? "", page: Math.max(1, Math.floor(+asked.get("page")) || 1),
    shopper: asked.get("shopper"), plain: asked.has("plain"), typed: asked.has("typed"), rules: asked.has("rules") };
}

/** The address of the current state with changes; any change but a page goes back to page 1. */
function link(changes) {
  const { q, filters, bounds, sort, page, shopper, plain, typed, rules } = { ...read(), page: 1, ..."q" in changes && { typed: false }, ...changes };
  const asked = new URLSearchParams();
  if (q) asked.set("q", q);
  for (const [attribute, values] of Object.entries(filters)) for (const value of values) asked.append(`f.${attribute}`, value);
  for (const [attribute, ends] of Object.entries(bounds)) ends.forEach((end, i) => end != null && asked.set(`${i ? "to" : "from"}.${attribute}`, end));
  if (sort) asked.set("sort", sort);
  if (page > 1) asked.set("page", page);
  if (shopper) asked.set("shopper", shopper);
  if (plain) asked.set("plain", "1");
  if (typed) asked.set("typed", "1");
  if (rules) asked.set("rules", "1");
  return `?${asked}`;
}

const choosing = (attribute, values) => ({ filters: { ...read().filters, [attribute]: values } });

function toggling(attribute, value) {
  const values = read().filters[attribute] ?? [];
  return choosing(attribute, values.includes(value) ? values.filter((other) => other !== value) : [...values, value]);
}

/** `null` is an open end. */
const bounding = (attribute, ends) => ({ bounds: { ...read().bounds, [attribute]: ends } });

const nothing_chosen = { filters: {}, bounds: {} };

const quoted = (value) => `"${value.replace(/[\\"]/g, "\\$&")}"`;

/** The state in the filter language: values of one attribute are alternatives. */
function filter({ filters, bounds }) {
  const clauses = Object.entries(filters).map(([attribute, values]) => {
    const either = values.map((value) => `${attribute}:${quoted(value)}`).join(" OR ");
    return values.length > 1 ? `(${either})` : either;
  });
  for (const [attribute, [low, high]] of Object.entries(bounds)) {
    if (low != null && high != null) clauses.push(`${attribute}:${low} TO ${high}`);
    else if (low != null) clauses.push(`${attribute} >= ${low}`);
    else if (high != null) clauses.push(`${attribute} <= ${high}`);
  }
  return clauses.join(" AND ");
}

/** Goes to an address made by `link` and shows it: as another page of `list`, or as a new list. */
function go(address, then, list) {
  if (address !== (location.search || "?")) history.pushState(null, "", address === "?" ? location.pathname : address);
  show(then, list);
}
