#include "builder/lint/check_from.h"

#include "layerfs/platform.h"
#include "registry/reference.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

namespace {
using Rule = LintRule;
using Values = llvm::StringMap<std::string>;

std::optional<llvm::StringRef> valueIn(const Values& values, llvm::StringRef name) {
  auto found = values.find(name);
  return found == values.end() ? std::nullopt : std::optional<llvm::StringRef>(found->second);
}

/// A word that cannot be expanded is reported where it is used: here it is nothing.
std::optional<Expansion> expanded(llvm::StringRef word, const Values& values, char escape) {
  auto expansion = expandWord(
      word, [&](llvm::StringRef name) { return valueIn(values, name); }, escape);
  if (expansion) return std::move(*expansion);
  llvm::consumeError(expansion.takeError());
  return std::nullopt;
}

class FromChecker {
public:
  FromChecker(const Dockerfile& file, const Values& automatic, LintReport& report)
      : file_(file), names_(globalNames(file, automatic)), report_(report), defaults_(automatic) {
    for (const Instruction& at : file.globals) readDefaults(at);
  }

  void check() {
    for (const Stage& stage : file_.stages) {
      checkPlatform(stage);
      checkImage(stage);
    }
  }

private:
  /// What the ARGs before the first FROM are worth when nothing is given.
  void readDefaults(const Instruction& at) {
    const auto* arg = std::get_if<ArgInstruction>(&at.body);
    if (!arg) return;
    for (const KeyValue& pair : arg->pairs) {
      if (!pair.value) continue;
      if (auto value = expanded(*pair.value, defaults_, file_.escape())) defaults_[pair.key] = std::move(value->text);
    }
  }

  void found(const Stage& stage, Rule rule, const llvm::Twine& message) {
    report_.add(rule, stage.range, stage.comments, message);
  }

  void checkNames(const Stage& stage, const Expansion& expansion) {
    for (llvm::StringRef name : expansion.unset)
      if (!llvm::is_contained(names_, name))
        found(stage, Rule::UndefinedArgInFrom,
              "FROM argument '" + name + "' is not declared" + didYouMean(name, names_, /*ignoreCase=*/true));
  }

  void checkPlatform(const Stage& stage) {
    if (stage.platform.empty()) return;
    auto expansion = expanded(stage.platform, defaults_, file_.escape());
    if (!expansion) return;
    checkNames(stage, *expansion);
    if (stage.platform == "$TARGETPLATFORM" || stage.platform == "${TARGETPLATFORM}")
      found(stage, Rule::RedundantTargetPlatform,
            "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior");
    if (!expansion->used.empty() || !expansion->unset.empty()) return;
    auto platform = layerfs::parsePlatform(expansion->text);
    if (!platform) return llvm::consumeError(platform.takeError());
    llvm::StringRef name = stage.name;
    if (!name.contains(platform->os) && !name.contains(platform->architecture))
      found(stage, Rule::FromPlatformFlagConstDisallowed,
            "FROM --platform flag should not use constant value \"" + stage.platform + "\"");
  }

  void checkImage(const Stage& stage) {
    auto expansion = expanded(stage.image, defaults_, file_.escape());
    if (!expansion) return;
    checkNames(stage, *expansion);
    bool constant = expansion->used.empty() && expansion->unset.empty();
    if (!constant && !isImage(expansion->text))
      found(stage, Rule::InvalidDefaultArgInFrom,
            "Default value for ARG " + stage.image + " results in empty or invalid base image name");
  }

  static bool isImage(llvm::StringRef text) {
    if (text.empty()) return false;
    auto reference = registry::parseReference(text);
    if (reference) return true;
    llvm::consumeError(reference.takeError());
    return false;
  }

  const Dockerfile& file_;
  std::vector<llvm::StringRef> names_;
  LintReport& report_;
  Values defaults_;
};
}  // namespace

std::vector<llvm::StringRef> globalNames(const Dockerfile& file, const Values& automatic) {
  std::vector<llvm::StringRef> names;
  for (const Instruction& at : file.globals)
    if (const auto* arg = std::get_if<ArgInstruction>(&at.body))
      for (const KeyValue& pair : arg->pairs) names.push_back(pair.key);
  std::vector<llvm::StringRef> others(automatic.keys().begin(), automatic.keys().end());
  llvm::sort(others);  // a map's order is nobody's business
  names.insert(names.end(), others.begin(), others.end());
  return names;
}

void checkFroms(const Dockerfile& file, const Values& automatic, LintReport& report) {
  FromChecker(file, automatic, report).check();
}

}  // namespace strata::builder
