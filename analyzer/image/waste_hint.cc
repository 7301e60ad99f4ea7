#include "analyzer/image/waste_hint.h"

#include "analyzer/image/instruction_text.h"
#include "support/text.h"

#include <llvm/Support/FormatVariadic.h>

namespace strata::analyzer {

namespace {
constexpr size_t kShownInstruction = 60;

bool isCopy(const LayerReport& layer) {
  llvm::StringRef text = layer.instruction;
  return text.starts_with("COPY ") || text.starts_with("ADD ");
}
bool isRun(const LayerReport& layer) { return llvm::StringRef(layer.instruction).starts_with("RUN "); }

/// "--chown=1000:1000 --chmod=0755", as far as all files agree.
std::string flagsFor(const WasteFinding& finding) {
  std::string flags;
  if (finding.ownerChanged)
    flags =
        finding.owner ? llvm::formatv("--chown={0}:{1}", finding.owner->first, finding.owner->second).str() : "--chown";
  if (!finding.modeChanged) return flags;
  if (!flags.empty()) flags += " ";
  return flags + (finding.mode ? llvm::formatv("--chmod={0}", llvm::format("%04o", *finding.mode)).str() : "--chmod");
}

std::string hintForRewrite(const WasteFinding& finding, const LayerReport& rewriter, const LayerReport& first) {
  std::string flags = flagsFor(finding);
  if (flags.empty()) return "the same bytes come again with other times: bring them once";
  llvm::StringRef verb = llvm::StringRef(first.instruction).split(' ').first;
  if (isCopy(first)) return (verb + " " + flags + " in " + whereIs(first) + " saves this copy").str();
  if (isCopy(rewriter)) return "the files are in " + whereIs(first) + " already";
  return "do it in " + whereIs(first) + ", which makes the files";
}

std::string hintForRemoval(const WasteFinding& finding, const LayerReport& holder, const LayerReport& remover) {
  std::string why = finding.hint.empty() ? "" : "; or " + finding.hint;
  if (isRun(holder)) return "remove it in " + whereIs(holder) + " itself" + why;
  if (isCopy(holder) && isRun(remover))
    return "read it in " + whereIs(remover) + " through RUN --mount=type=bind instead of copying it" + why;
  return "leave it out of " + whereIs(holder) + why;
}
}  // namespace

std::string whereIs(const LayerReport& layer) {
  std::string text = "layer " + std::to_string(layer.position + 1);
  if (!layer.instruction.empty()) {
    std::string instruction = onOneLine(layer.instruction);
    text += ", " + printable(llvm::StringRef(instruction).take_front(kShownInstruction));
    if (instruction.size() > kShownInstruction) text += "...";
  }
  return layer.line ? text + " (line " + std::to_string(*layer.line) + ")" : text;
}

std::string hintFor(const WasteFinding& finding, const ImageReport& report) {
  const LayerReport& layer = report.layers[finding.layer];
  const LayerReport& other = finding.other ? report.layers[*finding.other] : layer;
  switch (finding.cause) {
    case WasteCause::DeletedLater:
      return hintForRemoval(finding, layer, other);
    case WasteCause::OverwrittenLater:
      return "write it once: " + whereIs(other) + " replaces it";
    case WasteCause::MetadataOnly:
      return hintForRewrite(finding, layer, other);
    case WasteCause::Duplicate:
      return "link to " + printable("/" + finding.equalTo) +
             (finding.other != finding.layer ? " of " + whereIs(other) : std::string());
    default:
      return finding.hint;
  }
}

}  // namespace strata::analyzer
