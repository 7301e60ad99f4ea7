// `--mount`. Source: docker's documentation, "docker container run", --mount; "Bind mounts", "Volumes", "tmpfs mounts".

#include "runtime/volumes/mount_request.h"
#include "runtime/volumes/tmpfs_options.h"
#include "runtime/volumes/volume.h"
#include "support/byte_size.h"
#include "support/clean_path.h"
#include "support/csv.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringSwitch.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;
using Kind = MountRequest::Kind;

/// The keys of one --mount, and which sorts of them were given.
class MountFlag {
public:
  explicit MountFlag(StringRef here) : here_(here) {}

  llvm::Error read(const CsvOption& option, StringRef field) {
    StringRef key = option.key;
    bool alone = llvm::is_contained({"readonly", "ro", "volume-nocopy", "bind-nonrecursive"}, key);
    if (!option.hasValue && !alone)
      return fault(FaultKind::Invalid, "invalid field '" + printable(field) + "' must be a key=value pair");
    for (StringRef sort : {"bind", "volume", "tmpfs"})
      if (key.starts_with((sort + "-").str()) && !llvm::is_contained(sorts_, sort)) sorts_.push_back(sort.str());
    if (auto common = readCommon(option)) return std::move(*common);
    if (auto own = readOwn(option)) return std::move(*own);
    return fault(FaultKind::Invalid, "unexpected key '" + printable(key) + "' in '" + printable(field) + "'");
  }

  llvm::Expected<MountRequest> finish() {
    if (type_.empty()) return fault(FaultKind::Invalid, "type is required");
    if (target_.empty()) return fault(FaultKind::Invalid, "target is required");
    for (const std::string& sort : sorts_)
      if (sort != type_)
        return fault(FaultKind::Invalid, "cannot mix '" + sort + "-*' options with mount type '" + type_ + "'");
    auto error = settle();
    if (error) return withContext(std::move(error), "invalid mount config for type \"" + printable(type_) + "\"");
    return std::move(request_);
  }

private:
  using Read = std::optional<llvm::Error>;  ///< nothing: it is no key of these

  Read readCommon(const CsvOption& option) {
    StringRef key = option.key, value = option.value;
    if (key == "type")
      type_ = value.lower();
    else if (key == "source" || key == "src")
      source_ = value.str();
    else if (key == "target" || key == "dst" || key == "destination")
      target_ = value.str();
    else if (key == "readonly" || key == "ro")
      return readBoolean(option, request_.readOnly);
    else if (key != "consistency")  // of file systems that docker has not on Linux
      return std::nullopt;
    return llvm::Error::success();
  }

  Read readOwn(const CsvOption& option) {
    StringRef key = option.key, value = option.value;
    if (key == "bind-propagation") return readPropagation(value);
    if (key == "bind-nonrecursive") return readNonRecursive(option);
    if (key == "bind-recursive") return readRecursive(value);
    if (key == "volume-nocopy") return readNoCopy(option);
    if (key == "volume-label") return addPair(value, request_.labels);
    if (key == "volume-opt") return addPair(value, request_.options);
    if (key == "volume-driver") return checkDriver(value);
    if (key == "tmpfs-size") return readSize(value);
    if (key == "tmpfs-mode") return readMode(value);
    if (key != "volume-subpath") return std::nullopt;
    request_.subpath = value.str();
    return llvm::Error::success();
  }

  static llvm::Error invalid(StringRef key, StringRef value) {
    return fault(FaultKind::Invalid, "invalid value for " + key + ": " + printable(value));
  }

