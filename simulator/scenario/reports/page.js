// Timelines of a report: all that they show is in the page.
"use strict";
(() => {
  const lanes = JSON.parse(document.getElementById("lanes").textContent);
  const made = new Map();

  function make(place) {
    if (made.has(place.id)) return made.get(place.id);
    const marks = JSON.parse(document.getElementById(place.dataset.from).textContent);
    const records = new Map(marks.filter((mark) => mark.number).map((mark) => [mark.number, mark]));
    const chain = (number) => {
      const links = [];
      for (let record = records.get(number); record && !links.includes(record); record = records.get(record.cause)) links.unshift(record);
      return links;
    };
    const timeline = new Timeline(place, lanes, { chain, most: Infinity });
    timeline.add(marks);
    timeline.all();
    timeline.records = records;
    made.set(place.id, timeline);
    return timeline;
  }

  // A report has many, and most are never looked at.
  const look = new IntersectionObserver((seen) => {
    for (const each of seen) if (each.isIntersecting) { make(each.target); look.unobserve(each.target); }
  }, { rootMargin: "400px" });
  document.querySelectorAll(".timeline").forEach((each) => look.observe(each));

  document.addEventListener("click", (event) => {
    const link = event.target.closest("button[data-number]");
    if (!link) return;
    const timeline = make(document.getElementById(link.dataset.timeline)), mark = timeline.records.get(+link.dataset.number);
    if (!mark) return;
    timeline.draw();
    timeline.pick(timeline.groups.find((group) => group.marks.includes(mark)) || { marks: [mark], lane: mark.lane }, mark);
    timeline.detail.scrollIntoView({ block: "nearest" });
  });
})();
