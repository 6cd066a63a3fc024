// A timeline with lanes, drawn as SVG: zoom, pan, marks that are picked by mouse or keys. No library, no network.
// Marks: {time, lane, subject, what, bad, number?, cause?, detail?}, times in seconds of lab time.
"use strict";

const Rackloop = {
  clock(seconds) {
    const whole = Math.floor(seconds), two = (n) => String(n).padStart(2, "0");
    return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  },
  span(seconds) {
    for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]])
      if (seconds >= size) return `${+(seconds / size).toFixed(1)} ${unit}`;
    return `${+(seconds * 1000).toFixed(1)} ms`;
  },
  element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes))
      if (value === true) made.setAttribute(key, "");
      else if (value !== false && value != null) made.setAttribute(key, value);
    made.append(...children);
    return made;
  },
  svg(name, attributes = {}) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  },
};

class Timeline {
  // `chain`: gives the records that one came from, first cause first; `behind`: what else stands behind a mark, to be asked for. Both may be promises.
  constructor(root, lanes, { chain = () => [], behind = null, open = null, follow = false, most = 6000 } = {}) {
    this.root = root;
    this.lanes = lanes;
    this.chain = chain;
    this.behind = behind;
    this.openSubject = open;
    this.follow = follow;
    this.most = most;
    this.marks = [];
    this.from = 0;
    this.to = 1;
    this.end = 1;
    this.filter = "";
    this.hidden = new Set();
    this.picked = null;
    this.focus = null;
    this.waiting = false;
    this.build();
  }

