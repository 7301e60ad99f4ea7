// The build's steps as they lay beside each other; those of the critical path have a frame of their own.
// build: {started, duration, steps: [{name, line, outcome, started: nanoseconds since the build's, duration, lane, critical, reason}]}
function timeline(parent, build) {
  const kRow = 24, kTop = 22, width = 1140;
  const steps = build.steps.filter((step) => step.lane != null);
  const lanes = d3.max(steps, (step) => step.lane + 1) || 1;
  const height = kTop + lanes * kRow + 6;
  const end = Math.max(build.duration, d3.max(steps, (step) => step.started + step.duration) || 0, 1);
  const x = d3.scaleLinear().domain([0, end]).range([6, width - 6]);
  const svg = d3.select(parent).append("svg").attr("viewBox", `0 0 ${width} ${height}`).attr("role", "group")
    .attr("aria-label", `Timeline of the build, ${durationText(end)}; Tab and the arrow keys go from step to step`);
  svg.append("g").attr("class", "axis").selectAll("g").data(x.ticks(8)).join("g").attr("transform", (tick) => `translate(${x(tick)},0)`)
    .call((tick) => tick.append("line").attr("y1", kTop - 4).attr("y2", height))
    .call((tick) => tick.append("text").attr("y", 13).attr("text-anchor", (at) => (x(at) > width - 40 ? "end" : x(at) < 20 ? "start" : "middle")).text((at) => (at ? durationText(at) : "0")));
  const words = (step) => [stepTitle(step), `${outcomeText[step.outcome]}, ${durationText(step.duration)}${step.critical ? ", on the critical path" : ""}`, step.reason].filter(Boolean).join("\n");
  const bars = svg.selectAll("g.bar").data(steps).join("g").attr("class", "bar").attr("tabindex", (step, i) => (i === 0 ? 0 : -1))
    .attr("role", "img").attr("aria-label", (step) => words(step).replace(/\n/g, ", "))
    .attr("transform", (step) => `translate(${x(step.started)},${kTop + step.lane * kRow})`);
  const widthOf = (step) => Math.max(2, x(step.started + step.duration) - x(step.started));
  bars.append("rect").attr("width", widthOf).attr("height", kRow - 5).attr("rx", 3)
    .attr("class", (step) => `step-${outcomeClass(step.outcome)}${step.critical ? " critical" : ""}`);
  bars.filter((step) => widthOf(step) > 60).append("text").attr("x", 5).attr("y", 14).style("fill", "var(--paper)")
    .text((step) => { const room = Math.floor((widthOf(step) - 10) / 6.4); return step.name.length > room ? step.name.slice(0, room - 1) + "…" : step.name; });
  tip(bars, words);
  walkByKeys(bars);
  const legend = d3.select(parent).append("div").attr("class", "legend").attr("aria-hidden", true);
  for (const [colour, text] of [["var(--hit)", "cached"], ["var(--miss)", "ran"], ["var(--failed)", "failed"], ["var(--critical)", "frame: critical path"]])
    legend.append(() => swatch(colour, text));
}
