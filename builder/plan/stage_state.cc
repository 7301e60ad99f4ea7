#include "builder/plan/stage_state.h"

#include "builder/plan/joined.h"
#include "support/clean_path.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

void Variables::set(llvm::StringRef name, Variable variable) {
  last_ = std::make_shared<const Environment>(last_, name.str(), std::move(variable));
  index_[name] = last_;
}

const Variable* Variables::get(llvm::StringRef name) const {
  auto setting = index_.find(name);
  return setting == index_.end() ? nullptr : &setting->second->variable;
}

std::optional<llvm::StringRef> Variables::find(llvm::StringRef name) const {
  const Variable* variable = get(name);
  return variable ? std::optional<llvm::StringRef>(variable->value) : std::nullopt;
}

std::string StageState::absolute(llvm::StringRef path) const {
  llvm::StringRef base = path.starts_with("/") ? llvm::StringRef() : config.workingDir;
  return "/" + cleanPath((base + "/" + path).str());
}

void StageState::setEnv(llvm::StringRef name, llvm::StringRef value, std::string where) {
  std::string pair = joined({name, "=", value});
  auto [place, isNew] = envPlaces_.try_emplace(name, config.env.size());
  if (isNew)
    config.env.push_back(std::move(pair));
  else
    config.env[place->second] = std::move(pair);
  env.set(name, {value.str(), false, std::move(where)});
}

void StageState::adoptConfigEnv(llvm::StringRef where) {
  for (size_t i = 0; i < config.env.size(); ++i) {
    auto [name, value] = llvm::StringRef(config.env[i]).split('=');
    envPlaces_[name] = i;
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
  state.config.platform = state.platform = state.programs = platform;
  state.config.workingDir = "/";
  if (platform.os != "windows") state.setEnv("PATH", kDefaultPath, "default");
  return state;
}

StageState StageState::fromImage(const layerfs::ImageConfig& image, const layerfs::Platform& platform) {
  StageState state;
  state.config = image;
  state.platform = platform;
  state.programs = layerfs::normalised(image.platform);
  state.config.created.reset();
  state.config.onBuild.clear();
  state.adoptConfigEnv("base image");
  if (!state.config.findEnv("PATH") && state.config.platform.os != "windows")
    state.setEnv("PATH", kDefaultPath, "default");
  return state;
}

}  // namespace strata::builder
