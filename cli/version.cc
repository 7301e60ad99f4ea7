#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/template.h"
#include "layerfs/platform.h"

namespace strata::cli {

namespace {

struct VersionOptions {
  std::string format;
};

llvm::Expected<int> version(const VersionOptions& options, Session& session) {
  std::string platform = layerfs::hostPlatform().str();
  if (options.format.empty()) {
    session.out() << "strata version " STRATA_VERSION " (" << platform << ")\n";
    return 0;
  }
  llvm::json::Object client{{"Version", STRATA_VERSION}, {"Platform", platform}};
  llvm::json::Object document = client;
  document["Client"] = std::move(client);
  if (llvm::Error error = printFormatted(options.format, std::move(document), session.out())) return error;
  return 0;
}

}  // namespace

Command versionCommand() {
  return {.name = "version",
          .usage = "[OPTIONS]",
          .description = "Show the version of the program",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<VersionOptions>();
            declared.text("-f,--format", options->format, "Print by a Go template, or 'json'");
            return [options](Session& session, const Arguments&) { return version(*options, session); };
          },
          .asCaller = true};
}

}  // namespace strata::cli
