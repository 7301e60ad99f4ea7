// What a container sees, by size: a directory is the area of its files, a file has the colour of the layer that brought it.
// node: {name, bytes, layer?, children?, more?: files that are not shown one by one}
function treemap(parent, tree, layers) {
  const width = 1140, height = 560, kHead = 18;
  const crumbs = d3.select(parent).append("div").attr("class", "crumbs").attr("role", "group").attr("aria-label", "Where the map stands");
  const svg = d3.select(parent).append("svg").attr("class", "treemap").attr("viewBox", `0 0 ${width} ${height}`)
    .attr("role", "group").attr("aria-label", "Map of the image's files by size. Arrow keys move, Enter opens a directory, Escape goes back.");
  const root = d3.hierarchy(tree).sum((node) => (node.children ? 0 : node.bytes)).sort((a, b) => b.value - a.value);
  let top = root;

  const pathOf = (node) => "/" + node.ancestors().reverse().slice(1).map((one) => one.data.name).join("/");
  const words = (node) => {
    const layer = node.data.layer;
    const from = layer == null ? "" : `\nlayer ${layer + 1}: ${layers[layer] ? layers[layer].instruction || "" : ""}`;
    const share = root.value ? ` (${percentText(node.value / root.value)})` : "";
    return `${node.data.more ? `${node.data.more} smaller in ${pathOf(node.parent)}` : pathOf(node)}\n${bytesText(node.value)}${share}${from}`;
  };
  // The layer that most of a directory's bytes came with.
  root.eachAfter((node) => {
    node.byLayer = new Map();
    if (!node.children) node.byLayer.set(node.data.layer, node.value);
    else for (const child of node.children) for (const [layer, bytes] of child.byLayer) node.byLayer.set(layer, (node.byLayer.get(layer) || 0) + bytes);
    [node.mainLayer] = Array.from(node.byLayer).sort((a, b) => b[1] - a[1])[0];
  });
  const colourOf = (node) => layerColour(node.mainLayer || 0);

  function open(node, focused) {
    if (!node.children) return;
    top = node;
    draw();
    const cells = svg.selectAll("g.node").nodes();
    const wanted = cells.find((cell) => d3.select(cell).datum().source === focused) || cells[0];
    if (wanted && focused !== null) wanted.focus();
  }

  function draw() {
    crumbs.html("");
    for (const node of top.ancestors().reverse()) {
      if (node === top) crumbs.append("span").attr("class", "path").attr("aria-current", "location").text(node.data.name || "/");
      else crumbs.append("button").attr("type", "button").attr("class", "path").text(node.data.name || "/").on("click", () => open(node));
    }
    crumbs.append("span").attr("class", "quiet").text(bytesText(top.value));
    // A copy of two levels: what lies deeper is a part of its area.
    const shown = d3.hierarchy({ source: top, children: (top.children || []).map((child) => ({ source: child, children: (child.children || []).map((grand) => ({ source: grand })) })) },
      (node) => (node.children && node.children.length ? node.children : null)).sum((node) => (node.children && node.children.length ? 0 : node.source.value));
    d3.treemap().size([width, height]).paddingInner(1).paddingOuter(2).paddingTop((node) => (node.depth === 1 && node.children ? kHead : 2)).round(true)(shown);
    const cells = shown.descendants().slice(1).filter((cell) => cell.x1 - cell.x0 >= 1 && cell.y1 - cell.y0 >= 1);
    svg.html("");
    const groups = svg.selectAll("g.node").data(cells.map((cell) => ({ cell, source: cell.data.source }))).join("g").attr("class", "node")
      .attr("transform", ({ cell }) => `translate(${cell.x0},${cell.y0})`)
      .attr("tabindex", ({ cell }) => (cell.depth === 1 ? 0 : -1)).attr("role", ({ source }) => (source.children ? "button" : "img"))
      .attr("aria-label", ({ source }) => words(source).replace(/\n/g, ", "));
    groups.append("rect").attr("class", "cell").attr("width", ({ cell }) => cell.x1 - cell.x0).attr("height", ({ cell }) => cell.y1 - cell.y0)
      .attr("fill", ({ cell, source }) => (cell.children ? d3.hsl(colourOf(source)).brighter(0.35) : colourOf(source)));
    groups.filter(({ cell }) => cell.x1 - cell.x0 > 44 && cell.y1 - cell.y0 > 15).append("text").attr("x", 4).attr("y", 13)
      .text(({ cell, source }) => shortened(source.data.more ? `${source.data.more} smaller` : source.data.name + (source.children ? "/" : ""), cell.x1 - cell.x0 - 8));
    tip(groups, ({ source }) => words(source));
    groups.on("click", ({ source }) => open(source.children ? source : top.parent && source === top ? top.parent : source));
    groups.on("keydown", function ({ cell, source }) { moved(this, cell, source, cells); });
  }

  const shortened = (text, room) => (text.length * 7.2 <= room ? text : text.slice(0, Math.max(1, Math.floor(room / 7.2) - 1)) + "…");

  // The nearest cell of the same level in the direction of the key.
  function moved(element, cell, source, cells) {
    const key = d3.event.key;
    const back = key === "Escape" || key === "Backspace";
    if (key === "Enter" || key === " ") open(source);
    else if (back && top.parent) open(top.parent, top);
    else if (!key.startsWith("Arrow")) return;
    d3.event.preventDefault();
    if (!key.startsWith("Arrow")) return;
    const middle = (one) => [(one.x0 + one.x1) / 2, (one.y0 + one.y1) / 2];
    const [x, y] = middle(cell);
    const ahead = { ArrowLeft: (a) => x - a[0], ArrowRight: (a) => a[0] - x, ArrowUp: (a) => y - a[1], ArrowDown: (a) => a[1] - y }[key];
    let best = null, least = Infinity;
    svg.selectAll("g.node").each(function (other) {
      if (other.cell === cell || other.cell.depth !== cell.depth) return;
      const at = middle(other.cell), forward = ahead(at);
      if (forward <= 0.5) return;
      const distance = forward + 3 * (key === "ArrowLeft" || key === "ArrowRight" ? Math.abs(at[1] - y) : Math.abs(at[0] - x));
      if (distance < least) { least = distance; best = this; }
    });
    if (best) best.focus();
  }

  open(root, null);
  const legend = d3.select(parent).append("div").attr("class", "legend").attr("role", "list").attr("aria-label", "Layers");
  for (const layer of layers)
    if (root.byLayer.get(layer.position)) legend.append(() => { const item = swatch(layerColour(layer.position), `layer ${layer.position + 1}  ${bytesText(root.byLayer.get(layer.position))}`); item.setAttribute("role", "listitem"); return item; });
}
