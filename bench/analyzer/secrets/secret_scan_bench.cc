// How fast files are searched for secrets, on one thread: the filter alone, files of usual kinds with all that belongs
// to them, and, to compare with, SHA-256 over the same text.

#include "analyzer/secrets/literal_filter.h"
#include "analyzer/secrets/secret_rules.h"
#include "analyzer/secrets/secret_scan.h"
#include "support/digest.h"
#include "support/fault.h"

#include <benchmark/benchmark.h>

namespace strata::analyzer {
namespace {

constexpr size_t kSize = 4 << 20;

/// Words of source text in lines; every 50th word a URL, as in texts that have many.
std::string sourceText() {
  static constexpr llvm::StringRef words[] = {"const", "value",  "=",      "require(\"./index\")", "function", "{",
                                              "}",     "return", "module", "exports.token",        "options"};
  std::string text;
  for (uint64_t state = 1, word = 0; text.size() < kSize; ++word) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    text += word % 50 == 0 ? llvm::StringRef("https://host.net/a") : words[(state >> 33) % std::size(words)];
    text += word % 9 == 8 ? '\n' : ' ';
  }
  return text;
}

std::string base64Text() {
  static constexpr llvm::StringLiteral digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (uint64_t state = 1; text.size() < kSize;) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    text += text.size() % 77 == 76 ? '\n' : digits[(state >> 33) % 64];
  }
  return text;
}

void filterAlone(benchmark::State& state) {
  std::vector<llvm::StringRef> literals;
  for (const SecretRule& rule : secretRules()) literals.push_back(rule.anchor);
  LiteralFilter filter(literals);
  std::string text = state.range(0) == 0 ? sourceText() : base64Text();
  size_t found = 0;
  for (auto _ : state)
    filter.find(text, 0, text.size(), [&](size_t position, size_t) {
      ++found;
      return position + 1;
    });
  benchmark::DoNotOptimize(found);
  state.SetBytesProcessed(int64_t(state.iterations() * text.size()));
}

/// Second argument: the size of each file.
void files(benchmark::State& state) {
  std::string text = state.range(0) == 0 ? sourceText() : base64Text();
  size_t size = size_t(state.range(1));
  FileScanner scanner;
  size_t at = 0;
  for (auto _ : state) {
    if (at + size > text.size()) at = 0;
    StringSource source(llvm::StringRef(text).substr(at, size));
    auto scanned = scanner.scan("usr/lib/node_modules/x/index.js", source);
    if (!scanned) return state.SkipWithError(messageOf(scanned.takeError()).c_str());
    benchmark::DoNotOptimize(scanned->secrets.size());
    at += size;
  }
  state.SetBytesProcessed(int64_t(state.iterations() * size));
}

/// What reading and hashing the same bytes costs: the search should not be far from it on any machine.
void sha256(benchmark::State& state) {
  std::string text = state.range(0) == 0 ? sourceText() : base64Text();
  for (auto _ : state) benchmark::DoNotOptimize(digestOf(text));
  state.SetBytesProcessed(int64_t(state.iterations() * text.size()));
}

BENCHMARK(sha256)->ArgName("base64")->Arg(0)->Unit(benchmark::kMillisecond);
BENCHMARK(filterAlone)->ArgName("base64")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(files)->ArgNames({"base64", "bytes"})->Args({0, 4096})->Args({0, 1 << 20})->Args({1, 1 << 20});
}  // namespace
}  // namespace strata::analyzer
