// The page of a lab that is up. Everything it does goes through the lab control's API; everything it shows comes from there.
"use strict";
(() => {
  const { clock, element } = Rackloop;
  const byId = (name) => document.getElementById(name);
  const read = (name) => JSON.parse(byId(name).textContent);
  const lanes = read("lanes");
  const drawer = byId("drawer"), body = byId("drawer-body");
  const state = { since: +document.body.dataset.since, rate: 0, now: 0, at: performance.now(), calendar: 0, opener: null };

  // asking the lab control

  let toastTimer = 0;
  function toast(text) {
    byId("toast").textContent = text;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { byId("toast").textContent = ""; }, 7000);
  }

  async function ask(path, { method = "GET", json = null } = {}) {
    const answer = await fetch(path, {
      method, headers: json ? { "content-type": "application/json" } : {}, body: json ? JSON.stringify(json) : null,
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error || `${answer.status}`);
    return said;
  }

  async function html(path) {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error((await answer.json()).error);
    return answer.text();
  }

  const told = (error) => toast(error.message || "the lab does not answer");

  // what stands still at the top is not covered
  const top_ = document.querySelector(".top");
  new ResizeObserver(() => document.documentElement.style.setProperty("--top", `${top_.offsetHeight}px`)).observe(top_);

  // marks of devices

  function label(name, mark) {
    return `${name}: ${mark.text}${mark.owner ? `, of ${mark.owner}` : ""}${mark.bmc === false ? ", BMC silent" : ""}`
      + `${mark.wrong ? `, the panel believes ${mark.belief}` : ""}${mark.faults.length ? `, fault ${mark.faults.join(", ")}` : ""}`;
  }

  function paint(name, mark) {
    const unit = byId(`u-${name}`);
    if (!unit) return;
    unit.dataset.lamp = mark.lamp;
    unit.toggleAttribute("data-struck", mark.faults.length > 0);
    unit.setAttribute("aria-label", label(name, mark));
    if ("bmc" in mark) {
      unit.toggleAttribute("data-silent", !mark.bmc);
      unit.toggleAttribute("data-wrong", mark.wrong);
      unit.toggleAttribute("data-owned", mark.owner !== "");
      unit.querySelector(".doing").textContent = mark.text;
      unit.querySelector(".progress").setAttribute("width", 1.94 * mark.progress);
      unit.querySelectorAll(".nics > *").forEach((each, place) => each.setAttribute("class", mark.nics[place]));
    } else if (unit.dataset.units !== mark.units) {
      const pitch = +unit.dataset.pitch, paths = { u: "", n: "", d: "", b: "" };
      [...mark.units].forEach((letter, n) => {
        paths[letter] += unit.dataset.kind === "pdu" ? `M4 ${(16 + n * pitch).toFixed(1)}h4v4h-4z`
          : `M${(78 + Math.floor(n / 2) * pitch).toFixed(1)} ${4.5 + (n % 2) * 5.5}h3.4v3.6h-3.4z`;
      });
      unit.querySelectorAll(".leds > *").forEach((each) => each.setAttribute("d", paths[each.getAttribute("class")]));
      unit.dataset.units = mark.units;
    }
  }

  // the clock

  const box = document.querySelector(".clock");
  const stepped = box.hasAttribute("data-stepped");
  function setClock(view) {
    state.now = view.now;
    state.rate = view.rate;
    state.at = performance.now();
    state.calendar = Date.parse(view.calendar) / 1000 - Math.floor(view.now);
    if (stepped) byId("pause").textContent = view.rate ? "Pause" : "Run";
    showClock();
  }
  const labNow = () => state.now + (state.rate * (performance.now() - state.at)) / 1000;
  function showClock() {
    const now = labNow();
    byId("now").textContent = clock(now);
    if (state.calendar) byId("calendar").textContent = new Date((state.calendar + Math.floor(now)) * 1000).toISOString().slice(0, 19).replace("T", " ");
  }
  setInterval(() => { if (state.rate && !document.hidden) { showClock(); timeline.add([], labNow()); } }, 500);

  if (stepped) {
    const busy = async (button, work) => {
      button.disabled = true;
      try { setClock(await work()); } catch (error) { told(error); } finally { button.disabled = false; }
    };
    const post = (path, json) => ask(`/__lab/clock/${path}`, { method: "POST", json });
    byId("pause").addEventListener("click", (event) => busy(event.target, () => state.rate ? post("halt") : post("run", { rate: +byId("rate").value })));
    byId("rate").addEventListener("change", (event) => { if (state.rate) busy(event.target, () => post("run", { rate: +event.target.value })); });
    byId("step").addEventListener("click", (event) => busy(event.target, () => post("advance", { next: true })));
    byId("advance").addEventListener("click", (event) => busy(event.target, () => post("advance", { seconds: byId("by").value })));
    byId("by").addEventListener("keydown", (event) => { if (event.key === "Enter") byId("advance").click(); });
  }

  // the timeline

  const timeline = new Timeline(byId("tl"), lanes, {
    follow: true,
    chain: async (number) => (await ask(`/__lab/page/chain?number=${number}`)).list,
    behind: async (mark) => (mark.what === "request" && mark.number ? { call: (await ask(`/__lab/page/call?record=${mark.number}`)).call } : null),
    open: (name, only) => { if (!byId(`u-${name}`)) return false; if (!only) openDrawer(name); return true; },
  });

  // the drawer of a device

  let wanted = "", pending = false, again = false;
  async function openDrawer(name, opener = document.activeElement) {
    if (drawer.hidden) state.opener = opener;
    wanted = name;
    try {
      const text = await html(`/__lab/page/device?name=${encodeURIComponent(name)}`);
      if (wanted !== name) return;
      body.innerHTML = text;
      drawer.dataset.name = name;
      drawer.hidden = false;
      document.body.classList.add("drawn");
      drawer.scrollTop = 0;
      drawer.focus();
      document.querySelectorAll(".here").forEach((each) => each.classList.remove("here"));
      const unit = byId(`u-${name}`);
      if (unit) { unit.classList.add("here"); unit.scrollIntoView({ block: "nearest" }); }
      history.replaceState(null, "", `?device=${encodeURIComponent(name)}`);
      down();
    } catch (error) { told(error); }
  }

  function down() {
    const console_ = body.querySelector(".console");
    if (console_) console_.scrollTop = console_.scrollHeight;
  }

  function closeDrawer() {
    drawer.hidden = true;
    document.body.classList.remove("drawn");
    wanted = drawer.dataset.name = "";
    document.querySelectorAll(".here").forEach((each) => each.classList.remove("here"));
    history.replaceState(null, "", "/");
    if (state.opener && state.opener.isConnected) state.opener.focus();
  }

  // What is shown is only replaced where it differs, so that nothing jumps, and whoever stands on a button stays there.
  async function refresh() {
    const name = drawer.dataset.name;
    if (!name || drawer.hidden) return;
    if (pending) { again = true; return; }
    pending = true;
    try {
      const text = await html(`/__lab/page/device?name=${encodeURIComponent(name)}`);
      if (drawer.dataset.name === name) swap(text);
    } catch (error) { told(error); }
    setTimeout(() => { pending = false; if (again) { again = false; refresh(); } }, 300);
  }

  function swap(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html").body;
    const key = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.key : null;
    const list = key ? [...body.querySelectorAll("[data-key]")].indexOf(document.activeElement) : -1;
    const old = new Map([...body.querySelectorAll("[data-part]")].map((each) => [each.dataset.part, each]));
    const parts = [...fresh.querySelectorAll("[data-part]")];
    if (parts.length !== old.size) { body.innerHTML = text; down(); return; }
    for (const part of parts) {
      const now = old.get(part.dataset.part);
      if (now && now.outerHTML !== part.outerHTML) now.replaceWith(part);
    }
    if (key && document.activeElement === document.body) {
      const all = [...body.querySelectorAll("[data-key]")];
      (all.find((each) => each.dataset.key === key) || all[list] || drawer).focus({ preventScroll: true });
    }
    down();
  }

  byId("close").addEventListener("click", closeDrawer);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !drawer.hidden) closeDrawer(); });

  // what is clicked, wherever it is

  document.addEventListener("click", async (event) => {
    const unit = event.target.closest(".rack a"), link = event.target.closest("a[data-open]"), act = event.target.closest("button.act");
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (unit) { event.preventDefault(); openDrawer(unit.dataset.name, unit); }
    else if (link) {
      event.preventDefault();
      if (link.dataset.rack) await goTo(link.dataset.rack);
      openDrawer(link.dataset.open, link);
    } else if (act) {
      act.disabled = true;
      try {
        if (act.dataset.post) await ask(act.dataset.post, { method: "POST", json: JSON.parse(act.dataset.body) });
        else await ask(act.dataset.delete, { method: "DELETE" });
      } catch (error) { told(error); }
      act.disabled = false;
      act.focus({ preventScroll: true });
      refresh();
      if (panes.chosen() === "faults") panes.shows.faults();
    }
  });

  // Within a rack arrow keys go up and down, and to the racks beside it.
  document.querySelector(".racks").addEventListener("keydown", (event) => {
    const here = event.target.closest(".rack a");
    const steps = { ArrowDown: 1, ArrowUp: -1 }, sides = { ArrowRight: 1, ArrowLeft: -1 };
    if (!here) return;
    if (event.key === " ") { event.preventDefault(); openDrawer(here.dataset.name, here); return; }
    const rack = here.closest(".rack"), units = [...rack.querySelectorAll("a")], place = units.indexOf(here);
    let next = null;
    if (event.key in steps) next = units[place + steps[event.key]];
    else if (event.key in sides) {
      const racks = [...document.querySelectorAll(".rack")], beside = racks[racks.indexOf(rack) + sides[event.key]];
      const there = beside ? [...beside.querySelectorAll("a")] : [];
      next = there[Math.min(place, there.length - 1)];
    } else return;
    event.preventDefault();
    if (!next) return;
    units.forEach((each) => each.setAttribute("tabindex", -1));
    next.closest(".rack").querySelectorAll("a").forEach((each) => each.setAttribute("tabindex", each === next ? 0 : -1));
    if (next.closest(".rack") !== rack) here.setAttribute("tabindex", 0);
    next.focus();
  });

  // Of a wide hall only the racks are drawn that are near; what is far away is let go, so that ten thousand servers are as quick as ten.
  const meanwhile = new Map(); // marks that came while racks were asked for
  let drawing = 0;
  const MANY = 40, near = { rootMargin: "900px 0px" };
  async function draw(rack) {
    const name = rack.dataset.rack;
    if (rack.dataset.asked) return;
    rack.dataset.asked = "yes";
    drawing += 1;
    try {
      const made = document.createElement("template");
      made.innerHTML = await html(`/__lab/page/rack?name=${encodeURIComponent(name)}`);
      const fresh = made.content.querySelector(".rack");
      rack.querySelector("figcaption").replaceWith(fresh.querySelector("figcaption"));
      rack.querySelector("svg").replaceWith(fresh.querySelector("svg"));
      rack.removeAttribute("data-wait");
      for (const each of rack.querySelectorAll("a[data-name]")) if (meanwhile.has(each.dataset.name)) paint(each.dataset.name, meanwhile.get(each.dataset.name));
      const unit = byId(`u-${drawer.dataset.name}`);
      if (unit && rack.contains(unit)) unit.classList.add("here");
    } catch (error) { told(error); }
    rack.removeAttribute("data-asked");
    drawing -= 1;
    if (!drawing) meanwhile.clear();
  }

  function letGo(rack) {
    if (rack.contains(document.activeElement)) return;
    rack.dataset.wait = "";
    rack.querySelector("svg").replaceChildren();
  }

  const all = [...document.querySelectorAll(".rack")];
  document.body.classList.remove("still");
  const watcher = new IntersectionObserver((seen) => {
    for (const each of seen) {
      const waits = each.target.hasAttribute("data-wait");
      if (each.isIntersecting && waits) draw(each.target);
      else if (!each.isIntersecting && !waits && all.length > MANY) letGo(each.target);
    }
  }, near);
  all.forEach((rack) => watcher.observe(rack));

  async function goTo(name) {
    const rack = byId(`r-${name}`);
    if (!rack) return;
    rack.scrollIntoView({ block: "nearest" });
    if (rack.hasAttribute("data-wait")) await draw(rack);
  }

  const foundBox = byId("found");
  let flag = "", lookTimer = 0;
  async function find(query) {
    foundBox.hidden = !query;
    if (query) try { foundBox.innerHTML = await html(`/__lab/page/found?${query}`); } catch (error) { told(error); }
  }
  const input = byId("search").elements.text;
  input.addEventListener("input", () => {
    press("");
    clearTimeout(lookTimer);
    lookTimer = setTimeout(() => find(input.value.trim() ? `text=${encodeURIComponent(input.value.trim())}` : ""), 200);
  });
  byId("search").addEventListener("submit", (event) => event.preventDefault());
  function press(name) {
    flag = name;
    document.querySelectorAll(".chip").forEach((each) => each.setAttribute("aria-pressed", each.dataset.flag === name));
  }
  document.querySelectorAll(".chip").forEach((chip) => chip.addEventListener("click", () => {
    press(flag === chip.dataset.flag ? "" : chip.dataset.flag);
    input.value = "";
    find(flag ? `flag=${flag}` : "");
    if (flag) foundBox.scrollIntoView({ block: "nearest" });
  }));

  const panes = makePanes({ ask, html, told, toast, device: () => drawer.dataset.name });

  // what comes by itself

  function frame(data) {
    for (const [name, mark] of Object.entries(data.marks || {})) {
      paint(name, mark);
      if (drawing) meanwhile.set(name, mark);
    }
    for (const [key, count] of Object.entries(data.counts || {})) {
      const shownCount = document.querySelector(`[data-count="${key}"]`);
      if (shownCount) shownCount.textContent = count;
    }
    if (data.clock) setClock(data.clock);
    const marks = [...(data.records || []), ...(data.exchanges || [])].sort((one, other) => one.time - other.time);
    timeline.add(marks, state.now);
    if (data.records) {
      const lines = data.records.map((each) => `${clock(each.time)}  ${each.layer}  ${each.subject}  ${each.what}`).reverse();
      if (data.skipped) lines.push(`... ${data.skipped} more`);
      byId("events").textContent = [...lines, ...byId("events").textContent.split("\n")].slice(0, 300).join("\n");
      state.since = Math.max(state.since, ...data.records.map((each) => each.number));
    }
    for (const key of ["faults", "calls", "violations"]) if (key in data) {
      const place = document.querySelector(`[data-number="${key}"]`);
      if (place.textContent !== String(data[key] || "")) {
        place.textContent = data[key] || "";
        const tab = key === "violations" ? "findings" : key;
        if (panes.chosen() === tab) panes.shows[tab]();
      }
    }
    if (panes.chosen() === "services" && (data.records || []).some((each) => each.layer === "panel")) panes.shows.services();
    const name = drawer.dataset.name;
    if (name && ((data.touched || []).includes(name) || (data.touched && !body.querySelector("[data-part=console]")))) refresh();
  }

  async function begin() {
    try {
      const past = await ask("/__lab/page/past");
      timeline.add([...past.records, ...past.exchanges].sort((one, other) => one.time - other.time));
      if (past.records.length) state.since = past.records[past.records.length - 1].number;
    } catch (error) { told(error); }
    const first = +document.body.dataset.since;
    let source = null;
    const listen = (since) => {
      source = new EventSource(`/__lab/page/stream?since=${since}`);
      source.addEventListener("message", (event) => frame(JSON.parse(event.data)));
      source.addEventListener("again", () => location.reload());
      source.addEventListener("open", () => { document.body.dataset.live = "yes"; });
      source.addEventListener("error", () => {
        document.body.dataset.live = "no";
        source.close();
        toast("the lab does not answer; trying again");
        setTimeout(() => listen(state.since), 2000);
      });
    };
    listen(first);
  }

  setClock({ now: +box.dataset.now, rate: +box.dataset.rate, calendar: `${byId("calendar").textContent.replace(" ", "T")}Z` });
  panes.shows.faults();
  begin();
  if (!drawer.hidden) down();
})();
