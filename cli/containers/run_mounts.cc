#include "cli/containers/run_mounts.h"

#include "support/fault.h"

#include <filesystem>

namespace strata::cli {

namespace {

using runtime::MountRequest;

/// What a flag's texts ask for, behind what others did.
template <typename Read>
llvm::Error readAll(llvm::ArrayRef<std::string> texts, std::vector<MountRequest>& requests, const char* flag,
                    Read read) {
  for (const std::string& text : texts) {
    auto request = read(text);
    if (!request)
      return withContext(request.takeError(), "invalid argument \"" + text + "\" for \"" + flag + "\" flag");
    requests.push_back(std::move(*request));
  }
  return llvm::Error::success();
}

}  // namespace

llvm::Expected<runtime::MountsWanted> mountsFrom(const MountTexts& texts) {
  std::error_code unknown;
  std::string here = std::filesystem::current_path(unknown).string();
  runtime::MountsWanted wanted;
  auto volume = [&](llvm::StringRef text) { return runtime::readVolumeFlag(text, here); };
  auto mount = [&](llvm::StringRef text) { return runtime::readMountFlag(text, here); };
  if (llvm::Error error = readAll(texts.volumes, wanted.requests, "-v, --volume", volume)) return error;
  if (llvm::Error error = readAll(texts.mounts, wanted.requests, "--mount", mount)) return error;
  if (llvm::Error error = readAll(texts.tmpfs, wanted.requests, "--tmpfs", runtime::readTmpfsFlag)) return error;
  for (const std::string& text : texts.volumesFrom) {
    auto from = runtime::readVolumesFrom(text);
    if (!from) return from.takeError();
    wanted.from.push_back(std::move(*from));
  }
  return wanted;
}

std::vector<std::string> bindsOf(const runtime::MountsWanted& wanted) {
  std::vector<std::string> binds;
  for (const MountRequest& request : wanted.requests) {
    if (request.kind == MountRequest::Kind::Tmpfs || request.source.empty()) continue;
    bool asMount = request.kind == MountRequest::Kind::Bind && !request.makesSource;
    if (asMount) continue;
    binds.push_back(request.source + ":" + request.target + (request.mode.empty() ? "" : ":" + request.mode));
  }
  return binds;
}

}  // namespace strata::cli
