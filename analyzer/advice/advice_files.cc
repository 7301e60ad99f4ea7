#include "analyzer/advice/advice.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/output_file.h"
#include "support/text.h"

#include <llvm/Support/FileSystem.h>
#include <llvm/Support/Path.h>

#include <sys/stat.h>
#include <unistd.h>

namespace strata::analyzer {

namespace {
constexpr size_t kMostBytes = 16 << 20;

std::string absolutePath(llvm::StringRef path) {
  llvm::SmallString<256> absolute(path);
  if (llvm::sys::fs::make_absolute(absolute)) return path.str();
  return absolute.str().str();
}

/// Where `-f` may have meant: as seen from here, and from the context.
std::vector<std::string> placesOf(const builder::Build& build) {
  std::vector<std::string> places{joinPath(build.context, build.dockerfile)};
  if (build.dockerfile == "Dockerfile") places.push_back(joinPath(build.context, "dockerfile"));
  if (llvm::sys::path::is_absolute(build.dockerfile)) places = {build.dockerfile};
  places.push_back(absolutePath(build.dockerfile));
  return places;
}

llvm::Error findDockerfile(const builder::Build& build, const Digest& dockerfile, AdviceFiles& files) {
  bool found = false;
  for (const std::string& place : placesOf(build)) {
    if (!pathExists(place)) continue;
    auto text = readFile(place, kMostBytes);
    if (!text) return text.takeError();
    found = true;
    if (digestOf(*text) != dockerfile) continue;
    files.dockerfilePath = place;
    files.dockerfile = std::make_unique<FileLines>(std::move(*text));
    return llvm::Error::success();
  }
  std::string name = printable(build.dockerfile);
  if (!found)
    return fault(FaultKind::NotFound, "no advice: the Dockerfile of the last build is not there any more: " + name);
  return fault(FaultKind::Invalid,
               "no advice: " + name + " was changed since build " + build.id + "; build again, then ask again");
}

std::string nameBelow(llvm::StringRef path, llvm::StringRef context) {
  llvm::StringRef name = path;
  if (name.consume_front(context) && name.consume_front("/")) return name.str();
  return llvm::sys::path::filename(path).str();
}

llvm::Error findIgnoreFile(const builder::Build& build, AdviceFiles& files) {
  std::string beside = files.dockerfilePath + ".dockerignore";
  files.ignorePath = pathExists(beside) ? beside : joinPath(build.context, ".dockerignore");
  files.ignoreExists = pathExists(files.ignorePath);
  std::string text;
  if (files.ignoreExists) {
    auto read = readFile(files.ignorePath, kMostBytes);
    if (!read) return read.takeError();
    text = std::move(*read);
  }
  files.ignore = std::make_unique<FileLines>(std::move(text));
  return llvm::Error::success();
}

/// Whether the file holds what it held when advice was given.
llvm::Error checkUnchanged(const std::string& path, const FileLines& lines, bool existed) {
  auto changed = [&] {
    return fault(FaultKind::Invalid, printable(path) + " was changed in the meantime; nothing was written to it");
  };
  if (pathExists(path) != existed) return changed();
  if (!existed) return llvm::Error::success();
  auto text = readFile(path, kMostBytes);
  if (!text) return text.takeError();
  return *text == lines.text() ? llvm::Error::success() : changed();
}

llvm::Error writeText(const std::string& path, const std::string& text) {
  struct stat status {};
  bool known = ::stat(path.c_str(), &status) == 0;
  mode_t mode = known ? status.st_mode & 0777 : 0644;
  llvm::SmallString<256> real;  // a link stays one
  std::string place = llvm::sys::fs::real_path(path, real) ? path : real.str().str();
  if (llvm::Error error = replaceFile(place, mode, [&](ByteSink& sink) { return sink.write(text); })) return error;
  if (known && ::chown(place.c_str(), status.st_uid, status.st_gid) != 0)
    return llvm::Error::success();  // as good as it gets
  return llvm::Error::success();
}

/// The edits of as much of the advice as goes together; how many that are.
size_t gather(llvm::ArrayRef<Advice> advice, bool ofIgnoreFile, const FileLines& lines, std::vector<LineEdit>& edits) {
  size_t taken = 0;
  for (const Advice& one : advice) {
    if (one.ofIgnoreFile != ofIgnoreFile) continue;
    std::vector<LineEdit> tried = edits;
    tried.insert(tried.end(), one.edits.begin(), one.edits.end());
    if (!lines.edited(tried)) continue;
    edits = std::move(tried);
    ++taken;
  }
  return taken;
}
}  // namespace

llvm::Expected<AdviceFiles> readAdviceFiles(const builder::Build& build, const std::optional<Digest>& dockerfile) {
  if (!dockerfile)
    return fault(FaultKind::Invalid, "no advice: it is not written down which Dockerfile build " + build.id +
                                         " was made of; build again, then ask again");
  if (!llvm::sys::path::is_absolute(build.context) || !pathExists(build.context))
    return fault(FaultKind::NotFound,
                 "no advice: the context of the last build is no directory here: " + printable(build.context));
  AdviceFiles files;
  if (llvm::Error error = findDockerfile(build, *dockerfile, files)) return error;
  if (llvm::Error error = findIgnoreFile(build, files)) return error;
  files.dockerfileName = nameBelow(files.dockerfilePath, build.context);
  files.ignoreName = nameBelow(files.ignorePath, build.context);
  return files;
}

llvm::Expected<size_t> applyAdvice(llvm::ArrayRef<Advice> advice, const AdviceFiles& files) {
  std::vector<LineEdit> edits, ignoreEdits;
  size_t taken = gather(advice, false, *files.dockerfile, edits);
  taken += gather(advice, true, *files.ignore, ignoreEdits);
  // Both are looked at before one is written.
  if (llvm::Error error = checkUnchanged(files.dockerfilePath, *files.dockerfile, true)) return error;
  if (llvm::Error error = checkUnchanged(files.ignorePath, *files.ignore, files.ignoreExists)) return error;
  if (!edits.empty())
    if (llvm::Error error = writeText(files.dockerfilePath, *files.dockerfile->edited(edits))) return error;
  if (!ignoreEdits.empty())
    if (llvm::Error error = writeText(files.ignorePath, *files.ignore->edited(ignoreEdits))) return error;
  return taken;
}

}  // namespace strata::analyzer
