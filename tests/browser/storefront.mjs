// The storefront in a real browser, as a shopper meets it. `run.sh` runs it on a demo shop of its own; any other shop
// that is being served does too:
//
//     npm install && QUERY=notebook TYPED=no node storefront.mjs http://127.0.0.1:7700
//
// `CHROMIUM` names the browser (default `/usr/bin/chromium`); `QUERY` and `TYPED` what is searched and half typed
// (defaults `shoes` and `sh`). The shop needs one facet of checkboxes and a few prices; what else a promise needs and
// the shop lacks is said, and the promise skipped.

import { chromium } from "playwright-core";

const base = (process.argv[2] ?? "http://127.0.0.1:7700").replace(/\/$/, "");
const query = process.env.QUERY ?? "shoes";
const typed = process.env.TYPED ?? "sh";
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
const desktop = await browser.newContext({ viewport: { width: 1440, height: 1000 } });
const page = await desktop.newPage();
const complaints = [];
listen(page);
let passed = 0;
let failed = 0;
let skipped = 0;

/** A page's console errors and exceptions, but for pictures that a feed names and nobody serves. */
function listen(page) {
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    const elsewhere = message.location().url && !message.location().url.startsWith(base);
    if (message.type() === "error" && !(elsewhere && /^Failed to load resource/.test(message.text()))) complaints.push(message.text());
  });
}

/** The shop lacks what a promise is about. */
class Lacking extends Error {}
const needs = (thing, what) => {
  if (!thing) throw new Lacking(what);
};

async function check(promise, test) {
  try {
    await test();
    passed += 1;
    console.log(`ok      ${promise}`);
  } catch (error) {
    if (error instanceof Lacking) {
      skipped += 1;
      return console.log(`skipped ${promise}: ${error.message}`);
    }
    failed += 1;
    console.log(`FAILED  ${promise}\n        ${String(error.message).split("\n")[0]}`);
  }
}

