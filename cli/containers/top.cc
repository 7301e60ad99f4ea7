#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/container_events.h"
#include "runtime/containers/container_usage.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"
#include "support/process.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

#include <set>

namespace strata::cli {

namespace {
using Row = std::vector<std::string>;

constexpr size_t kColumn = 20, kBetween = 3;  // docker's

/// What `ps` prints, cut into as many fields as its first line has; the last one may hold blanks.
std::vector<Row> rowsOf(llvm::StringRef text) {
  std::vector<Row> rows;
  llvm::SmallVector<llvm::StringRef> lines;
  text.split(lines, '\n', -1, false);
  for (llvm::StringRef line : lines) {
    Row row;
    while (!(line = line.ltrim()).empty()) {
      bool isLast = !rows.empty() && row.size() + 1 == rows.front().size();
      auto [word, rest] = isLast ? std::pair(line.rtrim(), llvm::StringRef()) : line.split(' ');
      row.push_back(printable(word));
      line = rest;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void print(const Row& row, llvm::raw_ostream& out) {
  for (size_t i = 0; i < row.size(); ++i) {
    bool isLast = i + 1 == row.size();
    out << row[i];
    if (!isLast) out.indent(unsigned(std::max(kColumn - std::min(kColumn, row[i].size()), kBetween)));
  }
  out << "\n";
}

llvm::Expected<std::vector<Row>> listProcesses(llvm::ArrayRef<std::string> options) {
  std::vector<std::string> words = {"ps"};
  if (options.empty()) words.emplace_back("-ef");
  words.insert(words.end(), options.begin(), options.end());
  auto listed = runProcess({words, {}, "", ""});
  if (!listed) {
    llvm::Error error = listed.takeError();
    if (!takeIf(error, FaultKind::NotFound)) return error;
    return fault(FaultKind::NotFound,
                 "top shows what the host's ps says, and there is none; install the package procps");
  }
  if (listed->exitCode != 0)
    return fault(FaultKind::Invalid, "error running ps: " + printable(llvm::StringRef(listed->errors).trim()));
  return rowsOf(listed->output);
}

llvm::Expected<int> top(Session& session, const Arguments& words) {
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto container = runtime::findContainer(**containers, words.front());
  if (!container) return container.takeError();
  auto pids = runtime::processesOf(*container);
  if (!pids) return pids.takeError();
  auto rows = listProcesses(llvm::ArrayRef(words).drop_front());
  if (!rows) return rows.takeError();
  const Row header = rows->empty() ? Row() : rows->front();
  size_t column = size_t(llvm::find(header, "PID") - header.begin());
  if (column == header.size()) return fault(FaultKind::Invalid, "Couldn't find PID field in ps output");
  runtime::tellContainerEvent(session.root(), *container, "top");
  std::set<std::string> wanted;
  for (pid_t pid : *pids) wanted.insert(std::to_string(pid));
  print(header, session.out());
  for (const Row& row : llvm::ArrayRef(*rows).drop_front())
    if (column < row.size() && wanted.count(row[column])) print(row, session.out());
  return 0;
}

}  // namespace

Command topCommand() {
  return {.name = "top",
          .usage = "CONTAINER [ps OPTIONS]",
          .description = "Show the processes of a container",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options&) -> Action { return top; },
          .optionsFirst = true};
}

}  // namespace strata::cli
