// `-v`, `--tmpfs` and `--volumes-from`.

#include "runtime/volumes/mount_request.h"
#include "runtime/volumes/tmpfs_options.h"
#include "runtime/volumes/volume.h"
#include "support/clean_path.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;
using Kind = MountRequest::Kind;

StringRef typeOf(const MountRequest& request) { return request.kind == Kind::Bind ? "bind" : "volume"; }

llvm::Error inSpecification(llvm::Error error, StringRef text, const MountRequest& request) {
  return withContext(std::move(error), "invalid volume specification: '" + printable(text) +
                                           "': invalid mount config for type \"" + typeOf(request) + "\"");
}

/// Behind the last colon; of each sort one word at most. Source: docker's documentation, "Bind mounts", "Volumes".
llvm::Error readModes(StringRef modes, MountRequest& request) {
  int accesses = 0, labels = 0, copies = 0, propagations = 0, consistencies = 0;
  llvm::SmallVector<StringRef> words;
  modes.split(words, ',');
  for (StringRef word : words) {
    if (word == "ro" || word == "rw")
      ++accesses, request.readOnly = word == "ro";
    else if (word == "z" || word == "Z")
      ++labels;  // of SELinux
    else if (word == "nocopy")
      ++copies, request.copies = false;
    else if (isPropagation(word))
      ++propagations, request.propagation = word.str();
    else if (llvm::is_contained({"consistent", "cached", "delegated", "default"}, word))
      ++consistencies;  // of file systems that docker has not on Linux
    else
      return fault(FaultKind::Invalid, "invalid mode: " + printable(modes));
  }
  bool repeated = llvm::any_of(llvm::ArrayRef{accesses, labels, copies, propagations, consistencies},
                               [](int count) { return count > 1; });
  if (repeated || (copies && request.kind == Kind::Bind))
    return fault(FaultKind::Invalid, "invalid mode: " + printable(modes));
  return llvm::Error::success();
}

llvm::Error readSource(StringRef source, StringRef here, MountRequest& request) {
  bool relative = source.starts_with(".");
  if (!source.starts_with("/") && !relative) {
    request.source = source.str();
    return checkVolumeName(source);
  }
  request.kind = Kind::Bind;
  request.makesSource = true;
  request.source = "/" + cleanPath(relative ? joinPath(here, source) : source.str());
  return llvm::Error::success();
}
}  // namespace

bool isPropagation(StringRef word) {
  return llvm::is_contained({"shared", "rshared", "slave", "rslave", "private", "rprivate"}, word);
}

llvm::Expected<std::string> mountTarget(StringRef target) {
  if (!target.starts_with("/"))
    return fault(FaultKind::Invalid, "invalid mount path: '" + printable(target) + "' mount path must be absolute");
  std::string clean = cleanPath(target);
  if (clean.empty()) return fault(FaultKind::Invalid, "invalid specification: destination can't be '/'");
  return "/" + clean;
}

llvm::Expected<MountRequest> readVolumeFlag(StringRef text, StringRef here) {
  llvm::SmallVector<StringRef> parts;
  text.split(parts, ':');
  if (text.empty()) return fault(FaultKind::Invalid, "invalid empty volume spec");
  if (parts.size() > 3) return fault(FaultKind::Invalid, "invalid spec: " + printable(text) + ": too many colons");
  if (llvm::is_contained(parts, ""))
    return fault(FaultKind::Invalid, "invalid spec: " + printable(text) + ": empty section between colons");
  MountRequest request;
  if (parts.size() > 1)
    if (auto error = readSource(parts[0], here, request)) return error;
  auto target = mountTarget(parts[parts.size() > 1 ? 1 : 0]);
  if (!target) return inSpecification(target.takeError(), text, request);
  request.target = std::move(*target);
  if (parts.size() < 3) return request;
  request.mode = parts[2].str();
  if (auto error = readModes(parts[2], request)) return error;
  if (!request.propagation.empty() && request.kind == Kind::Volume)
    return inSpecification(fault(FaultKind::Invalid, "field BindOptions must not be specified"), text, request);
  return request;
}

llvm::Expected<MountRequest> readTmpfsFlag(StringRef text) {
  auto [path, options] = text.split(':');
  MountRequest request;
  request.kind = Kind::Tmpfs;
  auto target = mountTarget(path);
  if (!target)
    return withContext(target.takeError(),
                       "invalid tmpfs mount '" + printable(text) + "': invalid mount config for type \"tmpfs\"");
  request.target = std::move(*target);
  if (auto error = checkTmpfsOptions(options)) return error;
  request.mode = options.str();
  return request;
}

llvm::Expected<VolumesFrom> readVolumesFrom(StringRef text) {
  auto [container, mode] = text.split(':');
  if (container.empty())
    return fault(FaultKind::Invalid, "invalid volumes-from specification: '" + printable(text) + "'");
  VolumesFrom from{container.str(), false};
  MountRequest modes;
  if (!mode.empty())
    if (auto error = readModes(mode, modes)) return error;
  from.readOnly = modes.readOnly;
  return from;
}

}  // namespace strata::runtime
