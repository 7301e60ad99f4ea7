#include "builder/export/output_keys.h"

#include "registry/reference.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringSwitch.h>

namespace strata::builder {

llvm::StringRef nameOf(OutputType type) {
  constexpr llvm::StringLiteral kNames[] = {"image", "oci", "docker", "local", "tar"};
  return kNames[size_t(type)];
}

namespace {
using KeyReader = llvm::Error (*)(const CsvOption& option, OutputSpec& spec);

llvm::Error invalidOption(const llvm::Twine& message) { return fault(FaultKind::Invalid, message); }

llvm::Expected<bool> boolean(const CsvOption& option) {
  if (auto value = booleanOf(option.value)) return *value;
  return invalidOption("non-bool value '" + printable(option.value) + "' for " + option.key + ": true or false");
}
llvm::Error readBoolean(const CsvOption& option, bool& target) {
  auto value = boolean(option);
  if (value) target = *value;
  return value.takeError();
}
/// The key alone means true.
llvm::Error readFlag(const CsvOption& option, bool& target) {
  if (!option.value.empty()) return readBoolean(option, target);
  target = true;
  return llvm::Error::success();
}
llvm::Error checkBoolean(const CsvOption& option, OutputSpec&) { return boolean(option).takeError(); }
llvm::Error checkFlag(const CsvOption& option, OutputSpec&) {
  bool ignored;
  return readFlag(option, ignored);
}
llvm::Error noEffect(const CsvOption&, OutputSpec&) { return llvm::Error::success(); }

llvm::Error readNames(const CsvOption& option, OutputSpec& spec) {
  spec.image.names.clear();
  for (llvm::StringRef rest = option.value; !rest.empty();) {
    auto [name, after] = rest.split(',');
    rest = after;
    if (name == "*") return invalidOption("name=*: no name comes out of a Dockerfile; say it");
    auto reference = registry::parseReference(name);
    if (!reference) return withContext(reference.takeError(), "name \"" + printable(name) + "\"");
    spec.image.names.push_back(reference->canonical());
  }
  return llvm::Error::success();
}

llvm::Error readCompression(const CsvOption& option, OutputSpec& spec) {
  using layerfs::Compression;
  if (option.value == "estargz")
    return fault(FaultKind::Unsupported, "not yet supported: compression=estargz (uncompressed, gzip or zstd)");
  auto kind = llvm::StringSwitch<std::optional<Compression>>(option.value)
                  .Case("uncompressed", Compression::None)
                  .Case("gzip", Compression::Gzip)
                  .Case("zstd", Compression::Zstd)
                  .Default(std::nullopt);
  if (!kind)
    return invalidOption("unsupported layer compression type '" + printable(option.value) +
                         "': uncompressed, gzip or zstd");
  spec.image.compression.kind = *kind;
  return llvm::Error::success();
}

llvm::Error readLevel(const CsvOption& option, OutputSpec& spec) {
  int level;
  if (llvm::StringRef(option.value).getAsInteger(10, level))
    return invalidOption("compression-level '" + printable(option.value) + "' is no number");
  spec.image.compression.level = level;
  return llvm::Error::success();
}

llvm::Error readEpoch(const CsvOption& option, OutputSpec& spec) {
  spec.hasEpoch = true;
  spec.sourceDateEpoch.reset();
  if (option.value.empty()) return llvm::Error::success();
  int64_t seconds;
  if (llvm::StringRef(option.value).getAsInteger(10, seconds))
    return invalidOption("invalid source-date-epoch: " + printable(option.value) + " is no number of seconds");
  spec.sourceDateEpoch = seconds;
  return llvm::Error::success();
}

llvm::Error readMode(const CsvOption& option, OutputSpec& spec) {
  if (option.value != "copy" && option.value != "delete")
    return invalidOption("mode '" + printable(option.value) + "': copy or delete");
  spec.deleteStale = option.value == "delete";
  return llvm::Error::success();
}

llvm::Error readSplit(const CsvOption& option, OutputSpec& spec) {
  auto value = boolean(option);
  if (value) spec.platformSplit = *value;
  return value.takeError();
}

llvm::Error readFamily(const CsvOption& option, OutputSpec& spec) {
  bool oci = true;
  if (auto error = readBoolean(option, oci)) return error;
  spec.image.family = oci ? layerfs::MediaFamily::Oci : layerfs::MediaFamily::Docker;
  return llvm::Error::success();
}

llvm::Error readDestination(const CsvOption& option, OutputSpec& spec) {
  spec.destination = option.value;
  return llvm::Error::success();
}

llvm::Error readContext(const CsvOption& option, OutputSpec&) {
  if (option.value.empty() || option.value == "default") return llvm::Error::success();
  return fault(FaultKind::Unsupported, "not yet supported: context=" + printable(option.value) +
                                           "; there is no daemon to load into, only strata's own store");
}

enum Types : unsigned {
  kImage = 1 << unsigned(OutputType::Image),
  kOci = 1 << unsigned(OutputType::Oci),
  kDocker = 1 << unsigned(OutputType::Docker),
  kLocal = 1 << unsigned(OutputType::Local),
  kTar = 1 << unsigned(OutputType::Tar),
  kImages = kImage | kOci | kDocker,
  kFiles = kLocal | kTar,
};

struct Key {
  llvm::StringLiteral name;
  unsigned types;
  KeyReader read;
  bool needsValue = true;  ///< "key=", be it empty
};

constexpr Key kKeys[] = {
    {"name", kImages, readNames},
    {"oci-mediatypes", kImages, readFamily},
    {"oci-artifact", kImages,
     [](const CsvOption& option, OutputSpec& spec) { return readBoolean(option, spec.image.ociArtifact); }},
    {"compression", kImages, readCompression},
    {"compression-level", kImages, readLevel},
    {"force-compression", kImages,
     [](const CsvOption& option, OutputSpec& spec) { return readBoolean(option, spec.image.forceCompression); }},
    {"rewrite-timestamp", kImages,
     [](const CsvOption& option, OutputSpec& spec) { return readBoolean(option, spec.image.rewriteTimestamp); }},
    {"source-date-epoch", kImages | kFiles, readEpoch},
    {"prefer-nondist-layers", kImages,
     [](const CsvOption& option, OutputSpec& spec) { return readBoolean(option, spec.image.preferNonDistributable); }},
    {"attestation-inline", kImages, checkBoolean},
    {"push", kImage, [](const CsvOption& option, OutputSpec& spec) { return readFlag(option, spec.image.push); },
     false},
    {"push-by-digest", kImage,
     [](const CsvOption& option, OutputSpec& spec) { return readFlag(option, spec.image.pushByDigest); }, false},
    {"registry.insecure", kImage,
     [](const CsvOption& option, OutputSpec& spec) { return readFlag(option, spec.image.insecure); }, false},
    {"unpack", kImage, [](const CsvOption& option, OutputSpec& spec) { return readFlag(option, spec.image.unpack); },
     false},
    {"store", kImage, [](const CsvOption& option, OutputSpec& spec) { return readFlag(option, spec.image.store); },
     false},
    {"dangling-name-prefix", kImage, noEffect},
    {"danging-name-empty-only", kImage, checkFlag, false},
    {"name-canonical", kImage, checkFlag, false},
    {"tar", kOci | kDocker, [](const CsvOption& option, OutputSpec& spec) { return readBoolean(option, spec.tar); }},
    {"dest", kOci | kDocker | kFiles, readDestination},
    {"context", kDocker, readContext},
    {"platform-split", kFiles, readSplit},
    {"mode", kLocal, readMode},
    {"attestation-prefix", kFiles, noEffect},
};
}  // namespace

llvm::Error readOutputKey(const CsvOption& option, OutputSpec& spec) {
  unsigned type = 1u << unsigned(spec.type);
  if (spec.isImage()) {
    auto annotation = parseAnnotationKey(option.key, option.value);
    if (!annotation) return annotation.takeError();
    if (*annotation) {
      spec.image.annotations.push_back(std::move(**annotation));
      return llvm::Error::success();
    }
  }
  std::vector<llvm::StringRef> names;
  for (const Key& key : kKeys) {
    if (!(key.types & type)) continue;
    names.push_back(key.name);
    if (option.key != key.name) continue;
    if (key.needsValue && !option.hasValue)
      return invalidOption("invalid value " + option.key + ": it must be KEY=VALUE");
    return key.read(option, spec);
  }
  if (!option.hasValue) return invalidOption("invalid value " + printable(option.key) + ": it must be KEY=VALUE");
  return invalidOption("unknown key '" + printable(option.key) + "' for type=" + nameOf(spec.type) +
                       didYouMean(option.key, names));
}

}  // namespace strata::builder
