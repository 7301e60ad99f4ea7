#include "builder/solve/hash_components.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace strata::builder {
namespace {
using Kind = KeyComponent::Kind;

Digest hashOf(std::vector<KeyComponent> components) {
  Hasher hasher;
  hashComponents(components, hasher);
  return hasher.finish();
}

std::vector<KeyComponent> components() {
  return {{.kind = Kind::Env, .name = "A", .value = "1"},
          {.kind = Kind::Arg, .name = "A", .value = "1"},
          {.kind = Kind::Env, .name = "B", .value = ""}};
}

TEST(HashComponentsTest, OrderAndExplanationsDecideNothing) {
  auto others = components();
  std::reverse(others.begin(), others.end());
  for (KeyComponent& component : others) component.where = "Dockerfile:7", component.line = 7, component.step = 2;
  EXPECT_EQ(hashOf(others), hashOf(components()));
}

TEST(HashComponentsTest, KindNameAndValueDecide) {
  auto kind = components(), name = components(), value = components(), fewer = components();
  kind[0].kind = Kind::Option;
  name[0].name = "C";
  value[0].value = "2";
  fewer.pop_back();
  for (const auto& changed : {kind, name, value, fewer}) EXPECT_NE(hashOf(changed), hashOf(components()));
}

TEST(HashComponentsTest, ABoundaryBetweenNameAndValueIsKept) {
  EXPECT_NE(hashOf({{.kind = Kind::Env, .name = "AB", .value = "C"}}),
            hashOf({{.kind = Kind::Env, .name = "A", .value = "BC"}}));
}
}  // namespace
}  // namespace strata::builder
