// The shop's API: searches, suggestions and events, for a face or this browser's own visitor.

const random = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** A random word kept in `store` under `name`; a browser that keeps nothing gets one for this page. */
const kept = (() => {
  const memory = {};
  return (store, name, renew) => {
    try {
      if (renew || !store.getItem(name)) store.setItem(name, random());
      return store.getItem(name);
    } catch {
      if (renew) delete memory[name];
      return (memory[name] ??= random());
    }
  };
})();

const browser_store = (name) => { try { return window[name]; } catch { return null; } };
const visitor = (renew) => `visitor-${kept(browser_store("localStorage"), "endcap.visitor", renew)}`;
const session = () => kept(browser_store("sessionStorage"), `endcap.session.${read().shopper ?? visitor()}`);
const who = () => ({ shopper: read().shopper ?? visitor(), session: session() });

/** The shopper's name as the picker shows it, or null for this browser's own visitor. */
const face_name = () => {
  const { shopper } = read();
  return shopper && (document.querySelector(`input[name=face][value=${CSS.escape(shopper)}]`)?.dataset.name ?? shopper);
};

/** The answer to a request; a refusal throws the API's own message. */
async function ask(path, { body, signal, ...asked }) {
  const given = Object.entries(asked).filter(([, value]) => value !== "" && value != null);
  const address = given.length ? `${path}?${new URLSearchParams(given)}` : path;
  const posted = body && { method: "POST", keepalive: true, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(address, { signal, ...posted }).catch((error) => {
    throw error.name === "AbortError" ? error : new Error("the shop does not answer; check the connection and try again");
  });
  const answer = await response.json().catch(() => null);
  if (!response.ok || !answer) throw new Error(answer?.message ?? `the shop answered with status ${response.status}`);
  return answer;
}

/** Where a list appears, as rules name it. */
const surface = (state) => state.q ? "search" : state.filters.category ? "category" : filter(state) ? "search" : "home";

/** The request behind a state. */
const request = (state, changes) => ({ q: state.q, filter: filter(state), facets: "auto", sort: state.sort, page: state.page,
  hits_per_page: per_page, surface: surface(state), ...who(), impact: state.plain ? "0" : "", spelling: state.typed ? "off" : "", explain: "true", ...changes });

/** Tells the shop what the shopper did, with a hit or with a list. */
function tell(types, { id, query_id, position }, more) {
  const seen = { ...who(), at: new Date().toISOString(), query_id, ...id && { products: [id], positions: [position] }, ...more };
  ask("/v1/events", { body: { events: types.map((type) => ({ id: random(), type, ...seen })) } })
    .then((answer) => answer.refused?.length && say(answer.refused[0].message), (error) => say(error.message));
}

function say(text, action) {
  fill("note", h("span", null, text), action);
  clearTimeout(say.timer);
  say.timer = setTimeout(() => fill("note"), 7000);
}
