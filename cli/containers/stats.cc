#include "cli/commands.h"
#include "cli/listing.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/container_usage.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/Support/Format.h>

#include <poll.h>
#include <unistd.h>
#include <map>

namespace strata::cli {

namespace {
using runtime::Container;
using runtime::ContainerUsage;

constexpr int kBetweenSamples = 500, kBetweenShows = 1000;  // milliseconds

struct StatsOptions {
  bool all = false, once = false, noTrunc = false;
  std::string format;
};

/// Rows of one moment; what came before is needed for rates.
class Sampler {
public:
  Sampler(Session& session, const StatsOptions& options, const Arguments& names)
      : session_(session), options_(options), names_(names) {}

  /// Faults: NotFound for a container that is not there.
  llvm::Expected<std::vector<llvm::json::Object>> sample() {
    auto containers = chosen();
    if (!containers) return containers.takeError();
    std::map<std::string, ContainerUsage> now;
    std::vector<llvm::json::Object> rows;
    for (const Container& container : *containers) {
      auto usage = runtime::usageOf(container);
      if (usage)
        now[container.id] = *usage;
      else
        llvm::consumeError(usage.takeError());  // it does not run (any more)
      auto known = now.find(container.id);
      rows.push_back(rowOf(container, known == now.end() ? nullptr : &known->second));
    }
    before_ = std::move(now);
    return rows;
  }

private:
  llvm::Expected<std::vector<Container>> chosen() {
    auto store = session_.containers();
    if (!store) return store.takeError();
    std::vector<Container> shown;
    for (const std::string& name : names_) {
      auto container = runtime::findContainer(**store, name);
      if (!container) return container.takeError();
      shown.push_back(std::move(*container));
    }
    if (!names_.empty()) return shown;
    auto all = runtime::listContainers(**store);
    if (!all) return all;
    for (Container& container : *all)
      if (options_.all || container.state.isLive()) shown.push_back(std::move(container));
    return shown;
  }

  static std::string percent(double part) {
    std::string text;
    llvm::raw_string_ostream(text) << llvm::format("%.2f%%", part * 100);
    return text;
  }

  std::string cpuText(const Container& container, const ContainerUsage& usage) const {
    if (!usage.cpu) return "--";
    auto earlier = before_.find(container.id);
    if (earlier == before_.end() || !earlier->second.cpu || *usage.cpu < *earlier->second.cpu) return percent(0);
    int64_t passed = usage.taken - earlier->second.taken;
    return percent(passed <= 0 ? 0 : double(*usage.cpu - *earlier->second.cpu) / double(passed));
  }

  /// docker's units of 1024, with four digits that count.
  static std::string binarySize(uint64_t bytes) {
    constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = double(bytes);
    size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
    std::string text;
    llvm::raw_string_ostream(text) << llvm::format("%.4g", value) << kUnits[unit];
    return text;
  }

  static std::string pairText(const std::optional<uint64_t>& first, const std::optional<uint64_t>& second) {
    if (!first || !second) return "--";
    return humanSize(*first) + " / " + humanSize(*second);
  }

  llvm::json::Object rowOf(const Container& container, const ContainerUsage* usage) const {
    llvm::json::Object row{{"Container", options_.noTrunc ? container.id : container.shortId()},
                           {"ID", options_.noTrunc ? container.id : container.shortId()},
                           {"Name", container.name}};
    for (const char* field : {"CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"}) row[field] = "--";
    row["MemUsage"] = "-- / --";
    if (!usage) return row;
    row["CPUPerc"] = cpuText(container, *usage);
    if (usage->memory) {
      row["MemUsage"] = binarySize(*usage->memory) + " / " + binarySize(usage->memoryLimit);
      row["MemPerc"] = percent(double(*usage->memory) / double(std::max<uint64_t>(1, usage->memoryLimit)));
    }
    row["NetIO"] = container.hostConfig.networkMode == "host" ? "0B / 0B" : pairText(usage->received, usage->sent);
    row["BlockIO"] = pairText(usage->read, usage->written);
    if (usage->processes) row["PIDs"] = std::to_string(*usage->processes);
    return row;
  }

  Session& session_;
  const StatsOptions& options_;
  const Arguments& names_;
  std::map<std::string, ContainerUsage> before_;
};

Listing emptyListing() {
  Listing listing;
  listing.fields = {{"Container", "CONTAINER"},
                    {"ID", "CONTAINER ID"},
                    {"Name", "NAME"},
                    {"CPUPerc", "CPU %"},
                    {"MemUsage", "MEM USAGE / LIMIT"},
                    {"MemPerc", "MEM %"},
                    {"NetIO", "NET I/O"},
                    {"BlockIO", "BLOCK I/O"},
                    {"PIDs", "PIDS"}};
  listing.columns = {"ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"};
  return listing;
}

llvm::Error show(std::vector<llvm::json::Object> rows, const StatsOptions& options, Session& session) {
  Listing listing = emptyListing();
  listing.rows = std::move(rows);
  bool clears = !options.once && options.format != "json" && ::isatty(STDOUT_FILENO);
  if (clears) session.out() << "\x1b[H\x1b[2J";
  if (auto error = printListing(listing, options.format, session.out())) return error;
  session.out().flush();
  return llvm::Error::success();
}

/// False: the user has had enough.
bool pauseFor(int milliseconds, Session& session) {
  pollfd wait{session.cancel().fd(), POLLIN, 0};
  return ::poll(&wait, 1, milliseconds) == 0;
}

llvm::Expected<int> stats(const StatsOptions& options, Session& session, const Arguments& names) {
  Sampler sampler(session, options, names);
  auto first = sampler.sample();
  if (!first) return first.takeError();
  int pause = options.once ? kBetweenSamples : kBetweenShows;
  if (!options.once)
    if (auto error = show(std::move(*first), options, session)) return error;
  while (pauseFor(pause, session)) {
    auto rows = sampler.sample();
    if (!rows) return rows.takeError();
    if (auto error = show(std::move(*rows), options, session)) return error;
    if (options.once) return 0;
  }
  return options.once ? 128 + Session::stoppedBy() : 0;
}

}  // namespace

Command statsCommand() {
  return {.name = "stats",
          .usage = "[OPTIONS] [CONTAINER...]",
          .description = "Show what running containers use, once a second",
          .minimum = 0,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<StatsOptions>();
            declared.flag("-a,--all", options->all, "Show those that do not run, too");
            declared.text("--format", options->format, "'table', 'table TEMPLATE', 'json' or a Go template");
            declared.flag("--no-stream", options->once, "Show it once");
            declared.flag("--no-trunc", options->noTrunc, "Show ids in full length");
            return [options](Session& session, const Arguments& names) { return stats(*options, session, names); };
          }};
}

}  // namespace strata::cli
