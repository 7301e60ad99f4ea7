// How each step fared in the last builds, the newest at the right; what made it run again is in the cell's words.
// history: {steps: [{name, line, hits, misses}], builds: [{id, started, outcomes: [outcome or null, a step], reasons: [text, a step]}]}
function cacheMap(parent, history) {
  const box = d3.select(parent).append("div").attr("class", "scroll map").attr("tabindex", 0).attr("role", "region").attr("aria-label", "Cache map");
  const element = box.append("table");
  element.append("caption").text(`${countText(history.builds.length, "build")}, oldest first. ● cached, ▲ ran, ✕ failed, · not reached`);
  const builds = history.builds.slice().reverse();
  const head = element.append("thead").append("tr");
  head.append("th").attr("scope", "col").text("step");
  head.append("th").attr("scope", "col").attr("class", "number").text("cached");
  head.selectAll("th.build").data(builds).join("th").attr("class", "build").attr("scope", "col")
    .append("abbr").attr("title", (build) => `build ${build.id}, ${build.started}`).text((build) => build.id.slice(0, 4));
  const rows = element.append("tbody").selectAll("tr").data(history.steps).join("tr");
  rows.append("th").attr("scope", "row").text(stepTitle);
  rows.append("td").attr("class", "number").text((step) => (step.hits + step.misses ? percentText(step.hits / (step.hits + step.misses)) : ""));
  const signs = { hit: "●", executed: "▲", failed: "✕" };
  rows.each(function (step, row) {
    d3.select(this).selectAll("td.cell").data(builds).join("td")
      .attr("class", (build) => `cell ${build.outcomes[row] ? outcomeClass(build.outcomes[row]) : "idle"}`)
      .text((build) => signs[build.outcomes[row]] || "·")
      .attr("aria-label", (build) => [outcomeText[build.outcomes[row]] || "not a step of that build", build.reasons[row]].filter(Boolean).join(": "))
      .call((cells) => tip(cells, (build) => [stepTitle(step), `build ${build.id}: ${outcomeText[build.outcomes[row]] || "not a step of that build"}`, build.reasons[row]].filter(Boolean).join("\n")));
  });
}
