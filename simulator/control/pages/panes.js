// What stands beside the racks: faults, calls of clients, findings, services, events; each is asked for when it is looked at.
"use strict";

// `ask`, `html`: of the lab control; `told`, `toast`: say something; `device`: whose drawer is open.
function makePanes({ ask, html, told, toast, device }) {
  const { clock, element } = Rackloop;
  const byId = (name) => document.getElementById(name);
  const kinds = JSON.parse(byId("kinds").textContent);

  // tabs

  const tabs = [...document.querySelectorAll("[role=tab]")];
  const shows = { faults: showFaults, calls: showCalls, findings: showFindings, services: showServices, events: () => {} };
  function select(tab) {
    for (const each of tabs) {
      each.setAttribute("aria-selected", each === tab);
      each.tabIndex = each === tab ? 0 : -1;
      byId(each.getAttribute("aria-controls")).hidden = each !== tab;
    }
    shows[tab.id.slice(4)]();
  }
  const chosen = () => tabs.find((each) => each.getAttribute("aria-selected") === "true").id.slice(4);
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(place + step + tabs.length) % tabs.length];
      select(next);
      next.focus();
    });
  });

  // faults

  const form = byId("fault"), fields = byId("fault-fields");
  function fill() {
    const kind = kinds[form.elements.kind.value], before = new FormData(form);
    byId("fault-about").textContent = kind.summary;
    byId("fault-said").textContent = "";
    fields.replaceChildren(...kind.fields.map((field) => {
      const text = element("span", { class: field.required ? "needed" : "" }, field.name);
      let made;
      if (field.enum.length) {
        made = element("select", { name: field.name }, ...(field.required ? [] : [element("option", { value: "" }, field.default ? `(${field.default})` : "")]), ...field.enum.map((word) => element("option", { value: word }, String(word))));
      } else made = element("input", { name: field.name, required: field.required, placeholder: { at: "now, 10m, 40%", for: "until mended" }[field.name] || field.default, title: field.about, autocomplete: "off", list: byId(`names-${field.name}`) ? `names-${field.name}` : null });
      const kept = before.get(field.name) || (["server", "switch", "pdu"].includes(field.name) && device()) || "";
      if (kept && (!field.enum.length || field.enum.includes(kept))) made.value = kept;
      return element("label", {}, text, made);
    }));
  }
  form.elements.kind.addEventListener("change", fill);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const kind = form.elements.kind.value, params = {};
    for (const field of kinds[kind].fields) {
      const value = form.elements[field.name].value.trim();
      if (value) params[field.name] = !field.text && /^-?\d+(\.\d+)?$/.test(value) ? +value : value;
    }
    try {
      await ask("/__lab/faults", { method: "POST", json: { [kind]: params } });
      byId("fault-said").textContent = "";
      toast(`${kind}: done`);
    } catch (error) { byId("fault-said").textContent = error.message; }
    showFaults();
  });

  async function showFaults() {
    try {
      const list = (await ask("/__lab/faults")).list;
      byId("faults-now").replaceChildren(list.length ? element("ul", { class: "plain" }, ...list.map((each) => {
        const { server, switch: aSwitch, pdu, ...more } = each.params;
        const query = `kind=${encodeURIComponent(each.kind)}&target=${encodeURIComponent(each.target)}`;
        const few = Object.entries(more).filter(([, value]) => value !== 0 && value !== 1).map(([key, value]) => `${key} ${value}`).join(", ");
        return element("li", { class: "row" }, element("b", {}, each.kind), ` on ${each.target}${few ? ` (${few})` : ""}${each.active ? "" : ", waits"} `,
          element("button", { type: "button", class: "act", "data-delete": `/__lab/faults?${query}`, "data-key": query, "aria-label": `Mend ${each.kind} on ${each.target}` }, "Mend"));
      })) : element("p", { class: "quiet" }, "none"));
    } catch (error) { told(error); }
  }

  // calls of clients

  const callsList = byId("calls-list");
  let callsLoading = false, known = 0; // `known`: the number of the last call that is shown
  async function showCalls() {
    if (callsLoading) return;
    callsLoading = true;
    try {
      const page = await ask(`/__lab/calls?since=${known}&limit=200`);
      if (page.size < known) { known = 0; callsList.replaceChildren(); }
      for (const call of page.list) callsList.prepend(callRow(call));
      while (callsList.childElementCount > 300) callsList.lastElementChild.remove();
      known = Math.max(known, page.next);
      if (!callsList.childElementCount) callsList.append(element("p", { class: "quiet" }, "No client has called yet. Point yours at the panels named below."));
      else callsList.querySelectorAll("p").forEach((each) => each.remove());
      callsLoading = false;
      if (page.list.length === 200) await showCalls();
    } catch (error) { told(error); }
    callsLoading = false;
  }

  const shown = (value) => value == null ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2);
  function callRow(call) {
    const no = call.status >= 400 || call.status === 0 || call.refused;
    const row = element("details", { class: "row" }, element("summary", {}, element("span", { class: `status${no ? " no" : ""}` }, String(call.status || "none")), ` ${call.call}${call.query ? `?${call.query}` : ""} `, element("span", { class: "when" }, `${clock(call.at)}, panel ${call.panel}`)));
    row.addEventListener("toggle", () => {
      if (!row.open || row.childElementCount > 1) return;
      row.append(element("p", { class: "quiet" }, `#${call.number} of ${call.client}${call.ended > call.at ? `, took ${Rackloop.span(call.ended - call.at)}` : ""}${call.malformed ? `; ${call.malformed}` : ""}${call.near_miss ? `; ${call.near_miss}` : ""}`));
      for (const [title, value] of [["Asked", call.body], ["Answered", call.answer]])
        row.append(element("h4", {}, title), element("pre", { tabindex: 0, "aria-label": `${title}, call ${call.number}` }, shown(value) || "no body"));
    });
    return row;
  }

  // findings

  let looking = false;
  async function showFindings() {
    if (looking) return;
    looking = true;
    try {
      const report = await ask("/__lab/report"), list = byId("findings-list");
      list.replaceChildren(element("p", {}, `${report.calls} calls of ${report.clients.length} client${report.clients.length === 1 ? "" : "s"}: ${report.findings.length || "no"} finding${report.findings.length === 1 ? "" : "s"}`));
      for (const each of report.findings) {
        const row = element("details", { class: "row" }, element("summary", {}, element("b", { class: each.severity === "error" ? "bad" : "" }, each.severity), ` ${each.rule}${each.where ? `: ${each.where}` : ""}`),
          element("p", {}, each.text), element("p", { class: "quiet" }, `${each.advice} [${[].concat(each.source).join(", ")}]`));
        if (each.calls.length) row.append(element("pre", { tabindex: 0, "aria-label": "Calls that show it" }, each.calls.map((call) => `#${call.number}  ${clock(call.at)}  ${call.call} -> ${call.status}`).join("\n")));
        row.open = report.findings.length < 6;
        list.append(row);
      }
      list.append(element("p", { class: "quiet" }, `Invariants that are watched here: ${report.invariants.join(", ")}.`));
    } catch (error) { told(error); }
    setTimeout(() => { looking = false; }, 1500);
  }
  byId("look").addEventListener("click", () => { looking = false; showFindings(); });
  byId("forget").addEventListener("click", async () => {
    try { await ask("/__lab/report", { method: "DELETE" }); known = 0; callsList.replaceChildren(); looking = false; await showFindings(); } catch (error) { told(error); }
  });

  async function showServices() {
    try { byId("services-list").innerHTML = await html("/__lab/page/services"); } catch (error) { told(error); }
  }

  fill();
  return { chosen, shows };
}
