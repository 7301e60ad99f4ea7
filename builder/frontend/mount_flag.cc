#include "builder/frontend/mount_flag.h"

#include "support/byte_size.h"
#include "support/csv.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/StringSwitch.h>

namespace strata::builder {

using llvm::StringRef;

StringRef nameOf(MountKind kind) {
  switch (kind) {
    case MountKind::Bind:
      return "bind";
    case MountKind::Cache:
      return "cache";
    case MountKind::Tmpfs:
      return "tmpfs";
    case MountKind::Secret:
      return "secret";
    case MountKind::Ssh:
      return "ssh";
  }
  return "bind";
}

StringRef nameOf(CacheSharing sharing) {
  switch (sharing) {
    case CacheSharing::Shared:
      return "shared";
    case CacheSharing::Private:
      return "private";
    case CacheSharing::Locked:
      return "locked";
  }
  return "shared";
}

namespace {
const StringRef kMountKeys[] = {"type",     "from",      "source", "target",      "readonly", "id",  "sharing",
                                "required", "size",      "mode",   "uid",         "gid",      "src", "dst",
                                "ro",       "readwrite", "rw",     "destination", "env"};

llvm::Error wrong(const llvm::Twine& message) { return fault(FaultKind::Invalid, message); }

/// Reads one record into a RunMount, key by key.
class MountReader {
public:
  llvm::Error word(StringRef key, StringRef field) {
    if (key == "readonly" || key == "ro") return setReadOnly(true);
    if (key == "readwrite" || key == "rw") return setReadOnly(false);
    if (key == "required") {
      if (!mayBeRequired()) return unexpected(key);
      mount_.required = true;
      return llvm::Error::success();
    }
    if (llvm::is_contained(kMountKeys, key)) return wrong("invalid field '" + field + "' must be a key=value pair");
    return wrong("invalid field '" + field + "' must be a key=value pair" + didYouMean(key, kMountKeys, true));
  }

  llvm::Error set(StringRef key, StringRef value, StringRef field) {
    if (key == "type") return setType(value);
    if (key == "from") return setText(mount_.from, value);
    if (key == "source" || key == "src") return setText(mount_.source, value);
    if (key == "target" || key == "dst" || key == "destination") return setText(mount_.target, value);
    if (key == "id") return setText(mount_.id, value);
    if (key == "env") return setText(mount_.env.emplace(), value);
    if (key == "sharing") return setSharing(value);
    if (key == "mode") return setNumber(mount_.mode, key, value, 8);
    if (key == "uid") return setNumber(mount_.uid, key, value, 10);
    if (key == "gid") return setNumber(mount_.gid, key, value, 10);
    if (key == "size") return setSize(value);
    if (key == "readonly" || key == "ro" || key == "readwrite" || key == "rw" || key == "required")
      return setBoolean(key, value);
    return wrong("unexpected key '" + key + "' in '" + field + "'" + didYouMean(key, kMountKeys, true));
  }

  llvm::Expected<RunMount> finish() {
    using Kind = MountKind;
    Kind kind = mount_.kind;
    bool hasOwner = kind == Kind::Secret || kind == Kind::Ssh || kind == Kind::Cache;
    if (!hasOwner && mount_.mode) return notAllowed("mode");
    if (!hasOwner && mount_.uid) return notAllowed("uid");
    if (!hasOwner && mount_.gid) return notAllowed("gid");
    if (!readOnlySaid_) mount_.readOnly = kind != Kind::Cache && kind != Kind::Tmpfs;
    if (kind == Kind::Secret && !mount_.from.empty()) return wrong("secret mount should not have a from");
    if (kind == Kind::Secret && sharingSaid_) return wrong("secret mount should not define sharing");
    if (sharingSaid_ && kind != Kind::Cache) return wrong("invalid cache sharing set for " + nameOf(kind) + " mount");
    if (kind == Kind::Secret && mount_.source.empty() && mount_.target.empty() && mount_.id.empty())
      return wrong("invalid secret mount. one of source, target required");
    if (kind == Kind::Secret && !mount_.source.empty() && !mount_.id.empty())
      return wrong("both source and id can't be set");
    if (kind == Kind::Ssh && !mount_.source.empty()) return wrong("ssh mount should not have a source");
    return std::move(mount_);
  }

private:
  bool mayBeRequired() const { return mount_.kind == MountKind::Secret || mount_.kind == MountKind::Ssh; }
  llvm::Error unexpected(StringRef key) const {
    return wrong("unexpected key '" + key + "' for mount type '" + nameOf(mount_.kind) + "'");
  }
  llvm::Error notAllowed(StringRef key) const {
    return wrong(key + " not allowed for \"" + nameOf(mount_.kind) + "\" type mounts");
  }

