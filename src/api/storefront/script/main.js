// One round: read the address, ask the shop, show the answer. Every control only changes the address.

let shown = null;
let shown_address = null;
let running = null;

function busy(is) {
  byId("main").setAttribute("aria-busy", is);
  if (is && !shown) byId("results").replaceChildren(...Array.from({ length: 8 }, () => h("li", { class: "card waiting", "aria-hidden": "true" },
    h("div", { class: "shelf" }, h("div", { class: "picture" })), h("div", { class: "words" }, h("p"), h("p")))));
}

/** The answer, the other order to compare with, and when nothing was found, what else the shop has. */
async function fetch_all(state, list, signal) {
  const wide = 4 * per_page;
  const other = { impact: state.plain ? "" : "0", facets: "", explain: "", page: Math.ceil((state.page * per_page) / wide), hits_per_page: wide };
  const [answer, compared] = await Promise.all([ask("/v1/search", { ...request(state), query_id: list, signal }),
    state.sort ? null : ask("/v1/search", { ...request(state, other), signal }).catch(() => null)]);
  const others = answer.total ? null : await ask("/v1/search", { ...request(state, { q: "", filter: "", facets: "", explain: "", sort: "", page: 1, hits_per_page: 8 }), signal });
  return { answer, compared, others };
}

/** Shows what the address asks for; `list` is the query whose order is held, none begins a new one. */
async function show(then, list) {
  running?.abort();
  const { signal } = (running = new AbortController());
  const state = read();
  shown_address = location.search;
  show_controls(state);
  busy(true);
  try {
    const { answer, compared, others } = await fetch_all(state, list, signal);
    if (signal.aborted) return;
    if (!list && !state.plain && !history.state?.told && surface(state) !== "home") tell([state.q ? "search" : "category"], answer, { query: state.q });
    history.replaceState({ ...history.state, list: answer.query_id, told: true }, "");
    const away = answer.redirect && new URL(answer.redirect.url, location);
    if (away && away.href !== location.href) return location.replace(away);
    for (const { hits, query_id } of [answer, others ?? answer]) for (const hit of hits) hit.query_id = query_id;
    const moved = moves(answer.hits, compared);
    shown = answer;
    show_page_rows(state, signal);
    fill("error");
    show_results(state, answer, moved, others?.hits);
    show_facets(shown);
    fill("understood", understood(state, answer));
    const banners = (below) => answer.banners?.filter(({ place }) => (place === "bottom") === below).map(banner);
    fill("banners", banners(false));
    fill("banners-below", banners(true));
    const found = count(answer.total, "product");
    fill("count", found, h("small", null, ` in ${numbers.format(+answer.took_ms.toFixed(1))} ms`));
    byId("summary").textContent = answer.hits.length ? summary(state, answer, moved) : "";
    byId("status").textContent = `${found} for ${heading(state)}`;
    byId("filters-done").textContent = `Show ${found}`;
  } catch (error) {
    if (signal.aborted) return;
    shown ??= (byId("results").replaceChildren(), null);
    fill("error", h("strong", null, "This did not work. "), error.message, h("button", { type: "button", class: "quiet", onclick: () => show() }, "Try again"));
  }
  busy(false);
  if (then === "top") {
    scrollTo({ top: 0 });
    byId("heading").focus({ preventScroll: true });
  }
}

function show_controls(state) {
  box.value = state.q;
  byId("heading").textContent = heading(state);
  document.title = `${heading(state)} · ${document.body.dataset.shop}`;
  byId("sort").value = state.sort;
  byId(state.plain ? "plain" : "personal").checked = true;
  byId("who").textContent = face_name() ?? "a new visitor";
  for (const input of document.querySelectorAll("input[name=face]")) input.checked = input.value === (state.shopper ?? "");
  show_chips();
  show_cart_count();
}

document.addEventListener("click", (event) => {
  const anchor = event.target.closest('a[href^="?"]');
  if (!anchor || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(anchor.getAttribute("href"), anchor.closest("#facets, #chips") ? null : "top", anchor.closest("#pages") && shown?.query_id);
});
byId("sort").addEventListener("change", ({ target }) => go(link({ sort: target.value })));
byId("order").addEventListener("change", ({ target }) => go(link({ page: read().page, plain: target.value === "plain" })));
byId("faces").addEventListener("change", ({ target }) => go(link({ shopper: target.value })));
byId("faces").addEventListener("click", (event) => event.detail && event.target.closest(".face") && byId("faces").hidePopover());
byId("afresh").addEventListener("click", () => {
  visitor(true);
  byId("faces").hidePopover();
  say("This browser is a new visitor now; what it did before is no longer linked to it.");
  go(link({ shopper: null }));
});
addEventListener("popstate", () => {
  if (byId("look").open && !history.state?.look) byId("look").close();
  if (location.search !== shown_address) show(null, history.state?.list);
});
show(null, performance.getEntriesByType("navigation")[0]?.type === "reload" ? null : history.state?.list);
