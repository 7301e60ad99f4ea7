#include "builder/plan/stage_state.h"

#include <llvm/ADT/SmallVector.h>

namespace strata::builder {

void Variables::set(llvm::StringRef name, Variable variable) {
  auto [slot, isNew] = index_.try_emplace(name.str(), variables_.size());
  if (isNew)
    variables_.emplace_back(name.str(), std::move(variable));
  else
    variables_[slot->second].second = std::move(variable);
}

const Variable* Variables::get(llvm::StringRef name) const {
  auto slot = index_.find(std::string_view(name.data(), name.size()));
  return slot == index_.end() ? nullptr : &variables_[slot->second].second;
}

std::optional<llvm::StringRef> Variables::find(llvm::StringRef name) const {
  const Variable* variable = get(name);
  return variable ? std::optional<llvm::StringRef>(variable->value) : std::nullopt;
}

std::string StageState::absolute(llvm::StringRef path) const {
  std::string whole = path.starts_with("/") ? path.str() : workdir() + "/" + path.str();
  llvm::SmallVector<llvm::StringRef> parts, kept;
  llvm::StringRef(whole).split(parts, '/', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    if (part == ".") continue;
    if (part != "..")
      kept.push_back(part);
    else if (!kept.empty())
      kept.pop_back();
  }
  std::string result;
  for (llvm::StringRef part : kept) result += "/" + part.str();
  return result.empty() ? "/" : result;
}

void StageState::adoptConfigEnv(llvm::StringRef where) {
  for (llvm::StringRef pair : config.env) {
    auto [name, value] = pair.split('=');
    const Variable* known = env.get(name);
    bool same = known && !known->isArg && known->value == value;  // keep who set it first
    if (!same) env.set(name, {value.str(), false, where.str()});
  }
}

StageState StageState::child() const {
  StageState state = *this;
  state.cmdSet = false;
  state.adoptConfigEnv("parent stage");
  return state;
}

StageState StageState::fromScratch(const layerfs::Platform& platform) {
  StageState state;
  state.config.platform = platform;
  state.config.workingDir = "/";
  state.config.setEnv("PATH", kDefaultPath);
  state.adoptConfigEnv("default");
  return state;
}

StageState StageState::fromImage(const layerfs::ImageConfig& image) {
  StageState state;
  state.config = image;
  state.config.created.reset();
  state.config.onBuild.clear();
  state.adoptConfigEnv("base image");
  if (!state.config.findEnv("PATH")) {
    state.config.setEnv("PATH", kDefaultPath);
    state.env.set("PATH", {kDefaultPath.str(), false, "default"});
  }
  return state;
}

}  // namespace strata::builder
