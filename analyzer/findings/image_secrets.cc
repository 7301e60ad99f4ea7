#include "analyzer/findings/image_secrets.h"

#include "analyzer/findings/config_secrets.h"
#include "analyzer/findings/content_secrets.h"
#include "analyzer/secrets/secret_formats.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringMap.h>

namespace strata::analyzer {

namespace {
using Change = ImageTree::Change;
using ChangeId = ImageTree::ChangeId;
using builder::KeyComponent;

constexpr size_t kLongestDetail = 200;

void addSentence(std::string& text, llvm::StringRef sentence) {
  if (sentence.empty()) return;
  if (!text.empty()) text += "; ";
  text += sentence;
}

class Findings {
public:
  Findings(const Analysis& analysis, const Redactor& redactor)
      : report_(analysis.report), tree_(analysis.tree), redactor_(redactor) {}

  void addConfig(const layerfs::ImageConfig& config) {
    std::vector<ConfigSecret> secrets = findConfigSecrets(config);
    llvm::StringMap<size_t> seen;  // secret -> its finding: the history mostly says again what the environment says
    for (const ConfigSecret& secret : secrets) {
      auto [known, isNew] = seen.try_emplace(secret.value, findings_.size());
      if (!isNew) {
        std::string& detail = findings_[known->second].detail;
        if (detail.size() < kLongestDetail) addSentence(detail, "also in " + redactor_.apply(secret.element));
        continue;
      }
      Finding& finding = add(secret.match);
      finding.where = placeOfVariable(secret);  // what sets it says more than a RUN that was given it
      if (!finding.where.line && secret.layer) finding.where = placeOf(*secret.layer);
      finding.where.element = redactor_.apply(secret.element);
      if (!secret.name.empty() && !llvm::StringRef(secret.element).ends_with(secret.name))
        addSentence(finding.detail, "the value of " + printable(redactor_.apply(secret.name)));
    }
  }

  void addFile(const FileSecrets& file) {
    const Change& change = tree_.change(file.change);
    std::string path = tree_.pathOf(change.path);
    llvm::StringRef excuse = excuseFor(path);
    for (const SecretMatch& match : file.scanned.secrets) {
      Finding& finding = add(match);
      finding.where = placeOf(change.layer);
      finding.where.path = path;
      finding.where.offset = match.begin;
      finding.where.fileLine = match.line;
      addSentence(finding.detail, fateOf(file.change));
      if (excuse.empty()) continue;
      finding.level = FindingLevel::Note;
      addSentence(finding.detail, excuse);
    }
  }

  /// Of files whose content tells nothing, or was not `seen`.
  void addName(ChangeId id, bool seen) {
    const Change& change = tree_.change(id);
    if (!mayBeSuspicious(tree_.nameOf(change.path))) return;
    std::string path = tree_.pathOf(change.path);
    auto suspicious = suspiciousName(path);
    if (!suspicious || (seen && suspicious->isText)) return;
    Finding finding{.rule = "secret/file-name", .level = suspicious->level, .title = suspicious->what.str()};
    if (!excuseFor(path).empty()) finding.level = FindingLevel::Note;
    finding.where = placeOf(change.layer);
    finding.where.path = std::move(path);
    finding.detail = "by its name" + std::string(suspicious->isText ? "; --secrets reads what is in it" : "");
    addSentence(finding.detail, fateOf(id));
    findings_.push_back(std::move(finding));
  }

  std::vector<Finding> take() {
    sortByWeight(findings_);
    return std::move(findings_);
  }

private:
  Finding& add(const SecretMatch& match) {
    Finding finding{.rule = "secret/" + match.rule.str(), .level = match.level, .title = match.title.str()};
    finding.detail = printable(match.shape);
    addSentence(finding.detail, match.note);
    return findings_.emplace_back(std::move(finding));
  }

