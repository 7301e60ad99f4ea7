// Numbers and durations as the program prints them, and the few words that several parts share.
const data = JSON.parse(document.getElementById("data").textContent);

const bytesText = (bytes) => {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes, unit = -1;
  do { value /= 1000; unit += 1; } while (value >= 999.5 && unit + 1 < units.length);
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${units[unit]}`;
};
const durationText = (nanoseconds) => {
  const seconds = nanoseconds / 1e9;
  if (seconds < 0.001) return `${Math.round(nanoseconds / 1e3)} us`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
};
const percentText = (share) => `${(100 * share).toFixed(1)} %`;
const countText = (number, noun, nouns) => `${number.toLocaleString("en")} ${number === 1 ? noun : nouns || noun + "s"}`;

const outcomeText = { hit: "cached", executed: "ran", failed: "failed", cancelled: "cancelled", skipped: "not reached" };
const outcomeClass = (outcome) => (outcome === "hit" || outcome === "executed" || outcome === "failed" ? outcome : "idle");

// One colour a layer, the same in every part; text on it is dark in both themes.
const layerColour = (layer) => d3.hsl((layer * 137.5 + 210) % 360, 0.5, 0.72).toString();
const stepTitle = (step) => step.name + (step.line ? ` (line ${step.line})` : "");
