#include "builder/solve/hash_components.h"

#include <llvm/ADT/STLExtras.h>

#include <tuple>
#include <vector>

namespace strata::builder {

void hashComponents(llvm::ArrayRef<KeyComponent> components, Hasher& hasher) {
  std::vector<const KeyComponent*> ordered;
  for (const KeyComponent& component : components) ordered.push_back(&component);
  llvm::sort(ordered, [](const KeyComponent* a, const KeyComponent* b) {
    return std::tie(a->kind, a->name, a->value) < std::tie(b->kind, b->name, b->value);
  });
  for (const KeyComponent* component : ordered)
    hasher.number(uint64_t(component->kind)).field(component->name).field(component->value);
}

}  // namespace strata::builder
