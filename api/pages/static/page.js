// Enhancement only: everything on the page works without it. What is shown is always what the server rendered.
"use strict";

const at = (id) => document.getElementById(id);
const key = "byline-keys"; // "off" where single keys shall do nothing
const kept = new Map(); // pages by address, for back and forward
let shown = location.pathname + location.search;
let asking = null;

// Going: the next search page is fetched and put in place, so that focus and scroll stay where they belong.

async function fetched(url) {
  asking?.abort();
  asking = new AbortController();
  const response = await fetch(url, { signal: asking.signal, headers: { Accept: "text/html" } });
  if (!response.headers.get("Content-Type")?.startsWith("text/html")) throw new Error(url);
  return response.text();
}

async function go(url, { push = true, y = 0, focus = null, text = null } = {}) {
  const { pathname, search, hash } = new URL(url, location);
  const address = pathname + search;
  if (push) history.replaceState({ y: scrollY }, "");
  document.body.setAttribute("aria-busy", "true");
  try {
    text ??= await fetched(address);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(url);
    return;
  }
  kept.set(address, text);
  if (kept.size > 20) kept.delete(kept.keys().next().value);
  if (push) history.pushState({ y: 0 }, "", address + hash);
  shown = address;
  put(text, focus);
  settle(hash, y, focus, push);
}

function put(text, focus) {
  const next = new DOMParser().parseFromString(text, "text/html");
  document.title = next.title;
  document.body.className = next.body.className;
  document.body.removeAttribute("aria-busy");
  const open = focus ? [...document.querySelectorAll(".facets details[open]")] : [];
  at("main").replaceWith(next.getElementById("main"));
  document.querySelector(".foot").replaceWith(next.querySelector(".foot"));
  for (const { id } of open) at(id)?.setAttribute("open", "");
  enhance();
}

function settle(hash, y, focus, push) {
  const heading = at("answer-heading");
  const same = focus && document.querySelector(focus);
  for (let box = same?.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  const target = same || (hash && at(hash.slice(1))) || heading || at("q");
  target?.focus({ preventScroll: !hash || Boolean(same) });
  same?.scrollIntoView({ block: "nearest", behavior: "instant" });
  if (!hash && !same) scrollTo({ top: push ? 0 : y, behavior: "instant" });
  const passages = document.querySelectorAll(".passages > li").length;
  at("news").textContent = heading ? `${heading.textContent} ${passages} passages. ${at("told")?.textContent ?? ""}` : "";
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.ask")) return;
  event.preventDefault();
  const filled = [...new FormData(event.target)].filter(([, value]) => value.trim());
  go(`/?${new URLSearchParams(filled)}`);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="/?"]');
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const { key: name } = link.dataset;
  go(link.getAttribute("href"), { focus: name ? `[data-key="${CSS.escape(name)}"]` : null });
});

window.addEventListener("popstate", (event) => {
  const address = location.pathname + location.search;
  if (address === shown) return; // a citation was followed
  go(location.href, { push: false, y: event.state?.y ?? 0, text: kept.get(address) ?? null });
});

// Keys, unless they are switched off, or typed somewhere.

const passages = () => [...document.querySelectorAll(".passages > li")];

function step(by) { // false where there is no further one
  const all = passages();
  const here = all.indexOf(document.activeElement.closest(".passages > li"));
  const above = all.filter((each) => each.getBoundingClientRect().top < 1).length; // of the window's upper edge
  const next = all[here < 0 ? above + Math.min(0, by) : here + by];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView();
  return Boolean(next);
}

const ACTIONS = {
  "/": () => { at("q")?.focus(); at("q")?.select(); },
  j: () => step(1),
  k: () => step(-1),
  "?": () => at("keys").showModal(),
};
const ARROWS = { ArrowDown: 1, ArrowUp: -1 }; // scroll where they move nothing

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inside = event.target;
  if (event.key === "Escape" && inside.id === "q") inside.blur();
  if (event.key === "Enter" && inside.matches(".passages > li")) inside.querySelector("h3 a").click();
  if (inside.closest("input, select, textarea, dialog") || localStorage.getItem(key) === "off") return;
  const free = !event.shiftKey && (inside.matches("body, main, h2") || inside.closest(".passages > li"));
  if (free && ARROWS[event.key] && step(ARROWS[event.key])) event.preventDefault();
  if (!ACTIONS[event.key]) return;
  event.preventDefault();
  ACTIONS[event.key]();
});

