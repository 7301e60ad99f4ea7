#include "builder/lint/lint_config.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/SmallVector.h>

namespace strata::builder {

void LintConfig::Names::add(llvm::StringRef list) {
  llvm::SmallVector<llvm::StringRef> parts;
  list.split(parts, ',', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    if (part.trim() == "all")
      all = true;
    else
      names.insert(part.trim());
  }
}

llvm::Expected<LintConfig> LintConfig::parse(llvm::StringRef value) {
  LintConfig config;
  value = value.take_until([](char c) { return c == ' ' || c == '\t'; });
  if (value.empty()) return config;
  llvm::SmallVector<llvm::StringRef> parts;
  value.split(parts, ';');
  if (parts.size() > 3)
    return fault(FaultKind::Invalid, "invalid check options \"" + value + "\": at most three parts");
  for (llvm::StringRef part : parts) {
    auto [name, text] = part.split('=');
    bool known = name == "skip" || name == "error" || name == "experimental";
    if (!part.contains('=') || !known) return fault(FaultKind::Invalid, "invalid check option \"" + name + "\"");
    if (name == "skip") {
      config.skipped_ = {};
      config.skipped_.add(text);
    } else if (name == "experimental") {
      config.experimental_ = {};
      config.experimental_.add(text);
    } else if (auto fails = booleanOf(text)) {
      config.failsBuild_ = *fails;
    } else {
      return fault(FaultKind::Invalid,
                   "failed to parse check option \"" + part + "\": it must be error=true or error=false");
    }
  }
  return config;
}

bool LintConfig::enables(LintRule rule) const {
  const LintRuleInfo& info = infoOf(rule);
  if (skipped_.contains(info.name)) return false;
  if (info.experimental) return experimental_.all || experimental_.contains(info.name);
  return !skipped_.all;
}

bool LintConfig::enables(LintRule rule, llvm::ArrayRef<llvm::StringRef> comments) const {
  bool enabled = enables(rule);
  for (llvm::StringRef comment : comments) {
    std::optional<llvm::StringRef> value = checkComment(comment);
    if (!value) continue;
    auto local = parse(*value);
    if (!local) {  // LINT-6: a malformed one is a comment like any other
      llvm::consumeError(local.takeError());
      continue;
    }
    const LintRuleInfo& info = infoOf(rule);
    if (local->skipped_.contains(info.name) || (local->skipped_.all && !info.experimental)) return false;
    enabled |= info.experimental && local->enables(rule);
  }
  return enabled;
}

std::optional<llvm::StringRef> checkComment(llvm::StringRef comment) {
  auto [name, value] = comment.split('=');
  if (!name.trim().equals_insensitive("check") || !comment.contains('=')) return std::nullopt;
  return value.trim();
}

}  // namespace strata::builder
