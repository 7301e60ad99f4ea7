#include "builder/export/annotation.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/StringSwitch.h>

namespace strata::builder {

namespace {
using Place = Annotation::Place;

llvm::Expected<Place> parsePlace(llvm::StringRef type) {
  auto place = llvm::StringSwitch<std::optional<Place>>(type)
                   .Cases("", "manifest", Place::Manifest)
                   .Case("manifest-descriptor", Place::ManifestDescriptor)
                   .Case("index", Place::Index)
                   .Case("index-descriptor", Place::IndexDescriptor)
                   .Default(std::nullopt);
  if (place) return *place;
  return fault(FaultKind::Invalid,
               "unknown annotation type '" + printable(type) + "'" +
                   didYouMean(type, {"manifest", "manifest-descriptor", "index", "index-descriptor"}));
}

/// "TYPE" or "TYPE[PLATFORM]".
llvm::Expected<Annotation> parseType(llvm::StringRef text) {
  Annotation annotation;
  auto [type, rest] = text.split('[');
  auto place = parsePlace(type.trim());
  if (!place) return place.takeError();
  annotation.place = *place;
  if (!text.contains('[')) return annotation;
  if (!rest.consume_back("]"))
    return fault(FaultKind::Invalid, "'" + printable(text) + "': a platform stands in brackets, manifest[linux/amd64]");
  if (rest.contains('*')) return fault(FaultKind::Invalid, "'" + printable(text) + "': no wildcards in a platform");
  auto platform = layerfs::parsePlatform(rest);
  if (!platform) return platform.takeError();
  annotation.platform = *platform;
  return annotation;
}
}  // namespace

llvm::Expected<std::optional<Annotation>> parseAnnotationKey(llvm::StringRef key, llvm::StringRef value) {
  llvm::StringRef rest = key;
  if (!rest.consume_front("annotation")) return std::nullopt;
  if (!rest.empty() && !llvm::StringRef("-[.").contains(rest.front())) return std::nullopt;
  rest.consume_front("-");
  // The dot of a platform's version, "windows(10.0)/amd64", stands inside the brackets.
  size_t bracket = rest.take_until([](char c) { return c == '.'; }).contains('[') ? rest.find(']') : 0;
  size_t dot = bracket == llvm::StringRef::npos ? bracket : rest.find('.', bracket);
  if (dot == llvm::StringRef::npos || dot + 1 == rest.size())
    return fault(FaultKind::Invalid, "'" + printable(key) + "' names no annotation: annotation.KEY=VALUE");
  auto annotation = parseType(rest.take_front(dot));
  if (!annotation) return annotation.takeError();
  annotation->key = rest.drop_front(dot + 1).str();
  annotation->value = value.str();
  return std::move(*annotation);
}

llvm::Expected<std::vector<Annotation>> parseAnnotationOption(llvm::StringRef option) {
  auto invalid = [&](llvm::Error error) {
    return withContext(std::move(error), "invalid annotation \"" + printable(option) + "\"");
  };
  auto [left, value] = option.split('=');
  if (!option.contains('=')) return invalid(fault(FaultKind::Invalid, "it must be KEY=VALUE"));
  size_t colon = left.find(':');
  llvm::StringRef types = colon == llvm::StringRef::npos ? "" : left.take_front(colon);
  llvm::StringRef key = colon == llvm::StringRef::npos ? left : left.drop_front(colon + 1);
  if (key.trim().empty()) return invalid(fault(FaultKind::Invalid, "the key is missing"));
  std::vector<Annotation> annotations;
  do {
    auto [type, rest] = types.split(',');
    auto annotation = parseType(type);
    if (!annotation) return invalid(annotation.takeError());
    annotation->key = key.trim().str();
    annotation->value = value.str();
    annotations.push_back(std::move(*annotation));
    types = rest;
  } while (!types.empty());
  return annotations;
}

void annotate(std::map<std::string, std::string>& document, llvm::ArrayRef<Annotation> annotations, Place place,
              const layerfs::Platform* platform) {
  for (const Annotation& one : annotations)
    if (one.place == place && (!one.platform || (platform && *platform == *one.platform)))
      document[one.key] = one.value;
}

}  // namespace strata::builder
