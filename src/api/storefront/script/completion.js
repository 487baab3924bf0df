// Completion under the search box: a combobox with a list, for keyboard and pointer.

const box = byId("q");
const list = byId("completions");
let suggestions = [];
let active = -1;
let typing = null;

function close_list() {
  typing?.abort();
  suggestions = [];
  mark_active(-1);
  list.hidden = true;
  box.setAttribute("aria-expanded", "false");
}

function mark_active(index) {
  active = index;
  [...list.children].forEach((option, i) => option.setAttribute("aria-selected", i === index));
  if (index < 0) box.removeAttribute("aria-activedescendant");
  else box.setAttribute("aria-activedescendant", `completion-${index}`);
  list.children[index]?.scrollIntoView({ block: "nearest" });
}

async function complete() {
  typing?.abort();
  const q = box.value.trim();
  if (!q) return close_list();
  const { signal } = (typing = new AbortController());
  await new Promise((resume) => setTimeout(resume, 90));
  if (signal.aborted) return;
  const answer = await ask("/v1/suggest", { q, signal, shopper: who().shopper }).catch(() => null);
  if (signal.aborted || document.activeElement !== box) return;
  suggestions = answer?.suggestions ?? [];
  list.replaceChildren(...suggestions.map(({ text, kind, highlight, count: found }, i) => h("li", { role: "option", id: `completion-${i}`,
    "aria-selected": "false", class: kind, onclick: () => choose(i) }, h("span", null, marked(leaf(highlight ?? text))),
    h("small", null, worded(text.split(" > ").slice(0, -1).join(" > ")) || kind, found != null && ` · ${numbers.format(found)}`))));
  mark_active(-1);
  list.hidden = !suggestions.length;
  box.setAttribute("aria-expanded", String(!list.hidden));
}

/** A brand or category that the shop facets becomes a filter; anything else becomes the query. */
function choose(index) {
  const { text, kind } = suggestions[index];
  const faceted = shown?.facets[kind];
  close_list();
  box.value = faceted ? "" : text;
  go(link({ ...nothing_chosen, ...(faceted ? { q: "", filters: { [kind]: [text] } } : { q: leaf(text) }) }), "top");
}

box.addEventListener("input", complete);
box.addEventListener("blur", close_list);
list.addEventListener("pointerdown", (event) => event.preventDefault());
box.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    if (list.hidden) return complete();
    const places = suggestions.length + 1;
    mark_active(((active + 1 + step + places) % places) - 1);
  } else if (event.key === "Enter" && active >= 0) {
    event.preventDefault();
    choose(active);
  } else if (event.key === "Escape") {
    event.preventDefault();
    if (list.hidden) box.value = "";
    close_list();
  }
});
byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  close_list();
  go(link(box.value.trim() === read().q ? { page: read().page } : { ...nothing_chosen, q: box.value.trim() }), "top");
});
