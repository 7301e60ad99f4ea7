#include "builder/upkeep/fsck.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/text.h"

namespace strata::cli {

namespace {

struct FsckOptions {
  bool json = false;
};

/// A store that is sound; one of which something was dropped; one that could not be looked at.
constexpr int kClean = 0, kFound = 1, kNotChecked = 2;

void print(const builder::FsckReport& report, llvm::raw_ostream& out) {
  std::vector<std::vector<std::string>> rows = {{"KIND", "NAME", "DROPPED BECAUSE"}};
  for (const Damage& one : report.damage) rows.push_back({one.kind, printable(one.name), printable(one.problem)});
  if (rows.size() > 1) out << table(rows) << "\n";
  out << "Checked " << report.store.blobs << " blobs, " << report.store.layers << " layers, " << report.store.images
      << " images, " << report.records << " cache records, " << report.mounts << " cache mounts, " << report.sources
      << " sources: " << (report.damage.empty() ? "clean" : std::to_string(report.damage.size()) + " damaged, dropped")
      << "\n";
  if (report.store.leftovers > 0)
    out << "Removed what " << report.store.leftovers << " stopped commands left half done\n";
}

llvm::Expected<int> fsck(const FsckOptions& options, Session& session) {
  auto store = session.store();
  if (!store) return store.takeError();
  auto report = builder::fsck(**store, [&] { session.err() << "waiting for other strata commands to end ...\n"; });
  if (!report) return report.takeError();
  if (options.json)
    session.out() << printPrettyJson(builder::toJson(*report)) << "\n";
  else
    print(*report, session.out());
  return report->damage.empty() ? kClean : kFound;
}

}  // namespace

Command systemFsckCommand() {
  return {
      .name = "fsck",
      .usage = "[OPTIONS]",
      .description = "Verify everything in the store and drop what is damaged: status 0 clean, 1 something was dropped",
      .minimum = 0,
      .maximum = 0,
      .declare = [](Options& declared) -> Action {
        auto options = std::make_shared<FsckOptions>();
        declared.flag("--json", options->json, "Print what was found as JSON");
        return [options](Session& session, const Arguments&) { return fsck(*options, session); };
      },
      .failure = kNotChecked};
}

}  // namespace strata::cli
