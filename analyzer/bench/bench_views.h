#pragma once
/// \file A benchmark's report for people and programs.

#include "analyzer/bench/bench_report.h"

#include <llvm/Support/JSON.h>

#include <string>

namespace strata::analyzer {

/// Tables for a terminal: medians with their deviation and ratios, means, steps, and what was not measured.
std::string printBench(const BenchReport& report);
/// The same as sections of Markdown.
std::string benchMarkdown(const BenchReport& report);
/// docs/json.md, "Benchmarks".
llvm::json::Value toJson(const BenchReport& report);
/// One self-contained page with a plot.
std::string benchHtml(const BenchReport& report);

}  // namespace strata::analyzer
