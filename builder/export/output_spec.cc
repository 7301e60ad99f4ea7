#include "builder/export/output_spec.h"

#include "builder/export/output_keys.h"
#include "registry/reference.h"
#include "support/csv.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringSwitch.h>

namespace strata::builder {

namespace {
llvm::Error invalidOutput(const llvm::Twine& message) { return fault(FaultKind::Invalid, message); }

/// The type comes first whatever its place: it says which keys there are.
llvm::Error readType(llvm::ArrayRef<CsvOption> options, OutputSpec& spec) {
  std::optional<std::string> type;
  for (const CsvOption& option : options)
    if (option.key == "type") type = option.value;
  if (!type) return invalidOutput("type is required for output: type=image, oci, docker, local, tar or registry");
  auto known = llvm::StringSwitch<std::optional<OutputType>>(*type)
                   .Cases("image", "registry", OutputType::Image)
                   .Case("oci", OutputType::Oci)
                   .Case("docker", OutputType::Docker)
                   .Case("local", OutputType::Local)
                   .Case("tar", OutputType::Tar)
                   .Default(std::nullopt);
  if (!known)
    return invalidOutput("unknown output type '" + printable(*type) + "'" +
                         didYouMean(*type, {"image", "oci", "docker", "local", "tar", "registry"}));
  spec.type = *known;
  spec.image.push = *type == "registry";
  return llvm::Error::success();
}

llvm::Error checkDestination(OutputSpec& spec) {
  bool directory = spec.type == OutputType::Local || (!spec.tar && spec.isImage());
  if (spec.type == OutputType::Image) return llvm::Error::success();
  llvm::StringRef name = nameOf(spec.type);
  if (directory && spec.destination.empty()) return invalidOutput("dest is required for " + name + " output");
  if (directory && spec.destination == "-")
    return invalidOutput("dest cannot be standard output for " + name + " output");
  if (spec.destination.empty() && spec.type != OutputType::Docker) spec.destination = "-";
  return llvm::Error::success();
}

/// Keys that do not go together, as far as one output says them.
llvm::Error checkTogether(const OutputSpec& spec) {
  const ImageAttributes& image = spec.image;
  if (image.unpack && image.rewriteTimestamp)
    return invalidOutput("unpack=true and rewrite-timestamp=true exclude each other");
  bool docker = image.family == layerfs::MediaFamily::Docker;
  if (docker && image.compression.kind == layerfs::Compression::Zstd)
    return invalidOutput(
        "oci-mediatypes=false and compression=zstd exclude each other: docker's media types have no zstd");
  if (docker && image.ociArtifact)
    return invalidOutput("oci-mediatypes=false and oci-artifact=true exclude each other");
  for (const Annotation& annotation : image.annotations)
    if (docker && annotation.place != Annotation::Place::Manifest)
      return invalidOutput("annotation '" + printable(annotation.key) +
                           "': with oci-mediatypes=false only manifests are annotated");
  if (image.compression.kind == layerfs::Compression::Gzip && image.compression.level &&
      (*image.compression.level < 0 || *image.compression.level > 9))
    return invalidOutput("compression-level=" + llvm::Twine(*image.compression.level) + ": gzip has 0 to 9");
  return llvm::Error::success();
}

/// Once names are known. The last thing asked, so that whatever else is wrong is said first.
llvm::Error checkPush(const OutputSpec& spec) {
  if (!spec.image.push) return llvm::Error::success();
  if (spec.image.names.empty() && !spec.image.pushByDigest)
    return invalidOutput("a tag is needed when pushing to a registry: give one with -t or name=");
  if (spec.image.names.empty()) return invalidOutput("push-by-digest needs name= to say where to");
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<OutputSpec> parseOutput(llvm::StringRef text) {
  auto context = [&](llvm::Error error) {
    return withContext(std::move(error), "invalid output \"" + printable(text) + "\"");
  };
  OutputSpec spec;
  auto fields = splitCsv(text);
  if (!fields) return context(fields.takeError());
  if (fields->size() == 1 && !llvm::StringRef(fields->front()).starts_with("type=")) {
    if (fields->front().empty()) return context(invalidOutput("it is empty"));
    spec.destination = fields->front();
    spec.type = spec.destination == "-" ? OutputType::Tar : OutputType::Local;
    return spec;
  }
  std::vector<CsvOption> options;
  for (const std::string& field : *fields) options.push_back(parseCsvOption(field));
  if (auto error = readType(options, spec)) return context(std::move(error));
  for (const CsvOption& option : options)
    if (option.key != "type")
      if (auto error = readOutputKey(option, spec)) return context(std::move(error));
  if (auto error = checkDestination(spec)) return context(std::move(error));
  if (auto error = checkTogether(spec)) return context(std::move(error));
  return spec;
}

namespace {
/// --push makes every image output a push, and there is one; --load is a docker output without destination.
void addShortForms(const OutputFlags& flags, std::vector<OutputSpec>& specs) {
  auto isImage = [](const OutputSpec& spec) { return spec.type == OutputType::Image; };
  auto isLoad = [](const OutputSpec& spec) { return spec.type == OutputType::Docker && spec.destination.empty(); };
  if (flags.push && llvm::none_of(specs, isImage)) specs.emplace_back();
  for (OutputSpec& spec : specs) spec.image.push |= flags.push && isImage(spec);
  if (flags.load && llvm::none_of(specs, isLoad)) specs.push_back({.type = OutputType::Docker});
  if (specs.empty()) specs.emplace_back();
}

llvm::Error addPushKeys(const OutputFlags& flags, std::vector<OutputSpec>& specs) {
  auto pushes = [](const OutputSpec& spec) { return spec.image.push; };
  for (llvm::StringRef text : flags.pushKeys) {
    CsvOption option = parseCsvOption(text);
    if (llvm::none_of(specs, pushes))
      return invalidOutput("--" + option.key + " is about what is pushed: give --push too, or --output with " +
                           option.key + "=");
    for (OutputSpec& spec : specs)
      if (pushes(spec))
        if (auto error = readOutputKey(option, spec)) return error;
  }
  return llvm::Error::success();
}

llvm::Error checkStandardOutput(llvm::ArrayRef<OutputSpec> specs) {
  if (llvm::count_if(specs, [](const OutputSpec& spec) { return spec.destination == "-"; }) <= 1)
    return llvm::Error::success();
  return invalidOutput("several outputs go to standard output: give all but one a dest");
}
}  // namespace

llvm::Expected<std::vector<OutputSpec>> makeOutputs(const OutputFlags& flags) {
  std::vector<OutputSpec> specs;
  for (const std::string& text : flags.outputs) {
    auto spec = parseOutput(text);
    if (!spec) return spec.takeError();
    specs.push_back(std::move(*spec));
  }
  addShortForms(flags, specs);
  if (auto error = addPushKeys(flags, specs)) return error;
  std::vector<Annotation> annotations;
  for (const std::string& text : flags.annotations) {
    auto some = parseAnnotationOption(text);
    if (!some) return some.takeError();
    annotations.insert(annotations.end(), some->begin(), some->end());
  }
  for (OutputSpec& spec : specs) {
    if (!spec.isImage()) continue;
    if (!flags.tags.empty()) spec.image.names = flags.tags;
    llvm::append_range(spec.image.annotations, annotations);
    if (auto error = checkTogether(spec)) return error;
    if (auto error = checkPush(spec)) return error;
  }
  if (auto error = checkStandardOutput(specs)) return error;
  return specs;
}

namespace {
llvm::Error checkAnnotations(const OutputSpec& spec, llvm::ArrayRef<layerfs::Platform> platforms, bool asIndex) {
  for (const Annotation& one : spec.image.annotations) {
    bool ofIndex = one.place == Annotation::Place::Index || one.place == Annotation::Place::IndexDescriptor;
    if (ofIndex && !asIndex)
      return invalidOutput("annotation '" + printable(one.key) +
                           "': index annotations are not supported for an image of one platform, which has no index");
    if (one.platform && !llvm::is_contained(platforms, *one.platform))
      return invalidOutput("annotation '" + printable(one.key) + "': the build has no platform " + one.platform->str());
  }
  return llvm::Error::success();
}
}  // namespace

llvm::Error checkOutputs(llvm::ArrayRef<OutputSpec> outputs, llvm::ArrayRef<layerfs::Platform> platforms,
                         bool asIndex) {
  for (const OutputSpec& spec : outputs) {
    if (spec.type == OutputType::Docker && asIndex)
      return fault(FaultKind::Unsupported,
                   "docker output does not currently support exporting manifest lists: use type=image or type=oci for "
                   "several platforms");
    if (spec.isImage())
      if (auto error = checkAnnotations(spec, platforms, asIndex)) return error;
  }
  return llvm::Error::success();
}

}  // namespace strata::builder
