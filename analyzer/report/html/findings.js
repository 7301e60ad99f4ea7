// What somebody should look at: secrets and advice, the heaviest first.
// finding: {rule, level: error|warning|note, title, where, detail, edit?: unified diff, bytes?, nanoseconds?}
function findings(parent, all) {
  for (const finding of all) {
    const box = d3.select(parent).append("article").attr("class", `finding ${finding.level}`);
    box.append("h3").text(finding.title);
    const gain = [finding.bytes ? bytesText(finding.bytes) : "", finding.nanoseconds ? durationText(finding.nanoseconds) : ""].filter(Boolean).join(", ");
    const facts = [finding.rule, finding.where, gain ? `would save ${gain}` : ""].filter(Boolean).join(" · ");
    box.append("div").attr("class", "quiet").text(facts);
    if (finding.detail) box.append("div").text(finding.detail);
    if (finding.edit) box.append("pre").attr("tabindex", 0).attr("aria-label", "The edit, as a unified diff").text(finding.edit);
  }
}
