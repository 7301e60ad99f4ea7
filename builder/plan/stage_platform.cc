/// \file What a stage is built for: FROM --platform, --platform, or what the base image is made for.
#include "builder/plan/outline.h"
#include "builder/plan/planner.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

using layerfs::Platform;

/// STAGE-18: what FROM --platform= says; nothing where it is not there.
llvm::Expected<std::optional<Platform>> Planner::platformOf(const Stage& stage) const {
  if (stage.platform.empty()) return std::nullopt;
  auto wrong = [&](const llvm::Twine& message) { return sourceFault(dockerfile_.source(), stage.range, message); };
  auto text = expandWord(
      stage.platform, [&](llvm::StringRef name) { return globals_.find(name); }, dockerfile_.escape());
  if (!text) return wrong(messageOf(text.takeError()));
  if (options_.outline) options_.outline->use(text->used);
  if (text->text.empty()) {
    std::vector<llvm::StringRef> known;
    for (const auto& [name, variable] : variablesOf(globals_.now().get())) known.push_back(name);
    llvm::StringRef name =
        llvm::StringRef(stage.platform).ltrim("${").take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    return wrong("empty platform value from expression " + stage.platform +
                 didYouMean(name, known, /*ignoreCase=*/true));
  }
  auto platform = layerfs::parsePlatform(text->text);
  if (!platform) return wrong("failed to parse platform " + text->text + ": " + messageOf(platform.takeError()));
  return *platform;
}

/// PLAT-8: where nobody asked for a platform, a base image of one that this machine runs decides.
Platform Planner::platformWith(const std::optional<Platform>& said, const Platform& image) const {
  if (said) return *said;
  if (target_.asked || (image.os == target_.platform.os && image.architecture == target_.platform.architecture))
    return target_.platform;
  Platform own = layerfs::normalised(image);
  return llvm::is_contained(options_.runnable, own) ? own : target_.platform;
}

/// STAGE-20, CFG-7, PLAT-9: what was asked for replaces the base's; a variant and a version that were not asked for are
/// kept as long as the architecture is.
Platform Planner::resultPlatform(const Platform& base) const {
  if (!target_.asked) return layerfs::normalised(base);
  const Platform& wanted = target_.platform;
  bool other = base.os != wanted.os || base.architecture != wanted.architecture;
  Platform result = base;
  result.os = wanted.os;
  result.architecture = wanted.architecture;
  if (other || !wanted.variant.empty()) result.variant = wanted.variant;
  if (other || !wanted.osVersion.empty()) result.osVersion = wanted.osVersion;
  return layerfs::normalised(result);
}

/// PROG-1: "linux/amd64", and where the stage knows that it builds for another one "linux/amd64->arm64".
std::string Planner::shownPlatform(const StageState& state) const {
  std::string shown = state.platform.str();
  Platform target = state.platform;
  auto read = [&](llvm::StringRef name, std::string& part) {
    if (auto value = state.env.find(name)) part = value->str();
  };
  if (auto whole = state.env.find("TARGETPLATFORM")) {
    if (auto platform = layerfs::parsePlatform(*whole))
      target = *platform;
    else
      llvm::consumeError(platform.takeError());
  } else {
    read("TARGETOS", target.os);
    read("TARGETARCH", target.architecture);
    if (target.architecture != state.platform.architecture) target.variant.clear();
    read("TARGETVARIANT", target.variant);
    target = layerfs::normalised(target);
  }
  if (target.os != state.platform.os) return shown + "->" + target.str();
  if (target.architecture != state.platform.architecture || target.variant != state.platform.variant)
    return shown + "->" + llvm::StringRef(target.str()).split('/').second.str();
  return shown;
}

}  // namespace strata::builder