  build() {
    const { element } = Rackloop;
    const button = (text, label, action) => {
      const made = element("button", { type: "button", "aria-label": label, title: label }, text);
      made.addEventListener("click", action);
      return made;
    };
    this.range = element("span", { class: "tl-range" });
    this.followBox = element("input", { type: "checkbox" });
    this.followBox.checked = this.follow;
    this.followBox.addEventListener("change", () => { this.follow = this.followBox.checked; this.later(); });
    this.span = null; // seconds that are shown while it follows; null: all that there is
    const search = element("input", { type: "search", placeholder: "only what contains ...", "aria-label": "Show only what contains" });
    search.addEventListener("input", () => { this.filter = search.value.toLowerCase(); this.later(); });
    const tools = element("div", { class: "tl-tools" },
      button("\u2212", "Zoom out", () => this.zoom(2)), button("+", "Zoom in", () => this.zoom(0.5)),
      button("\u2190", "Earlier", () => this.pan(-0.5)), button("\u2192", "Later", () => this.pan(0.5)),
      button("All", "Show all of the time", () => this.all()));
    if (this.follow) tools.append(element("label", {}, this.followBox, " follow"));
    tools.append(search, this.range);
    this.svg = Rackloop.svg("svg", { class: "tl-svg", role: "group", "aria-label": "Timeline: arrow keys go from mark to mark, Enter opens one" });
    this.detail = element("div", { class: "tl-detail", "aria-live": "polite", hidden: true });
    this.root.append(tools, this.svg, this.detail);
    this.svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey && !event.metaKey) return;
      event.preventDefault();
      const box = this.svg.getBoundingClientRect();
      this.zoom((event.deltaY || event.deltaX) > 0 ? 1.25 : 0.8, this.timeAt(event.clientX - box.left));
    }, { passive: false });
    this.svg.addEventListener("pointerdown", (event) => { this.drag = { x: event.clientX, from: this.from, to: this.to, moved: false }; });
    this.svg.addEventListener("pointermove", (event) => {
      if (!this.drag || !event.buttons) return;
      const by = event.clientX - this.drag.x;
      if (Math.abs(by) < 4 && !this.drag.moved) return;
      this.drag.moved = true;
      const shift = -by / this.scale();
      this.show(this.drag.from + shift, this.drag.to + shift);
    });
    this.svg.addEventListener("click", (event) => {
      if (this.drag && this.drag.moved) return;
      const mark = event.target.closest("[data-mark]");
      if (mark) this.pick(this.groups[mark.dataset.mark]);
    });
    this.svg.addEventListener("keydown", (event) => this.key(event));
    if (window.ResizeObserver) new ResizeObserver(() => this.later()).observe(this.root);
  }

  add(marks, end = 0) {
    if (marks.length) {
      const last = this.marks.length ? this.marks[this.marks.length - 1].time : -1;
      this.marks.push(...marks);
      if (marks.some((mark) => mark.time < last)) this.marks.sort((one, other) => one.time - other.time);
      if (this.marks.length > this.most) this.marks.splice(0, this.marks.length - this.most);
    }
    const latest = this.marks.length ? this.marks[this.marks.length - 1].time : 0;
    this.end = Math.max(this.end, latest, end);
    this.later();
  }

  first() { return this.marks.length ? this.marks[0].time : 0; }

  all() {
    const first = this.first(), room = Math.max(this.end - first, 1) * 0.02;
    this.show(first - room, this.end + room);
    this.span = null;
  }

  show(from, to) {
    if (to - from < 0.01) to = from + 0.01;
    this.from = from;
    this.to = to;
    this.span = to - from;
    this.follow = this.followBox.checked = false;
    this.later();
  }

  zoom(by, around = (this.from + this.to) / 2) {
    this.show(around - (around - this.from) * by, around + (this.to - around) * by);
  }

  pan(by) { const shift = (this.to - this.from) * by; this.show(this.from + shift, this.to + shift); }

  scale() { return (this.width() - Timeline.LEFT - 8) / (this.to - this.from); }
  width() { return Math.max(this.root.clientWidth, 320); }
  timeAt(x) { return this.from + (x - Timeline.LEFT) / this.scale(); }

  later() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.draw(); });
  }

  draw() {
    const { svg, clock, span } = Rackloop, width = this.width(), high = Timeline.HIGH;
    if (this.follow) {
      const long = this.span || Math.max(this.end - this.first(), 60);
      this.to = this.end + long * 0.03;
      this.from = this.to - long * 1.05;
    }
    const lanes = this.lanes, height = lanes.length * high + 20, scale = this.scale();
    const parts = [];
    lanes.forEach(([key, title], place) => {
      parts.push(svg("rect", { class: `tl-lane tl-${key}`, x: 0, y: place * high, width, height: high - 2 }));
      const text = svg("text", { class: "tl-title", x: 8, y: place * high + 16 });
      text.textContent = title;
      parts.push(text);
    });
    const steps = [0.01, 0.1, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 604800, 2592000];
    const step = steps.find((each) => each * scale > 90) || steps[steps.length - 1];
    for (let at = Math.ceil(Math.max(this.from, 0) / step) * step; at <= this.to; at += step) {
      const x = Timeline.LEFT + (at - this.from) * scale;
      parts.push(svg("line", { class: "tl-grid", x1: x, x2: x, y1: 0, y2: lanes.length * high }));
      const text = svg("text", { class: "tl-tick", x: x + 3, y: height - 5 });
      text.textContent = step < 1 ? `${at.toFixed(2)} s` : clock(at);
      parts.push(text);
    }
    // Marks that would lie upon each other are one, with how many they are.
    const open = new Map();
    this.groups = [];
    const rows = new Map(lanes.map(([key], place) => [key, place]));
    for (const mark of this.marks) {
      if (mark.time < this.from || mark.time > this.to || !rows.has(mark.lane)) continue;
      if (this.filter && !`${mark.subject} ${mark.what} ${JSON.stringify(mark.detail || "")}`.toLowerCase().includes(this.filter)) continue;
      const x = Timeline.LEFT + (mark.time - this.from) * scale, last = open.get(mark.lane);
      if (last && x - last.x < 7) {
        last.marks.push(mark);
        last.bad = last.bad || mark.bad;
      } else {
        const group = { x, lane: mark.lane, row: rows.get(mark.lane), marks: [mark], bad: mark.bad };
        if (last) last.next = group;
        open.set(mark.lane, group);
        this.groups.push(group);
      }
    }
    const wanted = this.focus;
    let inFocus = null;
    this.groups.forEach((group, place) => {
      const y = group.row * high + high / 2 - 1, size = Math.min(3.2 + Math.log2(group.marks.length) * 0.9, 8);
      const has = (mark) => mark && group.marks.includes(mark);
      const made = svg("g", {
        class: `tl-mark tl-${group.lane}${group.bad ? " tl-bad" : ""}${has(this.picked) ? " tl-picked" : ""}`,
        "data-mark": place, role: "button", tabindex: -1, "aria-label": this.label(group),
      });
      const next = group.next;
      const counted = group.marks.length > 9 && (!next || next.x - group.x > 36);
      made.append(svg("rect", { class: "tl-hit", x: group.x - 6, y: group.row * high, width: counted ? 34 : 12, height: high - 2 }));
      made.append(group.bad
        ? svg("path", { d: `M${group.x} ${y - size - 1.4}l${size + 1.4} ${size + 1.4}l${-size - 1.4} ${size + 1.4}l${-size - 1.4} ${-size - 1.4}z` })
        : svg("circle", { cx: group.x, cy: y, r: size }));
      if (counted) {
        const text = svg("text", { class: "tl-count", x: group.x + size + 2, y: y + 3.5 });
        text.textContent = group.marks.length;
        made.append(text);
      }
      if (has(wanted)) inFocus = made;
      parts.push(made);
    });
    const hadFocus = this.svg.contains(document.activeElement);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height);
    this.svg.replaceChildren(...parts);
    const entry = inFocus || this.svg.querySelector("[data-mark]");
    if (entry) entry.setAttribute("tabindex", 0);
    if (hadFocus && inFocus) inFocus.focus({ preventScroll: true });
    this.range.textContent = this.marks.length ? `${clock(Math.max(this.from, 0))} to ${clock(Math.max(this.to, 0))}, ${span(this.to - this.from)}` : "nothing yet";
  }

  label(group) {
    const first = group.marks[0], lane = this.lanes.find(([key]) => key === group.lane)[1];
    const more = group.marks.length > 1 ? `, and ${group.marks.length - 1} more` : "";
    return `${lane}, ${Rackloop.clock(first.time)}: ${first.subject} ${first.what}${more}`;
  }

  key(event) {
    const here = event.target.closest("[data-mark]");
    if (event.key === "+" || event.key === "-") { this.zoom(event.key === "+" ? 0.5 : 2); event.preventDefault(); return; }
    if (!here) return;
    const group = this.groups[here.dataset.mark];
    let next = null;
    if (event.key === "Enter" || event.key === " ") { this.pick(group); event.preventDefault(); return; }
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const same = this.groups.filter((each) => each.lane === group.lane);
      next = same[same.indexOf(group) + (event.key === "ArrowRight" ? 1 : -1)];
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      for (let row = group.row + step; row >= 0 && row < this.lanes.length && !next; row += step) {
        const there = this.groups.filter((each) => each.row === row);
        next = there.sort((one, other) => Math.abs(one.x - group.x) - Math.abs(other.x - group.x))[0];
      }
    } else return;
    event.preventDefault();
    if (!next) return;
    this.focus = next.marks[0];
    const made = this.svg.querySelector(`[data-mark="${this.groups.indexOf(next)}"]`);
    this.svg.querySelectorAll('[tabindex="0"]').forEach((each) => each.setAttribute("tabindex", -1));
    made.setAttribute("tabindex", 0);
    made.focus();
  }

  pick(group, mark = group.marks.find((each) => each.bad) || group.marks[0]) {
    this.picked = this.focus = mark;
    this.showDetail(group, mark);
    this.svg.querySelectorAll(".tl-picked").forEach((each) => each.classList.remove("tl-picked"));
    const made = this.svg.querySelector(`[data-mark="${this.groups.indexOf(group)}"]`);
    if (made) made.classList.add("tl-picked");
  }

  line(mark) { return `${Rackloop.clock(mark.time)}  ${mark.subject}  ${mark.what}`; }

  async showDetail(group, mark) {
    const { element } = Rackloop, close = element("button", { type: "button", class: "tl-close", "aria-label": "Close" }, "\u00d7");
    close.addEventListener("click", () => { this.detail.hidden = true; this.picked = null; this.later(); });
    const head = element("h3", {}, `${Rackloop.clock(mark.time)} `, this.subject(mark.subject), ` ${mark.what}`);
    const shown = { ...mark };
    delete shown.bad;
    const parts = [close, head];
    if (group.marks.length > 1) {
      const list = element("ul", { class: "tl-list" });
      for (const each of group.marks.slice(0, 200)) {
        const one = element("button", { type: "button", "aria-pressed": each === mark ? "true" : "false", class: each.bad ? "tl-badline" : "" }, this.line(each));
        one.addEventListener("click", () => this.pick(group, each));
        list.append(element("li", {}, one));
      }
      parts.push(list);
    }
    const json = element("pre", { class: "tl-json", tabindex: 0, "aria-label": "What stands behind it" }, JSON.stringify(shown, null, 2));
    const why = element("ol", { class: "tl-chain" }), whole = element("section", { hidden: true }, element("h4", {}, "How it came to this"), why);
    parts.push(element("div", { class: "tl-two" }, json, whole));
    this.detail.replaceChildren(...parts);
    this.detail.hidden = false;
    const links = mark.number ? await this.chain(mark.number) : mark.cause ? [...await this.chain(mark.cause), mark] : [];
    const more = this.behind ? await this.behind(mark) : null;
    if (this.picked !== mark) return;
    if (more) json.textContent = JSON.stringify({ ...shown, ...more }, null, 2);
    if (links.length < 2) return;
    for (const each of links)
      why.append(element("li", { class: each.bad ? "tl-badline" : "" }, `${Rackloop.clock(each.time)}  `, this.subject(each.subject), `  ${each.what}${this.text(each)}`));
    whole.hidden = false;
  }

  text(mark) {
    const detail = mark.detail || {}, said = detail.error || detail.message || detail.detail;
    return said ? `: ${said}` : "";
  }

  subject(name) {
    if (!this.openSubject || !this.openSubject(name, true)) return name;
    const link = Rackloop.element("button", { type: "button", class: "tl-subject" }, name);
    link.addEventListener("click", () => this.openSubject(name));
    return link;
  }
}
Timeline.LEFT = 92;
Timeline.HIGH = 24;
