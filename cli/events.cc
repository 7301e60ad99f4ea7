#include "cli/commands.h"
#include "cli/event_filters.h"
#include "cli/moment.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/template.h"
#include "layerfs/event_log.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::cli {

namespace {

using layerfs::Event;

struct EventsOptions {
  std::string since, until, format;
  std::vector<std::string> filters;
};

constexpr int kLookForEnd = 200;  // milliseconds between looks whether it is to end

/// docker's: time, type, action, who, and what is known of it.
std::string lineOf(const Event& event) {
  std::vector<std::string> attributes;
  for (const auto& [key, value] : event.attributes) attributes.push_back(printable(key + "=" + value));
  std::string line =
      rfc3339(event.time) + " " + event.type + " " + printable(event.action) + " " + printable(event.actor);
  return line + " (" + llvm::join(attributes, ", ") + ")";
}

/// The fields of docker's templates beside those of its JSON.
llvm::json::Value documentOf(const Event& event) {
  auto parsed = parseJson(printEvent(event));
  if (!parsed) {
    llvm::consumeError(parsed.takeError());
    return nullptr;
  }
  llvm::json::Object& json = *parsed->getAsObject();
  json["Status"] = event.action;
  json["ID"] = event.actor;
  json["From"] = json.getString("from").value_or("").str();
  json["Scope"] = "local";
  json["Time"] = event.time / 1'000'000'000;
  json["TimeNano"] = event.time;
  return std::move(*parsed);
}

class EventPrinter {
public:
  EventPrinter(std::string format, EventFilters filters, Session& session)
      : format_(std::move(format)), filters_(std::move(filters)), session_(session) {}
  /// False: more are not wanted.
  bool print(const Event& event, std::optional<int64_t> since, std::optional<int64_t> until) {
    if (until && event.time > *until) return false;
    if ((since && event.time < *since) || !filters_.admit(event)) return true;
    if (format_.empty())
      session_.out() << lineOf(event) << "\n";
    else if (format_ == "json")
      session_.out() << printEvent(event) << "\n";
    else
      error_ = llvm::joinErrors(std::move(error_), printFormatted(format_, documentOf(event), session_.out()));
    return !error_;
  }
  llvm::Error takeError() { return std::move(error_); }

private:
  std::string format_;
  EventFilters filters_;
  Session& session_;
  llvm::Error error_ = llvm::Error::success();
};

/// Without `--since` only what is to come.
llvm::Expected<int> follow(EventPrinter& printer, layerfs::EventReader& reader, std::optional<int64_t> since,
                           std::optional<int64_t> until, Session& session) {
  for (CancelToken& cancel = session.cancel(); !cancel.cancelled();) {
    bool isOver = until && nowNanoseconds() >= *until;  // asked first: what came before is read after
    auto goesOn = reader.read([&](const Event& event) { return printer.print(event, since, until); });
    session.out().flush();
    if (!goesOn) return goesOn.takeError();
    if (llvm::Error error = printer.takeError()) return error;
    if (isOver || !*goesOn) return 0;
    reader.waitForMore(kLookForEnd);
  }
  return 0;
}

llvm::Expected<int> events(const EventsOptions& options, Session& session) {
  auto since = momentFrom(options.since, "since"), until = momentFrom(options.until, "until");
  if (!since) return since.takeError();
  if (!until) return until.takeError();
  auto filters = EventFilters::read(options.filters);
  if (!filters) return filters.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  if (!*since && !*until) *since = nowNanoseconds();
  auto reader = layerfs::EventReader::open((*store)->root());
  if (!reader) return reader.takeError();
  session.closeStore();  // this may take long
  EventPrinter printer(options.format, std::move(*filters), session);
  return follow(printer, *reader, *since, *until, session);
}

}  // namespace

Command eventsCommand() {
  return {.name = "events",
          .usage = "[OPTIONS]",
          .description = "Show what happens to containers, images, volumes and networks, as it happens",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<EventsOptions>();
            declared.list("-f,--filter", options->filters,
                          "Show what fits: type=, event=, container=, image=, volume=, network=, label=", "filter");
            declared.text("--format", options->format, "'json' or a Go template");
            declared.text("--since", options->since, "Show what is later, also what is past (10m for 10 minutes ago)");
            declared.text("--until", options->until, "Show what is earlier, and end then");
            return [options](Session& session, const Arguments&) { return events(*options, session); };
          }};
}

}  // namespace strata::cli
