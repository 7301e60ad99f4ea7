/// \file What a planner says to those who listen: the build checks and the outline. Without them it does nothing here.

#include "builder/lint/check_from.h"
#include "builder/lint/check_stage.h"
#include "builder/plan/outline.h"
#include "builder/plan/planner.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

/// What a base image's triggers look like is its author's business.
LintReport* Planner::lintAt(const Place& place) const { return place.triggered ? nullptr : options_.lint; }

void Planner::noteFroms() {
  if (!options_.lint) return;
  llvm::StringMap<std::string> automatic;
  for (auto [name, variable] : variablesOf(globals_.now().get())) automatic[name] = variable->value;
  checkFroms(dockerfile_, automatic, *options_.lint);
}

void Planner::noteInstruction(const Instruction& at, const Place& place, const StageState& state) {
  LintReport* lint = lintAt(place);
  if (lint && state.config.shell.empty()) checkCommand(at, /*hasShell=*/false, *lint);
  if (const auto* arg = std::get_if<ArgInstruction>(&at.body); arg && lint)
    for (const KeyValue& pair : arg->pairs) checkSecretName(at, pair.key, *lint);
  const auto* run = std::get_if<RunInstruction>(&at.body);
  if (!run || !options_.outline) return;
  for (const AstWord& mount : run->mounts) {
    auto value = [&](llvm::StringRef word) -> llvm::Expected<std::string> {
      auto expansion = expandWord(
          word, [&](llvm::StringRef name) { return state.env.find(name); }, dockerfile_.escape());
      if (!expansion) return expansion.takeError();
      return std::move(expansion->text);
    };
    auto read = parseMountFlag(mount.text, value);
    if (read)
      options_.outline->addMount(at, *read);
    else
      llvm::consumeError(read.takeError());  // applyRun says it
  }
}

void Planner::noteUnset(const Expansion& expansion, const StageState& state, const Instruction& at,
                        const Place& place) {
  LintReport* lint = lintAt(place);
  if (!lint || expansion.unset.empty()) return;
  std::vector<llvm::StringRef> known;
  for (auto [name, variable] : variablesOf(state.env.now().get())) known.push_back(name);
  for (llvm::StringRef name : expansion.unset)
    if (!llvm::is_contained(state.declaredArgs, name)) reportUndefined(at, name, known, *lint);
}

void Planner::noteBasePlatform(const Stage& stage, llvm::StringRef image, const layerfs::Platform& found,
                               const layerfs::Platform& expected) {
  if (!options_.lint || (found.os == expected.os && found.architecture == expected.architecture)) return;
  options_.lint->add(LintRule::InvalidBaseImagePlatform, stage.range, stage.comments,
                     "Base image " + image + " was pulled with platform \"" + found.str() + "\", expected \"" +
                         expected.str() + "\" for current build");
}

}  // namespace strata::builder
