// The address bar is the state: everything the shopper chose, and nothing else, so Back and sharing just work.

const per_page = 24;

/** What the address asks for. */
function read() {
  const asked = new URLSearchParams(location.search);
  const amount = (name) => (asked.get(name) && Number.isFinite(+asked.get(name)) ? +asked.get(name) : null);
  const filters = {};
  for (const [name, value] of asked) if (name.startsWith("f.")) (filters[name.slice(2)] ??= []).push(value);
  return { q: asked.get("q") ?? "", filters, low: amount("from"), high: amount("to"), sort: asked.get("sort") ?? "",
    page: Math.max(1, Math.floor(amount("page") ?? 1)), shopper: asked.get("shopper"), plain: asked.has("plain") };
}

/** The address of the current state with changes; any change but a page goes back to page 1. */
function link(changes) {
  const { q, filters, low, high, sort, page, shopper, plain } = { ...read(), page: 1, ...changes };
  const asked = new URLSearchParams();
  if (q) asked.set("q", q);
  for (const [attribute, values] of Object.entries(filters)) for (const value of values) asked.append(`f.${attribute}`, value);
  if (low != null) asked.set("from", low);
  if (high != null) asked.set("to", high);
  if (sort) asked.set("sort", sort);
  if (page > 1) asked.set("page", page);
  if (shopper) asked.set("shopper", shopper);
  if (plain) asked.set("plain", "1");
  return `?${asked}`;
}

/** The filters with an attribute's values replaced. */
const choosing = (attribute, values) => ({ filters: { ...read().filters, [attribute]: values } });

/** The filters with one value added, or taken away when it was there. */
function toggling(attribute, value) {
  const values = read().filters[attribute] ?? [];
  return choosing(attribute, values.includes(value) ? values.filter((other) => other !== value) : [...values, value]);
}

const nothing_chosen = { filters: {}, low: null, high: null };

const quoted = (value) => `"${value.replace(/[\\"]/g, "\\$&")}"`;

/** The state in the filter language, without the attribute `except`: values of one attribute are alternatives. */
function filter({ filters, low, high }, except) {
  const clauses = Object.entries(filters).filter(([attribute, values]) => attribute !== except && values.length)
    .map(([attribute, values]) => {
      const either = values.map((value) => `${attribute}:${quoted(value)}`).join(" OR ");
      return values.length > 1 ? `(${either})` : either;
    });
  if (except !== "price") {
    if (low != null && high != null) clauses.push(`price:${low} TO ${high}`);
    else if (low != null) clauses.push(`price >= ${low}`);
    else if (high != null) clauses.push(`price <= ${high}`);
  }
  return clauses.join(" AND ");
}

/** Goes to an address made by `link` and shows it. */
function go(address, then) {
  if (address !== (location.search || "?")) history.pushState(null, "", address === "?" ? location.pathname : address);
  show(then);
}