function same(found, wanted, what) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new Error(`${what}: found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);
}

function holds(condition, what) {
  if (!condition) throw new Error(what);
}

const settled = (where = page) => where.waitForSelector("#main[aria-busy=false]");
const open = async (path) => {
  await page.goto(base + path);
  await settled();
};
/** Does something that changes the address and waits for the answer to be shown. */
const after = async (action) => {
  const before = page.url();
  await action();
  await page.waitForFunction((url) => location.href !== url, before);
  await settled();
};
const total = async () => Number((await page.textContent("#count")).match(/[\d.,\s]+/)[0].replace(/\D/g, ""));
const order = () => page.$$eval("#results .card", (cards) => cards.map((card) => card.dataset.id));
const lowest_prices = () => page.$$eval("#results .ticket strong", (tickets) => tickets.map((ticket) => Number(ticket.textContent.replace(/[^\d.]/g, ""))));
const search = `/?q=${encodeURIComponent(query)}`;
const faces = await (async () => {
  await open("/");
  return page.$$eval("input[name=face]", (inputs) => inputs.map(({ value }) => value).filter(Boolean));
})();

await check("results show with title, count and words searched", async () => {
  await open(search);
  holds((await order()).length > 0, "no cards");
  holds((await total()) >= (await order()).length, "the total is less than the cards shown");
  holds((await page.textContent("#heading")).includes(query), "the heading does not say what was searched");
  holds(await page.$eval(".card .open", (title) => title.textContent.trim().length > 0), "a card without a title");
});

await check("search by typing and Enter puts the words in the address", async () => {
  await open("/");
  await page.fill("#q", query);
  await after(() => page.press("#q", "Enter"));
  same(new URL(page.url()).searchParams.get("q"), query, "q");
});

await check("completion works by keyboard alone", async () => {
  await open("/");
  await page.focus("#q");
  await page.keyboard.type(typed);
  await page.waitForSelector("#completions [role=option]");
  same(await page.getAttribute("#q", "aria-expanded"), "true", "aria-expanded");
  await page.keyboard.press("ArrowDown");
  same(await page.getAttribute("#q", "aria-activedescendant"), "completion-0", "active after down");
  await page.keyboard.press("ArrowUp");
  same(await page.getAttribute("#q", "aria-activedescendant"), null, "active after up");
  await page.keyboard.press("Escape");
  same(await page.isVisible("#completions"), false, "the list after Escape");
  await page.keyboard.press("ArrowDown");
  await page.waitForSelector("#completions [role=option]");
  await page.keyboard.press("ArrowDown");
  await after(() => page.keyboard.press("Enter"));
  holds((await order()).length > 0, "the chosen completion found nothing");
  same(await page.isVisible("#completions"), false, "the list after choosing");
});

await check("a facet narrows to exactly its count, a second value widens, Back restores", async () => {
  await open(search);
  const all = await total();
  const box = page.locator("#facets .boxes label").first();
  const found = Number((await box.locator("small").textContent()).replace(/\D/g, ""));
  await after(() => box.locator("input").click());
  same(await total(), found, "total after choosing");
  same(await page.locator("#facets .boxes input:checked").count(), 1, "boxes ticked");
  same(await page.locator("#chips .chip").count(), 1, "chips");
  const group = page.locator("#facets fieldset", { has: page.locator("input:checked") });
  if ((await group.locator("label").count()) > 1) {
    await after(() => group.locator("input:not(:checked)").first().click());
    holds((await total()) >= found, "a second value of the same facet found less");
    await page.goBack();
    await page.waitForFunction(() => document.querySelectorAll("#chips .chip").length === 1);
    await settled();
  }
  await page.goBack();
  await page.waitForFunction(() => !document.querySelector("#chips .chip"));
  await settled();
  same(await total(), all, "total after Back");
});

await check("a chip takes its filter away", async () => {
  await open(search);
  const all = await total();
  await after(() => page.locator("#facets .boxes input").first().click());
  await after(() => page.locator("#chips .chip").first().click());
  same(await total(), all, "total");
});

await check("the price range narrows, by number and by slider", async () => {
  await open(search);
  const prices = (await lowest_prices()).sort((a, b) => a - b);
  const middle = Math.ceil(prices[Math.floor(prices.length / 2)]);
  await after(async () => {
    await page.fill("#price-1", String(middle));
    await page.press("#price-1", "Enter");
  });
  holds((await lowest_prices()).every((price) => price <= middle), "a price above the range");
  const narrowed = await total();
  await after(async () => {
    await page.focus("#price-slider-0");
    for (let step = 0; step < 20; step += 1) await page.keyboard.press("ArrowRight");
  });
  await page.waitForTimeout(300);
  await settled();
  holds((await total()) <= narrowed, "the slider widened the range");
  same(await page.evaluate(() => document.activeElement.id), "price-slider-0", "focus after the slider moved");
});

await check("a page of results costs two searches, whatever is chosen", async () => {
  await open(search);
  await after(() => page.locator("#facets .boxes input").first().click());
  await after(async () => {
    await page.fill("#price-0", String(Number(await page.inputValue("#price-0")) + 1));
    await page.press("#price-0", "Enter");
  });
  let searches = 0;
  const count = (request) => (searches += request.url().includes("/v1/search?"));
  page.on("request", count);
  await page.reload();
  await settled();
  page.off("request", count);
  same(searches, 2, "searches");
});

await check("the most useful filters come first, the others on demand", async () => {
  await open(search);
  holds((await page.locator("#facets details").count()) <= 8, "more than 8 filters at first");
  holds((await page.locator("#facets summary").allTextContents()).every((name) => /^[^a-z_][^_]*$/.test(name)), "a filter's name is not for people");
  needs(await page.isVisible("#more-filters"), "all filters are shown");
  const before = await page.locator("#facets details").count();
  await page.click("#more-filters");
  holds((await page.locator("#facets details").count()) > before, "no more filters appeared");
  await page.locator("#facets details:not([open]) summary").last().click();
  await page.locator("#facets details").last().locator("input").first().waitFor();
  await page.click("#more-filters");
  same(await page.locator("#facets details").count(), before, "filters after folding");
});

await check("pictures show, and show the colour chosen", async () => {
  await open("/");
  await page.waitForFunction(() => document.querySelector("#results .loaded"), null, { timeout: 3000 }).catch(() => needs(false, "no picture loads"));
  const boxes = page.locator("#facets fieldset", { has: page.locator("legend", { hasText: /^colou?r$/i }) });
  needs(await boxes.count(), "there is no facet of colours");
  const colour = (await boxes.locator("label > span").allTextContents()).find(Boolean);
  await after(() => boxes.locator("label", { hasText: colour }).first().click());
  const shown = await page.$$eval("#results .card img", (images) => images.map(({ src }) => src));
  needs(shown.some((source) => source.includes(colour.toLowerCase())), "pictures are not named by colour");
  holds(shown.every((source) => source.includes(colour.toLowerCase())), `a picture that is not ${colour}: ${shown.find((source) => !source.includes(colour.toLowerCase()))}`);
});

await check("sorting by price sorts, says so, and the address remembers", async () => {
  await open(search);
  await after(() => page.selectOption("#sort", "price:asc"));
  await page.locator(".card .why").first().click();
  holds(/sorted by price/.test(await page.textContent("#why")), "the reasons do not say what sorts");
  await page.keyboard.press("Escape");
  const prices = await lowest_prices();
  same(prices, [...prices].sort((a, b) => a - b), "prices");
  same(new URL(page.url()).searchParams.get("sort"), "price:asc", "sort");
});

await check("pages follow one another without repeating", async () => {
  await open("/");
  const first = await order();
  needs(await page.isVisible("#pages"), "the shop has one page of products");
  await after(() => page.locator("#pages .step").last().click());
  const second = await order();
  holds(second.length > 0 && !second.some((id) => first.includes(id)), "page 2 repeats page 1");
  same(new URL(page.url()).searchParams.get("page"), "2", "page");
  same(await page.evaluate(() => scrollY), 0, "scrolled to");
  await page.goBack();
  await page.waitForFunction((id) => document.querySelector("#results .card")?.dataset.id === id, first[0]);
  same(await order(), first, "page 1 after Back");
});

await check("why is this here opens, speaks, closes with Escape and gives the focus back", async () => {
  await open(search);
  const button = page.locator(".card .why").first();
  await button.click();
  await page.waitForSelector("#why:popover-open");
  holds(/#1/.test(await page.textContent("#why")), "the reasons do not say where the product stands");
  await page.keyboard.press("Escape");
  same(await page.$("#why:popover-open"), null, "still open");
  holds(await button.evaluate((node) => node === document.activeElement), "the focus went elsewhere");
});

await check("the quick look opens with its events, and Back closes it", async () => {
  await open(search);
  const sent = page.waitForRequest((request) => request.url().endsWith("/v1/events"));
  await page.locator(".card .open").first().click();
  const { events } = (await sent).postDataJSON();
  same(events.map(({ type }) => type).sort(), ["click", "view"], "events");
  holds(events.every(({ shopper, session, products, positions, query_id }) => shopper && session && products.length === 1 && positions[0] === 1 && query_id), "an event lacks its facts");
  await page.waitForSelector("#look[open]");
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press("Tab");
    holds(await page.evaluate(() => document.activeElement === document.body || !!document.activeElement.closest("#look")), "the focus left the dialog");
  }
  await page.goBack();
  await page.waitForSelector("#look:not([open])", { state: "attached" });
  holds((await order()).length > 0, "the results are gone");
  await page.locator(".card .open").first().click();
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !history.state?.look);
});

await check("add to cart and not for me tell the shop", async () => {
  await open(search);
  const types = [];
  page.on("request", (request) => request.url().endsWith("/v1/events") && types.push(...request.postDataJSON().events.map(({ type }) => type)));
  const buyable = page.locator(".card:not(.out) .open").first();
  await buyable.click();
  await page.locator("#look-actions .button").click();
  await page.locator("#look-actions .quiet").click();
  await page.waitForSelector("#look:not([open])", { state: "attached" });
  await page.waitForTimeout(200);
  holds(types.includes("add_to_cart") && types.includes("dismiss"), `sent only ${types}`);
});

await check("a search is told once, and what rules show beside it is shown", async () => {
  const told = [];
  const hear = (request) => request.url().endsWith("/v1/events") && told.push(...request.postDataJSON().events.map(({ type }) => type));
  const rule = (then) => page.request.put(`${base}/v1/rules/Browser`, { data: { rule: { name: "Browser", when: { query: { is: query } }, ...then } } });
  page.on("request", hear);
  try {
    holds((await rule({ banner: [{ title: "Hello from above", url: "/?q=told" }, { title: "Hello from below", place: "bottom" }] })).ok(), "the rule was not written");
    // Going to the address where one already is counts as a reload.
    await open("/?");
    await open(search);
    same(await page.textContent("#banners a.promo strong"), "Hello from above", "the banner above");
    same(await page.textContent("#banners-below .promo strong"), "Hello from below", "the banner below");
    await page.reload();
    await settled();
    same(told, ["search"], "events of a search that is reloaded");
    holds((await rule({ redirect: "/?q=elsewhere" })).ok(), "the redirect was not written");
    await page.goto(`${base}${search}`);
    await page.waitForURL((url) => url.searchParams.get("q") === "elsewhere");
  } finally {
    page.off("request", hear);
    await page.request.delete(`${base}/v1/rules/Browser`);
  }
});

await check("choosing a face changes the order and marks what moved; Plain is the same for everyone", async () => {
  needs(faces.length > 0, "the shop has no faces");
  let personal = null;
  for (const shopper of faces) {
    for (const path of [search, "/?"]) {
      await open(path);
      await page.click(".as");
      await page.waitForSelector("#faces:popover-open");
      await after(() => page.locator(`input[name=face][value="${shopper}"]`).click());
      if (await page.locator(".card .mark").count()) personal ??= { shopper, ids: await order() };
      if (personal) break;
    }
    if (personal) break;
  }
  holds(personal, "no face moved anything");
  holds(/moved for/.test(await page.textContent("#summary")), "the summary does not say what moved");
  const marks = await page.$$eval(".card", (cards) => cards.map((card, i) => [i + 1, card.querySelector(".mark span")?.textContent ?? ""]));
  await after(() => page.locator("#order label", { hasText: "Plain" }).click());
  const plain = await order();
  holds(JSON.stringify(plain) !== JSON.stringify(personal.ids), "plain and personalized are the same");
  same(await page.locator(".card .mark").count(), 0, "marks in the plain order");
  for (const [position, mark] of marks) {
    const before = plain.indexOf(personal.ids[position - 1]) + 1;
    const moved = Number(mark.match(/[▲▼] (\d+)/)?.[1] ?? 0) * (mark.includes("▼") ? -1 : 1);
    if (before) same(moved, before - position, `the mark at position ${position}`);
  }
  await after(() => page.evaluate(() => document.querySelector('input[name=face][value=""]').click()));
  same(await order(), plain, "the plain order for a new visitor");
});

await check("the home page recommends, and no product is in two of its rows", async () => {
  await open("/");
  await page.waitForSelector("#rows .row");
  const ids = await page.$$eval("#rows .tile", (tiles) => tiles.map((tile) => tile.dataset.id));
  same(new Set(ids).size, ids.length, "different products");
  await open(search);
  holds(await page.locator("#rows").isHidden(), "rows beside a search");
});

await check("a product shows what goes with it, the cart what completes it, and buying what comes next", async () => {
  await open(search);
  await page.locator(".card:not(.out) .open").first().click();
  await page.waitForSelector("#look-lists .row");
  const id = await page.evaluate(() => history.state.look);
  holds(!(await page.$$eval("#look-lists .tile", (tiles) => tiles.map((tile) => tile.dataset.id))).includes(id), "the product itself is recommended");
  await page.locator("#look-actions .button").click();
  await page.locator("#look [data-close]").click();
  await page.waitForFunction(() => !document.querySelector("#look").open && !history.state?.look);
  await page.click("#cart-open");
  await page.waitForSelector("#cart-lists .row[data-list=cart]");
  await page.locator("#cart-foot .button").click();
  await page.waitForSelector("#cart-lists .row[data-list=after_purchase]");
  same(await page.textContent("#cart-count"), "0", "things in the cart");
  await page.locator("#cart [data-close]").click();
});

await check("nothing found says so, and offers other products and a way out", async () => {
  await open("/?q=qqxzzywv");
  needs((await total()) === 0, "the shop finds something for every word");
  await page.waitForSelector("#none a");
  holds((await order()).length > 0, "no other products");
  await after(() => page.click("#none a"));
  holds((await order()).length > 0, "the way out leads nowhere");
});

await check("a refusal shows the API's message", async () => {
  await page.route("**/v1/search?*", (route) => route.fulfill({ status: 400, contentType: "application/json", body: '{"code":"x","message":"the <b>message</b>"}' }));
  const known = complaints.length;
  await page.goto(`${base}/`);
  await page.waitForSelector("#error:not([hidden])");
  holds((await page.textContent("#error")).includes("the <b>message</b>"), "no message");
  await page.unroute("**/v1/search?*");
  await page.locator("#error button").click();
  await page.waitForSelector("#results .card .open");
  complaints.splice(known);
});

await check("everything is reached from the keyboard, the skip link first", async () => {
  await open(search);
  await page.keyboard.press("Tab");
  same(await page.evaluate(() => document.activeElement.className), "skip", "first stop");
  const seen = new Set();
  for (let step = 0; step < 120; step += 1) {
    await page.keyboard.press("Tab");
    seen.add(await page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.name));
  }
  for (const stop of ["q", "as", "price-0", "personal", "sort", "why"]) holds(seen.has(stop), `never reached \`${stop}\``);
});

await check("a phone has no sideways scroll, and its filters are a sheet", async () => {
  const phone = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const small = await phone.newPage();
  listen(small);
  for (const path of [search, "/?q=qqxzzywv", "/"]) {
    await small.goto(base + path);
    await settled(small);
    same(await small.evaluate(() => document.documentElement.scrollWidth), 390, `width of ${path}`);
  }
  await small.tap("#filters-open");
  await small.waitForSelector("#filters[open] #facets");
  await small.locator("#filters .boxes input").first().check();
  await small.waitForFunction(() => location.search.includes("f."));
  await settled(small);
  await small.tap("#filters-done");
  await small.locator(".card .open").first().tap();
  await small.waitForSelector("#look[open]");
  same(await small.evaluate(() => document.documentElement.scrollWidth), 390, "width with the quick look");
  await phone.close();
});

await check("no exception, no console error, nothing against the content security policy", async () => same(complaints, [], "complaints"));

await browser.close();
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed ? 1 : 0);
