#include "runtime/volumes/volume.h"

#include "runtime/spec/object_names.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::runtime {

namespace {
using llvm::StringRef;
using llvm::json::Object;

/// docker's way with volumes: none is null.
llvm::json::Value pairsOrNull(const std::map<std::string, std::string>& pairs) {
  if (pairs.empty()) return nullptr;
  return pairsJson(pairs);
}
}  // namespace

std::string makeAnonymousVolumeName() { return makeObjectId(); }

llvm::Error checkVolumeName(StringRef name) {
  if (name.size() == 1)
    return fault(FaultKind::Invalid, "volume name is too short, names should be at least two alphanumeric characters");
  if (name.size() <= 255 && isObjectName(name)) return llvm::Error::success();
  std::string shown = printable(name);
  return fault(FaultKind::Invalid,
               "create " + shown + ": \"" + shown +
                   "\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are "
                   "allowed. If you intended to pass a host directory, use absolute path");
}

std::string printVolumeDocument(const Volume& volume) {
  return printJson(Object{
      {"CreatedAt", volume.created}, {"Labels", pairsOrNull(volume.labels)}, {"Options", pairsOrNull(volume.options)}});
}

llvm::Expected<Volume> readVolumeDocument(StringRef name, StringRef text) {
  auto json = parseJson(text);
  if (!json) return withContext(json.takeError(), "volume " + printable(name));
  const Object* document = json->getAsObject();
  if (!document) return fault(FaultKind::Invalid, "volume " + printable(name) + ": its document is no JSON object");
  Volume volume{.name = name.str()};
  volume.created = document->getInteger("CreatedAt").value_or(0);
  volume.labels = pairsFrom(document->getObject("Labels"));
  volume.options = pairsFrom(document->getObject("Options"));
  return volume;
}

Object volumeJson(const Volume& volume) {
  return Object{{"CreatedAt", rfc3339(volume.created / 1'000'000'000 * 1'000'000'000)},
                {"Driver", kLocalDriver},
                {"Labels", pairsOrNull(volume.labels)},
                {"Mountpoint", volume.mountpoint},
                {"Name", volume.name},
                {"Options", pairsOrNull(volume.options)},
                {"Scope", "local"}};
}

}  // namespace strata::runtime
