#include "cli/build_outputs.h"

#include "cli/build_metadata.h"
#include "cli/console.h"
#include "registry/reference.h"
#include "support/csv.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>

namespace strata::cli {

using builder::OutputSpec;
using builder::OutputType;

void declareOutputOptions(Options& declared, BuildOutputOptions& options) {
  declared.list("--annotation", options.annotations, "Add an annotation to the image ([TYPE:]KEY=VALUE)");
  declared.list("--attest", options.attestations, "");
  declared.text("--iidfile", options.iidFile, "Write the image's id to a file");
  declared.flag("--load", options.load, "Keep the image in the store, as without -o (type=docker)");
  declared.text("--metadata-file", options.metadataFile, "Write the result's digests to a JSON file");
  declared.list("-o,--output", options.outputs, "What to make of the result: type=image, oci, docker, local or tar");
  declared.optionalText("--provenance", options.provenance, "true", "");
  declared.flag("--push", options.push, "Push the image under its names (as -o type=registry)");
  declared.text("--compression", options.compression, "With --push, of the layers: gzip, zstd or uncompressed");
  declared.text("--compression-level", options.level, "With --push: gzip 0 to 9, zstd 0 to 22", "int");
  declared.flag("--force-compression", options.forceCompression,
                "With --push: compress anew what came compressed otherwise");
  declared.optionalText("--sbom", options.sbom, "true", "");
  declared.flag("--squash", options.squash, "Put everything since the base image into one layer");
  declared.list("-t,--tag", options.tags, "Name of the image (NAME:TAG); may be given several times");
}

namespace {
llvm::Error invalid(const llvm::Twine& message) { return fault(FaultKind::Invalid, message); }

/// `--attest type=sbom|provenance,...`: only what turns one off can be done.
llvm::Error checkAttestation(llvm::StringRef text) {
  auto fields = splitCsv(text);
  if (!fields) return fields.takeError();
  std::string type;
  bool disabled = false;
  for (llvm::StringRef field : *fields) {
    CsvOption option = parseCsvOption(field);
    if (option.key == "type") type = option.value;
    if (option.key == "disabled") disabled = option.value == "true" || option.value == "1";
  }
  if (type != "sbom" && type != "provenance")
    return invalid("invalid attestation \"" + printable(text) + "\": type is sbom or provenance");
  if (disabled) return llvm::Error::success();
  return fault(FaultKind::Unsupported, "not yet supported: attestations (--attest type=" + type + ")");
}

llvm::Error checkAttestations(const BuildOutputOptions& options) {
  for (const std::string* attestation : {&options.provenance, &options.sbom})
    if (!attestation->empty() && *attestation != "false")
      return fault(FaultKind::Unsupported, "not yet supported: --provenance and --sbom other than false");
  for (const std::string& text : options.attestations)
    if (auto error = checkAttestation(text)) return error;
  return llvm::Error::success();
}

llvm::Error readTags(llvm::ArrayRef<std::string> tags, std::vector<std::string>& canonical) {
  for (const std::string& tag : tags) {
    auto name = registry::parseReference(tag);
    if (!name) return withContext(name.takeError(), "invalid tag \"" + printable(tag) + "\"");
    if (name->digest) return invalid("invalid tag \"" + printable(tag) + "\": a tag cannot be a digest");
    canonical.push_back(name->canonical());
  }
  return llvm::Error::success();
}

/// What mode=delete may do without being allowed to: in a directory below the working directory.
bool isBelowWorkingDirectory(const std::string& destination) {
  std::error_code code;
  auto here = std::filesystem::canonical(".", code);
  if (code) return false;
  auto there = std::filesystem::weakly_canonical(here / destination, code);  // absolute, whether it is there or not
  if (code) return false;
  llvm::StringRef path = there.native();
  return path.consume_front(here.native()) && (here.native() == "/" ? !path.empty() : path.starts_with("/")) &&
         !path.ltrim('/').empty();
}

llvm::Error checkDestination(const OutputSpec& spec, const std::set<std::string>& allowed) {
  if (spec.destination == "-" && isTerminal(STDOUT_FILENO))
    return invalid("dest is required for this output: refusing to write it to a terminal");
  if (spec.destination.empty() || spec.destination == "-") return llvm::Error::success();
  struct stat status {};
  bool exists = ::stat(spec.destination.c_str(), &status) == 0;
  bool wantsDirectory = spec.type == OutputType::Local || (spec.isImage() && !spec.tar);
  if (exists && wantsDirectory && !S_ISDIR(status.st_mode))
    return invalid("destination directory " + spec.destination + " is a file");
  if (exists && !wantsDirectory && S_ISDIR(status.st_mode))
    return invalid("destination file " + spec.destination + " is a directory");
  if (!spec.deleteStale || allowed.count("buildx.local.delete") || isBelowWorkingDirectory(spec.destination))
    return llvm::Error::success();
  return fault(FaultKind::Denied, "mode=delete would remove what else is in " + spec.destination +
                                      ", which is not below the working directory; --allow buildx.local.delete "
                                      "permits it");
}

std::vector<std::string> pushKeysOf(const BuildOutputOptions& options) {
  std::vector<std::string> keys;
  if (!options.compression.empty()) keys.push_back("compression=" + options.compression);
  if (!options.level.empty()) keys.push_back("compression-level=" + options.level);
  if (options.forceCompression) keys.push_back("force-compression=true");
  return keys;
}
}  // namespace

llvm::Error readOutputOptions(const BuildOutputOptions& options, builder::BuildRequest& request) {
  if (auto error = checkAttestations(options)) return error;
  if (auto error = readTags(options.tags, request.tags)) return error;
  auto outputs = builder::makeOutputs({.outputs = options.outputs,
                                       .tags = request.tags,
                                       .annotations = options.annotations,
                                       .load = options.load,
                                       .push = options.push,
                                       .pushKeys = pushKeysOf(options)});
  if (!outputs) return outputs.takeError();
  for (const OutputSpec& spec : *outputs) {
    if (auto error = checkDestination(spec, request.entitlements)) return error;
    if (!options.iidFile.empty() && !spec.isImage())
      return invalid("--iidfile cannot be used with an output of type local or tar: there is no image");
  }
  request.outputs = std::move(*outputs);
  request.squash = options.squash;
  return llvm::Error::success();
}

llvm::Error writeResultFiles(const BuildOutputOptions& options, const builder::BuildResult& result) {
  if (!options.iidFile.empty() && result.image)
    if (auto error = writeFileAtomically(options.iidFile, result.image.str())) return error;
  if (options.metadataFile.empty()) return llvm::Error::success();
  return writeFileAtomically(options.metadataFile, printPrettyJson(metadataOf(result)) + "\n");
}

}  // namespace strata::cli
