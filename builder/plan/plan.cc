#include "builder/plan/plan.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringMap.h>

namespace strata::builder {

Environment::~Environment() {
  std::shared_ptr<const Environment> rest = std::move(before);
  while (rest && rest.use_count() == 1) {
    // Ours alone: unhook what it stands on before it goes.
    rest = std::move(const_cast<Environment&>(*rest).before);
  }
}

std::vector<std::pair<llvm::StringRef, const Variable*>> variablesOf(const Environment* environment) {
  std::vector<const Environment*> settings;
  for (; environment; environment = environment->before.get()) settings.push_back(environment);
  std::vector<std::pair<llvm::StringRef, const Variable*>> variables;
  llvm::StringMap<size_t> places;
  for (const Environment* setting : llvm::reverse(settings)) {
    auto [place, isNew] = places.try_emplace(setting->name, variables.size());
    if (isNew)
      variables.emplace_back(setting->name, &setting->variable);
    else
      variables[place->second].second = &setting->variable;
  }
  return variables;
}

std::vector<KeyComponent> componentsOf(const Vertex& vertex) {
  std::vector<KeyComponent> components = vertex.components;
  const auto* run = vertex.as<RunOp>();
  if (!run) return components;
  for (const auto& [name, variable] : variablesOf(run->env.get()))
    components.push_back({.kind = variable->isArg ? KeyComponent::Kind::Arg : KeyComponent::Kind::Env,
                          .name = name.str(),
                          .value = variable->value,
                          .where = variable->where});
  return components;
}

}  // namespace strata::builder
