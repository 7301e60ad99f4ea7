#include "cli/commands.h"
#include "cli/moment.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/log_reader.h"
#include "runtime/containers/supervisor_connection.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {

constexpr int kLook = 200;  // milliseconds between looks whether a silent container still runs

struct LogsOptions {
  bool follow = false, timestamps = false, details = false;
  std::string tail = "all", since, until;
};

struct Window {
  std::optional<int64_t> since, until;
};

class Printer {
public:
  Printer(const LogsOptions& options, const runtime::Container& container, Window window, Session& session)
      : options_(options), window_(window), session_(session) {
    if (options.details)
      for (const auto& [key, value] : container.config.labels) details_ += key + "=" + value + " ";
  }
  /// False: later ones are not wanted either.
  bool print(const runtime::LogEntry& entry) {
    if (window_.until && entry.time > *window_.until) return false;
    if (window_.since && entry.time < *window_.since) return true;
    bool isError = entry.stream == runtime::LogStream::Errors;
    llvm::raw_ostream& out = isError ? session_.err() : session_.out();
    if (isError) session_.out().flush();  // in the order in which they came
    if (options_.timestamps) out << rfc3339(entry.time) << " ";
    out << details_ << entry.text;
    return true;
  }

private:
  const LogsOptions& options_;
  Window window_;
  Session& session_;
  std::string details_;
};

llvm::Expected<int> logs(const LogsOptions& options, Session& session, const Arguments& words) {
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto container = runtime::findContainer(**containers, words.front());
  if (!container) return container.takeError();
  auto since = momentFrom(options.since, "since"), until = momentFrom(options.until, "until");
  if (!since) return since.takeError();
  if (!until) return until.takeError();
  runtime::ContainerDirectory directory = (*containers)->directory(container->id);
  auto reader = runtime::LogReader::open(directory.log());
  if (!reader) return reader.takeError();
  if (uint64_t last = 0; !llvm::StringRef(options.tail).getAsInteger(10, last))
    if (llvm::Error error = reader->seekToLast(last)) return error;
  Printer printer(options, *container, {*since, *until}, session);
  session.closeStore();  // following may take long
  for (;;) {
    // Asked first: what it wrote before it ended is read after.
    auto supervisor = runtime::SupervisorConnection::open(directory);
    if (!supervisor) return supervisor.takeError();
    auto goesOn = reader->read([&](const runtime::LogEntry& entry) { return printer.print(entry); });
    if (!goesOn) return goesOn.takeError();
    session.out().flush();
    if (!options.follow || !*goesOn || !*supervisor) return 0;
    reader->waitForMore(kLook);
  }
}

}  // namespace

Command logsCommand() {
  return {.name = "logs",
          .usage = "[OPTIONS] CONTAINER",
          .description = "Show what a container has printed",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<LogsOptions>();
            declared.flag("--details", options->details, "Show the container's labels, too");
            declared.flag("-f,--follow", options->follow, "Go on showing until it ends");
            declared.text("--since", options->since,
                          "Show what is later (2026-01-02T03:04:05Z, 42m for 42 minutes ago)");
            declared.text("-n,--tail", options->tail, "Show this many lines from the end (default all)");
            declared.flag("-t,--timestamps", options->timestamps, "Show when");
            declared.text("--until", options->until, "Show what is earlier");
            return [options](Session& session, const Arguments& words) { return logs(*options, session, words); };
          }};
}

}  // namespace strata::cli
