// What opens over the page: why a hit is where it is, the quick look with its events, the phone's filters.

const reasons = { popularity: ["bought more often", "bought less often"], rating: ["rated better", "rated less well"],
  freshness: ["newer in the shop", "longer in the shop"], margin: ["earns the shop more", "earns the shop less"],
  sold_out: ["", "sold out"], others: ["others moved down past it", "others moved up past it"] };

function reason({ by, name, value, places }) {
  const down = places < 0;
  if (by === "rule") return `${down ? "lowered" : "lifted"} by the shop’s rule “${name}”`;
  if (by === "pin") return `pinned here by the shop’s rule “${name}”`;
  if (by === "sort") return `sorted by ${byId("sort").selectedOptions[0]?.text.toLowerCase() ?? name}`;
  if (by !== "affinity") return reasons[by]?.[+down] ?? by;
  const [attribute, ...rest] = value.split(":");
  const liked = rest.length ? [`${lower(attribute)} `, h("strong", null, worded(leaf(rest.join(":"))))] : attribute;
  const face = face_name();
  return [face ? `${face} leans` : "you lean", down ? " less to " : " to ", liked];
}

function why(hit, opener) {
  const { text_rank, moves: moved = [] } = hit.explain;
  const popover = byId("why");
  fill("why", h("h2", null, "Why is this here?"), h("ol", null,
    text_rank != null && !read().sort && h("li", null, h("b", null, `#${text_rank}`), read().q ? "by how well it matches the words" : "before anything moved it"),
    moved.map((move) => h("li", { class: move.places > 0 ? "up" : "down" }, h("b", null, move.places !== 0 && arrow(move.places)),
      h("span", null, reason(move), move.places !== 0 && hidden(`: ${places(move.places)}`)))),
    h("li", null, h("b", null, `#${hit.position}`), moved.length ? "where it stands now" : "and nothing moved it")),
    h("button", { type: "button", class: "quiet", autofocus: true, onclick: () => { popover.hidePopover(); opener.focus(); } }, "Close"));
  popover.showPopover();
  const { left, top, bottom } = opener.getBoundingClientRect();
  const above = top - popover.offsetHeight - 8;
  popover.style.left = `${Math.max(8, Math.min(left, innerWidth - popover.offsetWidth - 16))}px`;
  popover.style.top = `${Math.max(8, bottom + popover.offsetHeight + 8 > innerHeight && above > 0 ? above : bottom + 8)}px`;
}

/** The quick look; opening it is a click and a view, and a step in history, so that Back closes it. */
function look(hit) {
  const { product } = hit;
  const variants = product.variants ?? [];
  const worth = (variant) => ({ price: variant?.price ?? offer(product)?.price, ...(currency && { currency }) });
  const names = [...new Set(variants.flatMap(Object.keys))].filter((name) => !/^(id|sku|price|list_price|stock|image|buyable)$/.test(name));
  const buyable = (variant) => variant.stock == null || variant.stock > 0;
  const chosen = { ...(fitting(product).find(buyable) ?? variants.find(buyable) ?? variants[0]) };
  const fits = (variant, but) => names.every((name) => name === but || variant[name] === chosen[name]);
  const draw = () => {
    const variant = variants.find((other) => fits(other));
    const out = product.sold_out || (variants.length > 0 && !(variant && buyable(variant)));
    byId("look-picture").replaceChildren(picture(variant?.image ?? portrait(product), product.title ?? ""));
    fill("look-price", ticket(variant?.price != null ? { price: variant.price, before: variant.list_price > variant.price && variant.list_price } : offer(product)));
    fill("look-variants", names.map((name) => h("fieldset", null, h("legend", null, label(name)),
      [...new Set(variants.map((other) => other[name]).filter(Boolean))].map((value) => h("label", {
        class: variants.some((other) => other[name] === value && fits(other, name) && buyable(other)) ? "pill" : "pill gone" },
        h("input", { type: "radio", name: `look-${name}`, id: `look-${name}-${value}`, checked: chosen[name] === value, onchange: () => {
          chosen[name] = value;
          draw();
          byId(`look-${name}-${value}`).focus();
        } }), /colou?r/.test(name) && swatch(value), value)))));
    fill("look-actions", h("button", { type: "button", class: "button", disabled: out, onclick: () => {
      tell(["add_to_cart"], hit, { ...worth(variant), quantity: 1 });
      put_in_cart(hit, worth(variant));
      say(`In your cart: ${product.title}`);
    } }, out ? (variant || !variants.length ? "Sold out" : "Not made in this combination") : "Add to cart"), h("button", { type: "button", class: "quiet", onclick: () => {
      tell(["dismiss"], hit);
      document.querySelector(`.card[data-id=${CSS.escape(hit.id)}]`)?.classList.add("out");
      byId("look").close();
      say("Noted: less like this from now on.", h("button", { type: "button", class: "quiet", onclick: () => show() }, "Refresh the order"));
    } }, "Not for me"));
  };
  const told = /^(title|description|variants|image|price|list_price|rating|reviews|sold_out|id|popularity|margin)$/;
  const facts = Object.entries(product).filter(([name, value]) => !told.test(name) && value != null && value !== maker(product) && !names.includes(name) && typeof first(value) !== "object");
  fill("look-words", !named_by_maker(product) && h("p", { class: "maker" }, maker(product)), h("h2", { id: "look-title" }, product.title ?? hit.id), stars(product));
  fill("look-facts", product.description && h("p", { class: "description" }, product.description),
    h("dl", null, facts.map(([name, value]) => h("div", null, h("dt", null, label(name)), h("dd", null, [value].flat().map(worded).join(", "))))));
  draw();
  tell(["click", "view"], hit, worth());
  show_product_rows(hit);
  if (byId("cart").open) byId("cart").close();
  if (byId("look").open) return byId("look").scrollTo({ top: 0 });
  history.pushState({ ...history.state, look: hit.id }, "");
  byId("look").showModal();
}

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => (event.target === dialog || event.target.closest("[data-close]")) && dialog.close());
}
byId("look").addEventListener("close", () => history.state?.look && history.back());

// On a phone the facets move into a dialog; on wider screens they move back.
const narrow = matchMedia("(max-width: 860px)");
function house_facets() {
  byId("filters").close();
  byId(narrow.matches ? "filters-body" : "aside").append(byId("facets"));
}
narrow.addEventListener("change", house_facets);
house_facets();
byId("filters-open").addEventListener("click", () => byId("filters").showModal());
