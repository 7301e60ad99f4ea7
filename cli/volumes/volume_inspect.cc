#include "cli/commands.h"
#include "cli/inspected.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/template.h"
#include "runtime/containers/container_store.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {

struct VolumeInspectOptions {
  std::string format;
};

llvm::Error print(const VolumeInspectOptions& options, llvm::json::Array documents, llvm::raw_ostream& out) {
  if (!options.format.empty() && options.format != "json") {
    for (llvm::json::Value& document : documents)
      if (llvm::Error error = printFormatted(options.format, std::move(document), out)) return error;
    return llvm::Error::success();
  }
  llvm::json::Value all = std::move(documents);
  out << (options.format == "json" ? printJson(all) : printPrettyJson(all)) << "\n";
  return llvm::Error::success();
}

/// What was found is printed although something else was not.
llvm::Expected<int> inspect(const VolumeInspectOptions& options, Session& session, const Arguments& names) {
  llvm::json::Array documents;
  llvm::Error failures = llvm::Error::success();
  for (const std::string& name : names) {
    auto document = inspectVolume(session, name);
    if (!document)
      failures = llvm::joinErrors(std::move(failures), document.takeError());
    else if (*document)
      documents.push_back(std::move(**document));
    else
      failures = llvm::joinErrors(std::move(failures),
                                  fault(FaultKind::NotFound, "get " + printable(name) + ": no such volume"));
  }
  failures = llvm::joinErrors(std::move(failures), print(options, std::move(documents), session.out()));
  if (failures) return failures;
  return 0;
}

}  // namespace

llvm::Expected<std::optional<llvm::json::Object>> inspectVolume(Session& session, llvm::StringRef name) {
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto volumes = (*containers)->volumes();
  if (!volumes) return volumes.takeError();
  auto volume = (*volumes)->find(name);
  if (!volume) return volume.takeError();
  if (!*volume) return std::nullopt;
  return runtime::volumeJson(**volume);
}

Command volumeInspectCommand() {
  return {.name = "inspect",
          .usage = "[OPTIONS] VOLUME [VOLUME...]",
          .description = "Show everything that is known of one or more volumes",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<VolumeInspectOptions>();
            declared.text("-f,--format", options->format, "'json' or a Go template");
            return [options](Session& session, const Arguments& names) { return inspect(*options, session, names); };
          }};
}

}  // namespace strata::cli