at("keys-open").hidden = false;
at("keys-open").addEventListener("click", ACTIONS["?"]);
at("keys-on").checked = localStorage.getItem(key) !== "off";
at("keys-on").addEventListener("change", (event) => localStorage.setItem(key, event.target.checked ? "on" : "off"));

// The timeline: two thumbs for the keyboard, and a stretch that is drawn by pointer.

const written = (day) => new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(day);
const iso = (day) => day.toISOString().slice(0, 10);

function brush(box) {
  const days = box.dataset.days.split(" ").map((day) => new Date(`${day}T00:00Z`));
  const [since, until, drawing] = [at("since"), at("until"), box.querySelector("svg")];
  const shade = drawing.querySelector(".shade");
  const last = days.length - 1;
  const end = (n) => (n === last ? days[n] : new Date(days[n] - 86400000));
  box.classList.add("live");
  box.querySelector(".thumbs").hidden = false;

  function draw() {
    const [a, b] = [Number(since.value), Number(until.value)];
    shade.setAttribute("x", (a / last) * 600);
    shade.setAttribute("width", ((b - a) / last) * 600);
    for (const bar of drawing.querySelectorAll("a")) {
      const n = Math.round((bar.lastElementChild.getAttribute("x") / 600) * last);
      bar.classList.toggle("in", n >= a && n < b);
    }
    since.setAttribute("aria-valuetext", written(days[a]));
    until.setAttribute("aria-valuetext", written(end(b)));
    at("told").textContent = `${written(days[a])} to ${written(end(b))}.`;
  }

  function narrow(focus = null) {
    const query = new URLSearchParams(location.search);
    const [a, b] = [Number(since.value), Number(until.value)];
    for (const name of ["published_from", "published_to", "k"]) query.delete(name);
    if (a > 0 || b < last) {
      query.set("published_from", iso(days[a]));
      query.set("published_to", iso(end(b)));
    }
    go(`/?${query}`, { focus });
  }

  let waiting;
  for (const thumb of [since, until]) {
    thumb.addEventListener("input", () => {
      if (thumb === since) since.value = Math.min(since.value, until.value - 1);
      else until.value = Math.max(until.value, Number(since.value) + 1);
      draw();
      clearTimeout(waiting);
      waiting = setTimeout(() => thumb.isConnected && narrow(`#${thumb.id}`), 400);
    });
    thumb.setAttribute("aria-valuetext", written(thumb === since ? days[since.value] : end(Number(until.value))));
  }

  let from = null;
  const place = (event) => {
    const { left, width } = drawing.getBoundingClientRect();
    return Math.max(0, Math.min(last - 1, Math.floor(((event.clientX - left) / width) * last)));
  };
  drawing.addEventListener("pointerdown", (event) => { if (!event.button) from = { n: place(event), x: event.clientX, drawn: false }; });
  drawing.addEventListener("dragstart", (event) => event.preventDefault());
  window.addEventListener("pointermove", (event) => {
    if (!from || !drawing.isConnected || (!from.drawn && Math.abs(event.clientX - from.x) < 5)) return;
    from.drawn = true;
    const n = place(event);
    [since.value, until.value] = [Math.min(n, from.n), Math.max(n, from.n) + 1];
    draw();
  });
  window.addEventListener("pointerup", () => {
    if (from?.drawn && drawing.isConnected) {
      drawing.addEventListener("click", (event) => event.preventDefault(), { capture: true, once: true });
      narrow();
    }
    from = null;
  });
}

// What the page has that is made for scripts alone.

function enhance() {
  const box = at("brush");
  if (box) brush(box);
  for (const block of navigator.clipboard ? document.querySelectorAll("pre.copy") : []) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "copier", textContent: "Copy" });
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.querySelector("code").textContent);
      button.textContent = at("news").textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    block.after(button);
  }
}

enhance();
