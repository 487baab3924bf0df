// Lists that recommend: on the home page and in categories, beside a product, in the cart and after buying.

const row_products = 6;

/** A recommended product, with why. */
const tile = (hit) => h("li", { class: "tile", "data-id": hit.id },
  h("button", { type: "button", onclick: () => look(hit) }, picture(portrait(hit.product), ""), h("strong", null, hit.product.title ?? hit.id)),
  ticket(offer(hit.product)), h("small", null, hit.why.text));

/** One list as a row; none when it is empty or refused. `title` may depend on what it holds. */
async function row(title, list, asked) {
  const answer = await ask("/v1/recommend", { list, count: row_products, ...who(), ...asked }).catch(() => null);
  if (!answer?.hits.length) return null;
  for (const hit of answer.hits) hit.query_id = answer.query_id;
  const known = answer.hits.some(({ why }) => !["trending", "popular", "anything", "rule"].includes(why.model));
  return h("section", { class: "row", "data-list": list }, h("h2", null, typeof title === "function" ? title(known) : title), h("ul", null, answer.hits.map(tile)));
}

/** Fills `id` with rows, one after the other, so that no product is in two of them. */
async function fill_rows(id, rows, is_current) {
  const page_id = random();
  const found = [];
  for (const [title, list, asked] of rows) found.push(await row(title, list, { page_id, ...asked }));
  if (is_current()) show_rows(id, found);
}
function show_rows(id, rows) {
  byId(id).replaceChildren(...rows.filter(Boolean));
  byId(id).hidden = !byId(id).hasChildNodes();
}

/** The rows above a list: of the home page, and of a category. */
function show_page_rows(state, signal) {
  const category = state.filters.category?.[0];
  const home = [[(known) => (known ? `Picked for ${face_name() ?? "you"}` : "Popular right now"), "for_you"], ["You looked at", "recently_viewed"],
    ["Reduced", "price_drop"], ["Wanted most these days", "trending"], ["New in the shop", "new"]];
  const rows = state.page > 1 || state.plain ? [] : surface(state) === "home" ? home
    : category && !state.q ? [[`Wanted most in ${leaf(category)}`, "trending", { category, surface: "category" }]] : [];
  return fill_rows("rows", rows, () => !signal.aborted);
}

/** The rows beside a product. */
function show_product_rows({ id }) {
  show_product_rows.of = id;
  byId("look-lists").hidden = true;
  fill_rows("look-lists", [["Goes with it", "complements", { products: id }], ["Instead of it", "similar", { products: id }], ["A step up", "trade_up", { products: id }]],
    () => show_product_rows.of === id);
}

// The cart is this browser's, one for each shopper, and the shop hears of it by events.
const carts = {};
const cart = () => (carts[who().shopper] ??= []);
function put_in_cart(hit, worth) {
  cart().unshift({ hit, worth });
  show_cart_count();
}
const show_cart_count = () => { byId("cart-count").textContent = cart().length; };

function show_cart() {
  const items = cart();
  const products = items.map(({ hit }) => hit.id).join(",");
  const cost = items.reduce((sum, { worth }) => sum + (worth.price ?? 0), 0);
  byId("cart-title").textContent = items.length ? "Your cart" : "Your cart is empty";
  fill("cart-items", items.map((item) => h("li", null, h("span", null, item.hit.product.title), h("b", null, item.worth.price != null && prices.format(item.worth.price)),
    h("button", { type: "button", class: "quiet", onclick: () => {
      items.splice(items.indexOf(item), 1);
      tell(["remove_from_cart"], item.hit);
      show_cart();
    } }, "Remove"))));
  fill("cart-foot", items.length > 0 && h("button", { type: "button", class: "button", onclick: buy }, `Buy for ${prices.format(cost)}`));
  fill_rows("cart-lists", items.length ? [["Completes your cart", "cart", { products }]] : [], () => cart().length === items.length);
  show_cart_count();
  if (!byId("cart").open) byId("cart").showModal();
}

function buy() {
  const items = cart().splice(0);
  for (const { hit, worth } of items) tell(["purchase"], hit, { ...worth, quantity: 1 });
  byId("cart-title").textContent = "Thank you";
  fill("cart-items");
  fill("cart-foot");
  fill_rows("cart-lists", [["Next to what you bought", "after_purchase", { products: items.map(({ hit }) => hit.id).join(",") }]], () => !cart().length);
  show_cart_count();
}
byId("cart-open").addEventListener("click", show_cart);
