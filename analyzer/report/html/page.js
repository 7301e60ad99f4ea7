// The report from top to bottom; a part without data is left out.
const theme = d3.select("#theme");
const setTheme = (dark) => {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  theme.attr("aria-pressed", dark);
};
setTheme(window.matchMedia("(prefers-color-scheme: dark)").matches);
theme.on("click", () => setTheme(document.documentElement.dataset.theme !== "dark"));

const { image, tree, build, history, bench } = data;
document.title = data.title;
d3.select("#title").text(data.title);

function facts(list) {
  for (const [name, value] of list) {
    if (value == null) continue;
    const box = d3.select("#facts").append("div");
    box.append("dt").text(name);
    box.append("dd").text(value);
  }
}

function imageParts() {
  d3.select("#subtitle").text([image.id, image.platform].filter(Boolean).join(" · "));
  facts([
    ["size", bytesText(image.tarBytes)],
    ["compressed", image.compressedBytes == null ? null : bytesText(image.compressedBytes)],
    ["files", image.visibleFiles.toLocaleString("en")],
    ["efficiency", percentText(image.efficiency.score)],
    ["wasted", bytesText(image.waste.bytes)],
    ["shared with other images", image.sharedBytes ? bytesText(image.sharedBytes) : null],
  ]);
  if (tree) treemap(section("files", "Files", "What a container sees, by size; colours are layers. Select a directory to look into it."), tree, image.layers);
  table(section("layers", "Layers", "From the bottom up: what each instruction brought, and why it ran when it last ran."), "Layers", [
    { name: "#", number: true, value: (layer) => layer.position, show: (layer) => swatch(layerColour(layer.position), String(layer.position + 1)) },
    { name: "size", number: true, value: (layer) => layer.tarBytes, show: (layer) => bytesText(layer.tarBytes) },
    { name: "compressed", number: true, value: (layer) => layer.compressedBytes || 0, show: (layer) => (layer.compressedBytes == null ? "" : bytesText(layer.compressedBytes)) },
    { name: "added", number: true, value: (layer) => layer.added },
    { name: "modified", number: true, value: (layer) => layer.modified },
    { name: "metadata", number: true, value: (layer) => layer.metadataOnly },
    { name: "removed", number: true, value: (layer) => layer.removed },
    { name: "last build", value: (layer) => layer.outcome || "", show: (layer) => (layer.outcome ? `${outcomeText[layer.outcome]}, ${durationText(layer.nanoseconds)}` : "") },
    { name: "instruction", long: true, value: (layer) => layer.instruction, show: (layer) => (layer.line ? `line ${layer.line}: ` : "") + layer.instruction },
    { name: "reason", long: true, show: (layer) => (layer.reason && layer.reason.summary) || "" },
  ], image.layers);
  if (image.waste.findings.length > 0)
    table(section("waste", "Waste", "Bytes that nobody needs, each counted once."), "Waste", [
      { name: "bytes", number: true, value: (waste) => waste.bytes, show: (waste) => bytesText(waste.bytes) },
      { name: "files", number: true, value: (waste) => waste.files },
      { name: "cause", value: (waste) => waste.cause, show: (waste) => waste.cause.replace(/-/g, " ") + (waste.what ? ` (${waste.what})` : "") },
      { name: "layer", number: true, value: (waste) => waste.layer, show: (waste) => String(waste.layer + 1) },
      { name: "largest", long: true, show: (waste) => waste.paths.slice(0, 3).map((one) => `${one.path} (${bytesText(one.bytes)})`).join(", ") },
      { name: "what to do", long: true, show: (waste) => waste.hint },
    ], image.waste.findings);
  if (image.largest.length > 0)
    table(section("largest", "Largest files"), "Largest files", [
      { name: "bytes", number: true, value: (file) => file.bytes, show: (file) => bytesText(file.bytes) },
      { name: "layer", number: true, value: (file) => file.layer, show: (file) => swatch(layerColour(file.layer), String(file.layer + 1)) },
      { name: "path", long: true, value: (file) => file.path },
    ], image.largest);
}

function buildParts() {
  facts([
    ["last build", durationText(build.duration)],
    ["steps at once, on average", build.parallelism ? build.parallelism.toFixed(1) : null],
    ["critical path", build.criticalWork ? durationText(build.criticalWork) : null],
  ]);
  timeline(section("timeline", "Timeline of the build", `Build ${build.id}: ${countText(build.steps.length, "step")}.`), build);
  table(section("steps", "Steps", "What ran, what came from the cache, and why."), "Steps", [
    { name: "#", number: true, value: (step) => step.index, show: (step) => String(step.index + 1) },
    { name: "outcome", value: (step) => step.outcome, show: (step) => outcomeText[step.outcome] },
    { name: "time", number: true, value: (step) => step.duration, show: (step) => durationText(step.duration) },
    { name: "step", long: true, value: stepTitle },
    { name: "reason", long: true, value: (step) => step.reason || "" },
  ], build.steps);
}

if (data.findings && data.findings.length > 0) findings(section("findings", "Findings"), data.findings);
if (image) imageParts();
if (build) buildParts();
if (history && history.builds.length > 1) cacheMap(section("cache", "Cache map", "Every step of the last builds of this project."), history);
if (bench) benchParts(bench);
