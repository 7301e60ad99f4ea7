#include "cli/containers/run_mounts.h"

#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>

#include <unistd.h>
#include <climits>
#include <cstdlib>

namespace strata::cli {

namespace {

using runtime::ContainerMount;

llvm::Expected<std::string> absolutePath(llvm::StringRef path) {
  if (path.starts_with("/")) return path.str();
  char here[PATH_MAX];
  if (!::getcwd(here, sizeof here)) return errnoFault("current directory");
  return joinPath(here, path);
}

llvm::Error checkTarget(llvm::StringRef target, llvm::StringRef text) {
  if (!target.starts_with("/"))
    return fault(FaultKind::Invalid, "invalid volume specification: '" + text +
                                         "': invalid mount config: invalid mount "
                                         "path: '" +
                                         target + "' mount path must be absolute");
  if (target.trim('/').empty())
    return fault(FaultKind::Invalid, "invalid volume specification: '" + text + "': destination can't be '/'");
  return llvm::Error::success();
}

/// What docker knows behind the second colon; only ro changes anything here.
llvm::Expected<bool> readOnlyFrom(llvm::StringRef options, llvm::StringRef text) {
  bool readOnly = false;
  llvm::SmallVector<llvm::StringRef> parts;
  options.split(parts, ',', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    static constexpr llvm::StringRef kWithoutEffect[] = {"rw",        "z",        "Z",       "consistent", "cached",
                                                         "delegated", "rprivate", "private", "nocopy"};
    if (part == "ro" || part == "readonly")
      readOnly = true;
    else if (llvm::is_contained({"shared", "rshared", "slave", "rslave"}, part))
      return fault(FaultKind::Unsupported, "not yet supported: mount propagation in '" + text + "'");
    else if (!llvm::is_contained(kWithoutEffect, part))
      return fault(FaultKind::Invalid, "invalid volume specification: '" + text + "': unknown mode '" + part + "'");
  }
  return readOnly;
}

ContainerMount bindOf(std::string source, llvm::StringRef target, bool readOnly, llvm::StringRef mode) {
  ContainerMount mount;
  mount.type = "bind";
  mount.source = std::move(source);
  mount.destination = target.str();
  mount.readWrite = !readOnly;
  mount.mode = mode.str();
  mount.propagation = "rprivate";
  return mount;
}

llvm::Expected<ContainerMount> volumeFrom(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, ':');
  if (parts.size() > 3 || llvm::is_contained(parts, ""))
    return fault(FaultKind::Invalid, "invalid volume specification: '" + text + "'");
  if (parts.size() == 1)
    return fault(FaultKind::Unsupported, "not yet supported: anonymous volumes (-v " + text + "); give HOST:PATH");
  llvm::StringRef source = parts[0];
  bool isPath = source.starts_with("/") || source.starts_with(".") || source.starts_with("~");
  if (!isPath)
    return fault(FaultKind::Unsupported,
                 "not yet supported: named volumes (-v " + text + "); a host directory begins with / or .");
  if (llvm::Error error = checkTarget(parts[1], text)) return error;
  auto readOnly = readOnlyFrom(parts.size() == 3 ? parts[2] : "", text);
  if (!readOnly) return readOnly.takeError();
  auto path = absolutePath(source);
  if (!path) return path.takeError();
  if (!pathExists(*path))
    if (llvm::Error error = makeDirectories(*path)) return withContext(std::move(error), "source of -v " + text);
  return bindOf(std::move(*path), parts[1], *readOnly, parts.size() == 3 ? parts[2] : "");
}

ContainerMount tmpfsAt(llvm::StringRef target, llvm::StringRef options) {
  ContainerMount mount;
  mount.type = "tmpfs";
  mount.destination = target.str();
  mount.mode = options.str();
  return mount;
}

struct MountFields {
  std::string type = "volume", source, target, size, mode;
  bool readOnly = false;
};

llvm::Expected<MountFields> fieldsOf(llvm::StringRef text) {
  MountFields fields;
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, ',');
  for (llvm::StringRef part : parts) {
    auto [key, value] = part.split('=');
    if (key == "type")
      fields.type = value.str();
    else if (key == "source" || key == "src")
      fields.source = value.str();
    else if (key == "target" || key == "destination" || key == "dst")
      fields.target = value.str();
    else if (key == "readonly" || key == "ro")
      fields.readOnly = value.empty() || value == "true" || value == "1";
    else if (key == "tmpfs-size")
      fields.size = value.str();
    else if (key == "tmpfs-mode")
      fields.mode = value.str();
    else
      return fault(FaultKind::Unsupported, "not yet supported: '" + key + "' in --mount " + text);
  }
  return fields;
}

llvm::Expected<ContainerMount> mountFrom(llvm::StringRef text) {
  auto fields = fieldsOf(text);
  if (!fields) return fields.takeError();
  if (llvm::Error error = checkTarget(fields->target, text)) return error;
  if (fields->type == "tmpfs") {
    std::string options = fields->size.empty() ? "" : "size=" + fields->size;
    if (!fields->mode.empty()) options += (options.empty() ? "mode=" : ",mode=") + fields->mode;
    return tmpfsAt(fields->target, options);
  }
  if (fields->type != "bind")
    return fault(FaultKind::Unsupported, "not yet supported: --mount type=" + fields->type + " (bind or tmpfs)");
  auto path = absolutePath(fields->source);
  if (!path) return path.takeError();
  if (fields->source.empty() || !pathExists(*path))
    return fault(FaultKind::NotFound,
                 "invalid mount config for type \"bind\": bind source path does not exist: " + llvm::Twine(*path));
  return bindOf(std::move(*path), fields->target, fields->readOnly, "");
}

llvm::Expected<ContainerMount> tmpfsFrom(llvm::StringRef text) {
  auto [target, options] = text.split(':');
  if (llvm::Error error = checkTarget(target, text)) return error;
  return tmpfsAt(target, options);
}

llvm::Error addAll(llvm::ArrayRef<std::string> texts, llvm::Expected<ContainerMount> (*read)(llvm::StringRef),
                   std::vector<ContainerMount>& mounts) {
  for (const std::string& text : texts) {
    auto mount = read(text);
    if (!mount) return mount.takeError();
    auto same = [&](const ContainerMount& known) { return known.destination == mount->destination; };
    if (llvm::any_of(mounts, same)) return fault(FaultKind::Invalid, "Duplicate mount point: " + mount->destination);
    mounts.push_back(std::move(*mount));
  }
  return llvm::Error::success();
}

}  // namespace

llvm::Expected<std::vector<ContainerMount>> mountsFrom(const MountTexts& texts) {
  std::vector<ContainerMount> mounts;
  if (llvm::Error error = addAll(texts.volumes, volumeFrom, mounts)) return error;
  if (llvm::Error error = addAll(texts.mounts, mountFrom, mounts)) return error;
  if (llvm::Error error = addAll(texts.tmpfs, tmpfsFrom, mounts)) return error;
  return mounts;
}

}  // namespace strata::cli
