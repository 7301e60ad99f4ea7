#pragma once
/// \file What text and Markdown say of a benchmark, as tables of plain cells; rows[0] is the header.

#include "analyzer/bench/bench_report.h"

#include <string>
#include <vector>

namespace strata::analyzer {

using BenchRows = std::vector<std::vector<std::string>>;

/// A row a workload: "512 ms ±3.1 ms" for each tool, and the ratio of each peer.
BenchRows timeRows(const BenchReport& report);
/// A row a workload and tool whose means are known: memory, bytes.
BenchRows meansRows(const BenchReport& report);
/// A row a step, a column a workload: its time, "cached" where it never ran.
BenchRows stepRows(const BenchReport& report);
/// "push: not measured, no registry: ...", "base-moved with docker, fresh with docker: not measured, a daemon's ...";
/// each reason once.
std::vector<std::string> notMeasuredLines(const BenchReport& report);
/// "5 rounds after 1 for warm-up, tools in turn; median ±median absolute deviation".
std::string methodText(const BenchReport& report);
/// "file changes src/a.c"; those that there are.
std::vector<std::string> changedFileLines(const BenchReport& report);

}  // namespace strata::analyzer
