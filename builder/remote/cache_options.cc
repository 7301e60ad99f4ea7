#include "builder/remote/cache_options.h"

#include "registry/reference.h"
#include "support/byte_size.h"
#include "support/csv.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <filesystem>
#include <functional>
#include <map>

namespace strata::builder {

using llvm::StringRef;

namespace {
llvm::Error invalidCacheOption(const llvm::Twine& message) { return fault(FaultKind::Invalid, message); }

constexpr StringRef kElsewhere[] = {"gha", "s3", "azblob"};

llvm::Expected<CacheType> typeOf(StringRef text) {
  if (text == "registry") return CacheType::Registry;
  if (text == "local") return CacheType::Local;
  if (text == "inline") return CacheType::Inline;
  if (llvm::is_contained(kElsewhere, text))
    return fault(FaultKind::Unsupported,
                 "type=" + text +
                     " is not supported: registry, local (a directory, which a CI cache may keep) and "
                     "inline are");
  return invalidCacheOption("unknown type '" + text + "'" + didYouMean(text, {"registry", "local", "inline"}) +
                            ": registry, local and inline are supported");
}

llvm::Error readSwitch(const CsvOption& option, bool& target) {
  auto value = booleanOf(option.value);
  if (!value) return invalidCacheOption(option.key + "=" + option.value + ": neither true nor false");
  target = *value;
  return llvm::Error::success();
}

llvm::Error readDirectory(const CsvOption& option, std::string& directory) {
  std::error_code code;
  auto path = std::filesystem::absolute(option.value, code);
  if (code || option.value.empty()) return invalidCacheOption(option.key + "= names no directory");
  directory = path.lexically_normal();
  return llvm::Error::success();
}

/// Tags are names of files: the reference grammar's alone.
llvm::Error readTag(const CsvOption& option, std::string& tag) {
  auto reference = registry::parseReference("cache:" + option.value);
  if (!reference) {
    llvm::consumeError(reference.takeError());
    return invalidCacheOption("tag=" + option.value + " is no tag");
  }
  tag = reference->tag;
  return llvm::Error::success();
}

llvm::Error readReference(const CsvOption& option, std::string& canonical) {
  auto reference = registry::parseReference(option.value);
  if (!reference) return withContext(reference.takeError(), "ref=" + option.value);
  canonical = reference->canonical();
  return llvm::Error::success();
}

using Read = std::function<llvm::Error(const CsvOption& option)>;
using Keys = std::map<StringRef, Read>;

/// Keys of a place, whether read from or written to.
Keys placeKeys(CachePlace& place, StringRef directoryKey) {
  Keys keys;
  if (place.type == CacheType::Registry) {
    keys["ref"] = [&](const CsvOption& option) { return readReference(option, place.reference); };
    keys["registry.insecure"] = [&](const CsvOption& option) { return readSwitch(option, place.insecure); };
  } else if (place.type == CacheType::Local) {
    keys[directoryKey] = [&](const CsvOption& option) { return readDirectory(option, place.directory); };
    keys["tag"] = [&](const CsvOption& option) { return readTag(option, place.tag); };
  }
  return keys;
}

llvm::Error readCompression(const CsvOption& option, CacheTarget& target) {
  auto& kind = target.compression.kind;
  if (option.value == "gzip")
    kind = layerfs::Compression::Gzip;
  else if (option.value == "zstd")
    kind = layerfs::Compression::Zstd;
  else if (option.value == "uncompressed")
    kind = layerfs::Compression::None;
  else if (option.value == "estargz")
    return fault(FaultKind::Unsupported, "compression=estargz is not supported: gzip, zstd and uncompressed are");
  else
    return invalidCacheOption("compression=" + option.value + ": gzip, zstd and uncompressed are supported");
  return llvm::Error::success();
}

llvm::Error readLevel(const CsvOption& option, CacheTarget& target) {
  int level = 0;
  if (StringRef(option.value).getAsInteger(10, level) || level < 0 || level > 22)
    return invalidCacheOption("compression-level=" + option.value +
                              ": a number from 0 to 9 (gzip) or 22 (zstd) is meant");
  target.compression.level = level;
  return llvm::Error::success();
}

llvm::Error readMode(const CsvOption& option, CacheTarget& target) {
  if (option.value != "min" && option.value != "max")
    return invalidCacheOption("mode=" + option.value +
                              ": min (the layers of the result) or max (those of every step) is meant");
  target.everyStep = option.value == "max";
  return llvm::Error::success();
}

/// The cache is an OCI image manifest; other forms say nothing more.
llvm::Error readForm(const CsvOption& option) {
  bool wanted = true;
  if (auto error = readSwitch(option, wanted)) return error;
  if (wanted) return llvm::Error::success();
  return fault(FaultKind::Unsupported, option.key + "=false is not supported: the cache is an OCI image manifest");
}

llvm::Error readSize(const CsvOption& option, uint64_t& bytes) {
  auto size = parseByteSize(option.value);
  if (!size) return withContext(size.takeError(), option.key);
  bytes = uint64_t(*size);
  return llvm::Error::success();
}

llvm::Error readTimeout(const CsvOption& option, CacheTarget& target) {
  StringRef text = option.value;
  unsigned seconds = 0, factor = text.consume_back("m") ? 60 : 1;
  if (factor == 1) text.consume_back("s");
  if (text.getAsInteger(10, seconds) || seconds > 24 * 3600)
    return invalidCacheOption("timeout=" + option.value + ": seconds are meant, or minutes (90, 90s, 10m)");
  target.timeout = std::chrono::seconds(seconds * factor);
  return llvm::Error::success();
}

Keys targetKeys(CacheTarget& target) {
  Keys keys = placeKeys(target.place, "dest");
  keys["ignore-error"] = [&](const CsvOption& option) -> llvm::Error {
    bool ignore = false;
    if (auto error = readSwitch(option, ignore)) return error;
    target.ignoreError = ignore;
    return llvm::Error::success();
  };
  if (target.place.type == CacheType::Inline) {
    keys["mode"] = [&](const CsvOption& option) -> llvm::Error {
      if (auto error = readMode(option, target)) return error;
      return target.everyStep ? invalidCacheOption("type=inline has mode=min alone: an image brings its own layers")
                              : llvm::Error::success();
    };
    return keys;
  }
  keys["mode"] = [&](const CsvOption& option) { return readMode(option, target); };
  keys["compression"] = [&](const CsvOption& option) { return readCompression(option, target); };
  keys["compression-level"] = [&](const CsvOption& option) { return readLevel(option, target); };
  keys["force-compression"] = [&](const CsvOption& option) { return readSwitch(option, target.forceCompression); };
  keys["image-manifest"] = keys["oci-mediatypes"] = readForm;
  keys["mounts-max-size"] = [&](const CsvOption& option) { return readSize(option, target.mountsMaxSize); };
  keys["timeout"] = [&](const CsvOption& option) { return readTimeout(option, target); };
  keys["mounts"] = [&](const CsvOption& option) -> llvm::Error {
    if (option.value.empty()) return invalidCacheOption("mounts= names no cache mount");
    target.mounts.push_back(option.value);
    return llvm::Error::success();
  };
  if (target.place.type == CacheType::Local)
    keys["reset"] = [&](const CsvOption& option) { return readSwitch(option, target.reset); };
  return keys;
}

llvm::Error readKeys(llvm::ArrayRef<CsvOption> options, const Keys& keys) {
  for (const CsvOption& option : options) {
    if (option.key == "type") continue;
    auto read = keys.find(option.key);
    if (read == keys.end()) {
      std::vector<StringRef> known = {"type"};
      for (const auto& [key, reader] : keys) known.push_back(key);
      return invalidCacheOption("unknown key '" + option.key + "'" + didYouMean(option.key, known) + "; there are " +
                                llvm::join(known, ", "));
    }
    if (auto error = read->second(option)) return error;
  }
  return llvm::Error::success();
}

/// The fields of a value: a bare word stands for a registry's reference.
llvm::Expected<std::vector<CsvOption>> fieldsOf(StringRef text) {
  auto fields = splitCsv(text);
  if (!fields) return fields.takeError();
  if (fields->size() == 1 && !StringRef(fields->front()).contains('='))
    return std::vector<CsvOption>{{"type", "registry", true}, {"ref", fields->front(), true}};
  std::vector<CsvOption> options;
  for (StringRef field : *fields) {
    options.push_back(parseCsvOption(field));
    if (!options.back().hasValue) return invalidCacheOption("'" + field + "': KEY=VALUE is meant");
  }
  return options;
}

llvm::Expected<CacheType> typeAmong(llvm::ArrayRef<CsvOption> options) {
  auto type = llvm::find_if(options, [](const CsvOption& option) { return option.key == "type"; });
  if (type == options.end()) return invalidCacheOption("type= is missing: registry, local and inline are supported");
  return typeOf(type->value);
}

llvm::Error checkPlace(const CachePlace& place, StringRef directoryKey) {
  if (place.type == CacheType::Registry && place.reference.empty())
    return invalidCacheOption("type=registry needs ref=");
  if (place.type == CacheType::Local && place.directory.empty())
    return invalidCacheOption("type=local needs " + directoryKey + "=");
  return llvm::Error::success();
}
}  // namespace

std::string CachePlace::name() const {
  if (type == CacheType::Inline) return "inline";
  if (type == CacheType::Local)
    return directory + (digest ? "@" + digest->str() : tag == CachePlace().tag ? "" : ":" + tag);
  auto parsed = registry::parseReference(reference);
  if (parsed) return parsed->familiar();
  llvm::consumeError(parsed.takeError());
  return reference;
}

llvm::Expected<CachePlace> parseCacheSource(StringRef text) {
  CachePlace place;
  auto read = [&]() -> llvm::Error {
    auto options = fieldsOf(text);
    if (!options) return options.takeError();
    auto type = typeAmong(*options);
    if (!type) return type.takeError();
    place.type = *type;
    if (place.type == CacheType::Inline)
      return invalidCacheOption("type=inline is found in an image: type=registry,ref=IMAGE");
    Keys keys = placeKeys(place, "src");
    if (place.type == CacheType::Local)
      keys["digest"] = [&](const CsvOption& option) -> llvm::Error {
        auto digest = Digest::parse(option.value);
        if (!digest) return digest.takeError();
        place.digest = *digest;
        return llvm::Error::success();
      };
    if (auto error = readKeys(*options, keys)) return error;
    return checkPlace(place, "src");
  };
  if (auto error = read()) return withContext(std::move(error), "--cache-from " + text);
  return place;
}

llvm::Expected<CacheTarget> parseCacheTarget(StringRef text) {
  CacheTarget target;
  auto read = [&]() -> llvm::Error {
    auto options = fieldsOf(text);
    if (!options) return options.takeError();
    auto type = typeAmong(*options);
    if (!type) return type.takeError();
    target.place.type = *type;
    if (auto error = readKeys(*options, targetKeys(target))) return error;
    auto reference = registry::parseReference(target.place.reference.empty() ? "none" : target.place.reference);
    if (!reference) return reference.takeError();
    if (reference->digest) return invalidCacheOption("a cache is written under a tag, not a digest");
    return checkPlace(target.place, "dest");
  };
  if (auto error = read()) return withContext(std::move(error), "--cache-to " + text);
  return target;
}

}  // namespace strata::builder