  FindingPlace placeOf(uint32_t layer) const {
    FindingPlace place{.layer = layer};
    const LayerReport& known = report_.layers[layer];
    place.instruction = redactor_.apply(known.instruction);
    place.line = known.line;
    if (known.line && report_.build) place.dockerfile = report_.build->dockerfile;
    return place;
  }

  /// Where the Dockerfile sets a variable that a step of the last build saw ("Dockerfile:3"), with this value: an ENV
  /// may hide an ARG of the same name.
  FindingPlace placeOfVariable(const ConfigSecret& secret) const {
    FindingPlace place;
    if (!report_.build || secret.name.empty()) return place;
    for (const builder::BuildStep& step : report_.build->steps)
      for (const KeyComponent& component : step.components) {
        bool isVariable = component.kind == KeyComponent::Kind::Env || component.kind == KeyComponent::Kind::Arg;
        unsigned line = component.line;
        bool isIt =
            isVariable && component.name == secret.name && llvm::StringRef(component.value).contains(secret.value);
        if (!isIt) continue;
        if (line == 0 && llvm::StringRef(component.where).rsplit(':').second.getAsInteger(10, line)) continue;
        place.line = line;
        place.dockerfile = report_.build->dockerfile;
        return place;
      }
    return place;
  }

  /// What a later layer does to it, which takes it from nobody who has the image.
  std::string fateOf(ChangeId id) const {
    ChangeId last = tree_.lastChange(tree_.change(id).path), next = ImageTree::kNone;
    while (last != ImageTree::kNone && last != id) last = tree_.change(next = last).before;
    if (next == ImageTree::kNone || last == ImageTree::kNone) return "";
    const Change& after = tree_.change(next);
    return (after.isRemoval() ? "removed by layer " : "replaced by layer ") + std::to_string(after.layer + 1) +
           ", and still in the image";
  }

  const ImageReport& report_;
  const ImageTree& tree_;
  const Redactor& redactor_;
  std::vector<Finding> findings_;
};

void count(const ScannedFile& file, SecretReading& reading) {
  if (file.isBinary) {
    ++reading.binaries;
    return;
  }
  ++reading.files;
  reading.bytes += file.bytes;
  reading.cut += file.isCut;
}

std::string filesText(uint64_t count) { return std::to_string(count) + (count == 1 ? " file" : " files"); }

}  // namespace

llvm::Expected<SecretReport> findImageSecrets(ImageSource& source, const Analysis& analysis, Contents contents,
                                              const Redactor& redactor) {
  SecretReport report{.findings = {}, .reading = {.wanted = contents == Contents::Yes}};
  Findings findings(analysis, redactor);
  findings.addConfig(source.facts().config);
  std::vector<bool> seen(analysis.tree.changeCount());
  if (contents == Contents::Yes) {
    auto files = scanContents(source, analysis.tree);
    if (!files) return files.takeError();
    for (const FileSecrets& file : *files) {
      count(file.scanned, report.reading);
      findings.addFile(file);
      seen[file.change] = !file.scanned.isBinary && !file.scanned.isCut;
    }
  }
  for (ChangeId id = 0; id < analysis.tree.changeCount(); ++id) {
    const Change& change = analysis.tree.change(id);
    if (!change.isFile() || change.isRemoval() || change.size == 0) continue;
    if (change.action == ImageTree::Action::Metadata) continue;
    findings.addName(id, seen[id]);
  }
  report.findings = findings.take();
  return report;
}

std::string printReading(const SecretReading& reading) {
  if (!reading.wanted) return "contents of files were not read: --secrets does so";
  std::string text = filesText(reading.files) + " (" + humanSize(reading.bytes) + ") of all layers were looked through";
  if (reading.binaries > 0)
    addSentence(text, filesText(reading.binaries) +
                          (reading.binaries == 1 ? " that is no text was not" : " that are no text were not"));
  if (reading.cut > 0)
    addSentence(text, "of " + filesText(reading.cut) + " only the first " + humanSize(kScannedBytes));
  return text;
}

}  // namespace strata::analyzer