  static llvm::Error setText(std::string& field, StringRef value) {
    field = value.str();
    return llvm::Error::success();
  }
  llvm::Error setReadOnly(bool value) {
    mount_.readOnly = value;
    readOnlySaid_ = true;
    return llvm::Error::success();
  }

  llvm::Error setType(StringRef value) {
    std::string name = value.lower();
    auto kind = llvm::StringSwitch<std::optional<MountKind>>(name)
                    .Case("bind", MountKind::Bind)
                    .Case("cache", MountKind::Cache)
                    .Case("tmpfs", MountKind::Tmpfs)
                    .Case("secret", MountKind::Secret)
                    .Case("ssh", MountKind::Ssh)
                    .Default(std::nullopt);
    if (!kind)
      return wrong("unsupported mount type \"" + value + "\"" +
                   didYouMean(name, {"bind", "cache", "tmpfs", "secret", "ssh"}, true));
    mount_.kind = *kind;
    return llvm::Error::success();
  }

  llvm::Error setSharing(StringRef value) {
    std::string name = value.lower();
    auto sharing = llvm::StringSwitch<std::optional<CacheSharing>>(name)
                       .Case("shared", CacheSharing::Shared)
                       .Case("private", CacheSharing::Private)
                       .Case("locked", CacheSharing::Locked)
                       .Default(std::nullopt);
    if (!sharing)
      return wrong("unsupported sharing value \"" + value + "\"" +
                   didYouMean(name, {"shared", "private", "locked"}, true));
    mount_.sharing = *sharing;
    sharingSaid_ = true;
    return llvm::Error::success();
  }

  static llvm::Error setNumber(std::optional<uint32_t>& field, StringRef key, StringRef value, unsigned radix) {
    uint32_t number = 0;
    if (value.getAsInteger(radix, number)) return wrong("invalid value " + value + " for " + key);
    field = number;
    return llvm::Error::success();
  }

  llvm::Error setSize(StringRef value) {
    if (mount_.kind != MountKind::Tmpfs) return unexpected("size");
    auto size = parseByteSize(value);
    if (!size) return withContext(size.takeError(), "invalid value for size: " + value);
    mount_.size = *size;
    return llvm::Error::success();
  }

  llvm::Error setBoolean(StringRef key, StringRef text) {
    if (key == "required" && !mayBeRequired()) return unexpected(key);
    auto value = booleanOf(text);
    if (!value) return wrong("invalid value for " + key + ": " + text);
    if (key == "required") {
      mount_.required = *value;
      return llvm::Error::success();
    }
    return setReadOnly(key.starts_with("reado") || key == "ro" ? *value : !*value);
  }

  RunMount mount_;
  bool readOnlySaid_ = false, sharingSaid_ = false;
};
}  // namespace

llvm::Error checkMountFlag(StringRef value) {
  auto fields = splitCsv(value);
  if (!fields) return withContext(fields.takeError(), "failed to parse csv mounts");
  for (StringRef field : *fields) {
    auto [key, text] = field.split('=');
    size_t dollar = text.find('$');
    if (key.equals_insensitive("from") && dollar != StringRef::npos && text.drop_back().contains('$'))
      return wrong("'from' doesn't support variable expansion, define alias stage instead");
  }
  return llvm::Error::success();
}

llvm::Expected<RunMount> parseMountFlag(StringRef value, ValueExpander expand) {
  auto fields = splitCsv(value);
  if (!fields) return withContext(fields.takeError(), "failed to parse csv mounts");
  MountReader reader;
  for (StringRef field : *fields) {
    auto [name, raw] = field.split('=');
    std::string key = name.lower();
    if (!field.contains('=')) {
      if (auto error = reader.word(key, field)) return error;
      continue;
    }
    auto text = expand(raw);
    if (!text) return text.takeError();
    if (auto error = reader.set(key, *text, field)) return error;
  }
  return reader.finish();
}

}  // namespace strata::builder
