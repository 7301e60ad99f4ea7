#include "analyzer/bench/bench_request.h"

namespace strata::analyzer {

std::vector<std::string> wordsOf(const BuildFlags& flags) {
  std::vector<std::string> words;
  auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {option, value});
  };
  auto addAll = [&](const char* option, const std::vector<std::string>& values) {
    for (const std::string& value : values) add(option, value);
  };
  add("--file", flags.dockerfile);
  add("--target", flags.target);
  add("--network", flags.network);
  addAll("--platform", flags.platforms);
  addAll("--build-arg", flags.buildArgs);
  addAll("--secret", flags.secrets);
  addAll("--ssh", flags.ssh);
  return words;
}

}  // namespace strata::analyzer
