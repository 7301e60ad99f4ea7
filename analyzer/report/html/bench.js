// A benchmark: bars of medians on a logarithmic axis, a ring for each round, then the numbers.
// bench: docs/json.md, "Benchmarks".
const secondsText = (seconds) => (seconds < 0.9995 ? `${+(seconds * 1000).toPrecision(3)} ms` : seconds < 60 ? `${+seconds.toPrecision(3)} s` : durationText(seconds * 1e9));

function benchPlot(parent, measured, tools) {
  const kRow = 20, kGap = 12, kTop = 24, kLeft = 190, width = 1140;
  let height = kTop;
  const rows = [];
  for (const workload of measured) {
    for (const [i, figures] of workload.bars.entries()) {
      rows.push({ workload, figures, y: height, isFirst: i === 0 });
      height += kRow;
    }
    height += kGap;
  }
  const all = rows.flatMap((row) => row.figures.seconds.concat(row.figures.median)).filter((value) => value > 0);
  const x = d3.scaleLog().domain([d3.min(all) / 2, d3.max(all) * 1.1]).range([kLeft, width - 10]);
  const svg = d3.select(parent).append("svg").attr("class", "plot").attr("viewBox", `0 0 ${width} ${height}`).attr("role", "group")
    .attr("aria-label", "Median seconds of each workload and tool; Tab and the arrow keys go from bar to bar");
  svg.append("g").attr("class", "axis").selectAll("g").data(x.ticks().filter((tick) => /^[125]/.test(tick.toExponential()))).join("g").attr("transform", (tick) => `translate(${x(tick)},0)`)
    .call((tick) => tick.append("line").attr("y1", kTop - 6).attr("y2", height))
    .call((tick) => tick.append("text").attr("y", 13).attr("text-anchor", "middle").text((at) => secondsText(at)));
  const words = (row) => [`${row.workload.name} (${row.workload.description}), ${row.figures.tool}`,
    `${secondsText(row.figures.median)} ±${secondsText(row.figures.deviation)}`,
    row.figures.ratio ? `${row.figures.ratio.toFixed(1)} times strata's` : null].filter(Boolean).join("\n");
  const bars = svg.selectAll("g.bar").data(rows).join("g").attr("class", "bar").attr("tabindex", (row, i) => (i === 0 ? 0 : -1))
    .attr("role", "img").attr("aria-label", (row) => words(row).replace(/\n/g, ", ")).attr("transform", (row) => `translate(0,${row.y})`);
  bars.append("text").attr("x", 8).attr("y", 14).text((row) => (row.isFirst ? row.workload.name : ""));
  bars.append("text").attr("x", kLeft - 8).attr("y", 14).attr("text-anchor", "end").text((row) => row.figures.tool);
  bars.append("rect").attr("x", kLeft).attr("width", (row) => Math.max(2, x(row.figures.median) - kLeft)).attr("height", kRow - 5).attr("rx", 3)
    .attr("class", (row) => `tool-${tools.indexOf(row.figures.tool)}`);
  bars.selectAll("circle").data((row) => row.figures.seconds).join("circle").attr("class", "round").attr("r", 3).attr("cy", (kRow - 5) / 2).attr("cx", (value) => x(value));
  tip(bars, words);
  walkByKeys(bars);
}

function benchParts(bench) {
  const tools = bench.tools.map((tool) => tool.name);
  const bytesCell = (bytes) => (bytes == null ? "" : bytesText(bytes));
  d3.select("#subtitle").text(bench.tools.map((tool) => `${tool.name} ${tool.version}`).join(" · "));
  for (const [name, value] of [["rounds", bench.rounds], ["warm-up", bench.warmUp], ["file that changes", bench.touched], ["dependency file", bench.dependency]])
    facts([[name, value]]);
  const measured = bench.workloads.map((workload) => ({ ...workload, bars: workload.tools.filter((figures) => !figures.notMeasured) })).filter((workload) => workload.bars.length > 0);
  if (measured.length > 0) benchPlot(section("times", "Times", "Medians; a ring is a round. The axis is logarithmic."), measured, tools);
  const rows = bench.workloads.flatMap((workload) => workload.tools.map((figures) => ({ workload, ...figures })));
  table(section("figures", "Figures", "Median and median absolute deviation of the rounds; memory is the largest process."), "Figures", [
    { name: "workload", value: (row) => row.workload.name },
    { name: "tool", value: (row) => row.tool },
    { name: "median", number: true, value: (row) => row.median || 0, show: (row) => (row.notMeasured ? "n/a" : secondsText(row.median)) },
    { name: "deviation", number: true, value: (row) => row.deviation || 0, show: (row) => (row.notMeasured ? "" : secondsText(row.deviation)) },
    { name: "ratio", number: true, value: (row) => row.ratio || 0, show: (row) => (row.ratio ? row.ratio.toFixed(1) : "") },
    { name: "memory", number: true, value: (row) => row.peakMemory || 0, show: (row) => bytesCell(row.peakMemory) },
    { name: "written", number: true, value: (row) => row.diskWritten || 0, show: (row) => bytesCell(row.diskWritten) },
    { name: "layers made", number: true, value: (row) => row.layerBytes || 0, show: (row) => bytesCell(row.layerBytes) },
    { name: "pushed", number: true, value: (row) => row.pushedBytes || 0, show: (row) => bytesCell(row.pushedBytes) },
    { name: "not measured because", long: true, show: (row) => row.notMeasured || "" },
  ], rows);
  if (bench.steps.length === 0) return;
  const named = bench.workloads.map((workload) => workload.name).filter((name) => bench.steps.some((step) => name in step.seconds));
  table(section("step-times", "Steps", "Median time of strata's steps in the rounds in which they ran."), "Steps", [
    { name: "line", number: true, value: (step) => step.line },
    { name: "step", long: true, value: (step) => step.name },
    ...named.map((name) => ({ name, number: true, value: (step) => step.seconds[name] || 0, show: (step) => (step.seconds[name] == null ? "cached" : secondsText(step.seconds[name])) })),
  ], bench.steps);
}
