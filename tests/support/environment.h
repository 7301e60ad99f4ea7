#pragma once
/// \file Environment variables for the length of a test.

#include "tests/support/testing.h"

#include <cstdlib>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>

namespace strata::testing {

/// What was there before comes back at the end. An empty value unsets.
class Environment {
public:
  Environment(std::initializer_list<std::pair<std::string, std::string>> variables) {
    for (const auto& [name, value] : variables) set(name, value);
  }
  Environment(const Environment&) = delete;
  ~Environment() {
    for (const auto& [name, value] : before_) apply(name, value.value_or(""));
  }
  void set(const std::string& name, const std::string& value) {
    const char* present = ::getenv(name.c_str());
    before_.emplace(name, present ? std::optional<std::string>(present) : std::nullopt);
    apply(name, value);
  }

private:
  static void apply(const std::string& name, const std::string& value) {
    if (value.empty())
      ::unsetenv(name.c_str());
    else
      ::setenv(name.c_str(), value.c_str(), 1);
  }
  std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace strata::testing