  llvm::Error readBoolean(const CsvOption& option, bool& target) {
    if (!option.hasValue) return target = true, llvm::Error::success();
    auto value = booleanOf(option.value);
    if (!value) return invalid(option.key, option.value);
    target = *value;
    return llvm::Error::success();
  }
  llvm::Error readNonRecursive(const CsvOption& option) {
    bool plain = false;
    auto error = readBoolean(option, plain);
    request_.isRecursive = !plain;
    return error;
  }
  llvm::Error readNoCopy(const CsvOption& option) {
    bool none = false;
    auto error = readBoolean(option, none);
    request_.copies = !none;
    return error;
  }
  llvm::Error readRecursive(StringRef value) {
    if (value != "enabled" && value != "disabled") {
      if (value == "writable" || value == "readonly")
        return fault(FaultKind::Unsupported, "not yet supported: bind-recursive=" + value + " (enabled or disabled)");
      return invalid("bind-recursive", value);
    }
    request_.isRecursive = value == "enabled";
    return llvm::Error::success();
  }
  llvm::Error readPropagation(StringRef value) {
    if (!isPropagation(value)) return fault(FaultKind::Invalid, "invalid propagation mode: " + printable(value));
    request_.propagation = value.str();
    return llvm::Error::success();
  }
  static llvm::Error checkDriver(StringRef value) {
    if (value.empty() || value == kLocalDriver) return llvm::Error::success();
    return fault(FaultKind::Unsupported, "not yet supported: volume driver " + printable(value) + " (local)");
  }
  static llvm::Error addPair(StringRef text, std::map<std::string, std::string>& pairs) {
    auto [key, value] = text.split('=');
    pairs[key.str()] = value.str();
    return llvm::Error::success();
  }
  llvm::Error addTmpfsOption(const llvm::Twine& option) {
    request_.mode += (request_.mode.empty() ? "" : ",") + option.str();
    return llvm::Error::success();
  }
  llvm::Error readSize(StringRef value) {
    auto bytes = parseByteSize(value);
    if (bytes) return addTmpfsOption("size=" + llvm::Twine(*bytes));
    llvm::consumeError(bytes.takeError());
    return invalid("tmpfs-size", value);
  }
  llvm::Error readMode(StringRef value) {
    unsigned mode = 0;
    if (value.getAsInteger(8, mode) || mode > 07777) return invalid("tmpfs-mode", value);
    return addTmpfsOption("mode=" + value);
  }

  /// What the type wants of the rest.
  llvm::Error settle() {
    auto target = mountTarget(target_);
    if (!target) return target.takeError();
    request_.target = std::move(*target);
    if (type_ == "bind") return settleBind();
    if (type_ == "volume") return settleVolume();
    if (type_ != "tmpfs") return fault(FaultKind::Invalid, "mount type unknown");
    request_.kind = Kind::Tmpfs;
    if (!source_.empty()) return fault(FaultKind::Invalid, "field Source must not be specified");
    if (request_.readOnly) return addTmpfsOption("ro");
    return llvm::Error::success();
  }
  llvm::Error settleBind() {
    request_.kind = Kind::Bind;
    if (source_.empty()) return fault(FaultKind::Invalid, "field Source must not be empty");
    bool relative = source_ == "." || source_ == ".." || StringRef(source_).starts_with("./") ||
                    StringRef(source_).starts_with("../");
    if (!relative && source_.front() != '/')
      return fault(FaultKind::Invalid, "invalid mount path: '" + printable(source_) + "' mount path must be absolute");
    request_.source = "/" + cleanPath(relative ? joinPath(here_, source_) : source_);
    return llvm::Error::success();
  }
  llvm::Error settleVolume() {
    request_.source = source_;
    if (!source_.empty())
      if (auto error = checkVolumeName(source_)) return error;
    if (request_.subpath.empty()) return llvm::Error::success();
    if (source_.empty()) return fault(FaultKind::Invalid, "must not set Subpath when using anonymous volumes");
    if (StringRef(request_.subpath).starts_with("/") || llvm::is_contained(partsOf(request_.subpath), ".."))
      return fault(FaultKind::Invalid, "subpath must be a relative path within the volume");
    return llvm::Error::success();
  }
  static llvm::SmallVector<StringRef> partsOf(StringRef path) {
    llvm::SmallVector<StringRef> parts;
    path.split(parts, '/');
    return parts;
  }

  StringRef here_;
  std::string type_ = "volume", source_, target_;
  std::vector<std::string> sorts_;  ///< bind, volume, tmpfs, as keys that begin so were given
  MountRequest request_;
};
}  // namespace

llvm::Expected<MountRequest> readMountFlag(StringRef text, StringRef here) {
  auto fields = splitCsv(text);
  if (!fields) return fields.takeError();
  MountFlag flag(here);
  for (const std::string& field : *fields)
    if (auto error = flag.read(parseCsvOption(field), field)) return error;
  return flag.finish();
}

}  // namespace strata::runtime
