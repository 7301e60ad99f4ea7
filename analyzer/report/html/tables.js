// Tables whose columns can be sorted, with the keyboard as well.
// columns: {name, value(row): what is sorted by, show(row): text or node; number: right-aligned}
function table(parent, caption, columns, rows) {
  const box = d3.select(parent).append("div").attr("class", "scroll").attr("tabindex", 0).attr("role", "region").attr("aria-label", caption);
  const element = box.append("table");
  element.append("caption").text(caption);
  const heads = element.append("thead").append("tr").selectAll("th").data(columns).join("th")
    .attr("scope", "col").classed("number", (column) => column.number);
  const body = element.append("tbody");
  let sorted = null, down = true;

  const fill = () => {
    const order = rows.slice();
    if (sorted) order.sort((a, b) => (down ? -1 : 1) * d3.ascending(sorted.value(a), sorted.value(b)));
    body.selectAll("tr").data(order).join("tr").html("").each(function (row) {
      for (const column of columns) {
        const cell = d3.select(this).append("td").classed("number", column.number).classed("long", column.long);
        const shown = (column.show || column.value)(row);
        if (shown instanceof Node) cell.node().append(shown);
        else cell.text(shown == null ? "" : shown);
      }
    });
    heads.attr("aria-sort", (column) => (column === sorted ? (down ? "descending" : "ascending") : null));
  };
  heads.each(function (column) {
    if (!column.value) return d3.select(this).text(column.name);
    d3.select(this).append("button").attr("type", "button").text(column.name).on("click", () => {
      down = sorted === column ? !down : Boolean(column.number);
      sorted = column;
      fill();
    });
  });
  fill();
}

function section(id, title, explanation) {
  const element = d3.select("#main").append("section").attr("aria-labelledby", `${id}-title`).attr("id", id);
  element.append("h2").attr("id", `${id}-title`).text(title);
  if (explanation) element.append("p").attr("class", "quiet").text(explanation);
  d3.select("#contents").append("li").append("a").attr("href", `#${id}`).text(title);
  return element.node();
}

// The arrow keys, Home and End go from one to the next.
function walkByKeys(selection) {
  selection.on("keydown", function (datum, i) {
    const all = selection.nodes();
    const next = { ArrowRight: i + 1, ArrowDown: i + 1, ArrowLeft: i - 1, ArrowUp: i - 1, Home: 0, End: all.length - 1 }[d3.event.key];
    if (next == null || !all[next]) return;
    d3.event.preventDefault();
    all[next].focus();
  });
}

// What the pointer or the keyboard is on, in words.
function tip(selection, words) {
  const box = d3.select("#tip");
  const show = function (datum, x, y) {
    box.text(words(datum)).attr("hidden", null);
    const width = box.node().offsetWidth;
    box.style("left", `${Math.max(4, Math.min(x + 12, window.scrollX + document.documentElement.clientWidth - width - 8))}px`).style("top", `${y + 14}px`);
  };
  selection
    .on("mousemove", function (datum) { show.call(this, datum, d3.event.pageX, d3.event.pageY); })
    .on("mouseleave blur", () => box.attr("hidden", true))
    .on("focus", function (datum) {
      const at = this.getBoundingClientRect();
      show.call(this, datum, at.left + window.scrollX, at.bottom + window.scrollY - 10);
    });
}

function swatch(colour, text) {
  const element = document.createElement("span");
  d3.select(element).append("span").attr("class", "swatch").attr("aria-hidden", true).style("background", colour);
  element.append(text);
  return element;
}
