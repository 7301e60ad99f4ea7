#include "builder/context/build_context.h"

#include "builder/context/remote_tree.h"
#include "builder/context/rooted_path.h"
#include "builder/context/tar_sniff.h"
#include "layerfs/layer_tar.h"
#include "layerfs/tree_writer.h"
#include "support/fault.h"
#include "support/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <climits>
#include <cstdlib>

namespace strata::builder {

namespace {
constexpr size_t kDockerfileLimit = 16 << 20;
constexpr llvm::StringRef kDefaultName = "Dockerfile";

llvm::Error unreadable(llvm::StringRef name, llvm::Error error) {
  return withContext(std::move(error), "failed to read dockerfile: " + printable(name));
}

llvm::Error missing(llvm::StringRef name, const llvm::Twine& hint = "") {
  return fault(FaultKind::NotFound,
               "failed to read dockerfile: open " + printable(name) + ": no such file or directory" + hint);
}

std::shared_ptr<const SourceText> sourceText(llvm::StringRef path, std::string text) {
  return std::make_shared<const SourceText>(baseNameOf(path).str(), std::move(text));
}

/// "x/Dockerfile" -> "x/dockerfile"; nothing for any other name (CTX-1).
std::optional<std::string> lowerCaseName(llvm::StringRef path) {
  if (baseNameOf(path) != kDefaultName) return std::nullopt;
  return path.drop_back(kDefaultName.size()).str() + "dockerfile";
}

llvm::Expected<UniqueFd> openRoot(const std::string& directory) {
  UniqueFd root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root) return root;
  int number = errno;
  std::string doing = "unable to prepare context: path \"" + printable(directory) + "\"";
  if (number == ENOENT) return fault(FaultKind::NotFound, doing + " not found");
  if (number == ENOTDIR) return fault(FaultKind::Invalid, doing + " is no directory");
  return errnoFault(doing, number);
}

/// A staged directory for a context that comes as a stream.
llvm::Error stage(const ContextRequest& request, BuildContext& context) {
  auto directory = TempDir::make(request.staging, "context-");
  if (!directory) return directory.takeError();
  context.unpacked = std::move(*directory);
  auto root = openRoot(context.unpacked->path());
  if (!root) return root.takeError();
  context.root = std::move(*root);
  return llvm::Error::success();
}

void makeTree(BuildContext& context, SourceTree::Options options) {
  options.rootFd = context.root.get();
  context.files = std::make_unique<SourceTree>(std::move(options));
}

/// The text of a Dockerfile on the local disk, wherever its links lead; an explicit -f may also be a pipe.
llvm::Expected<std::string> readLocal(const std::string& path, bool mayBePipe) {
  auto fd = openFile(path, mayBePipe ? O_RDONLY : O_RDONLY | O_NONBLOCK);
  if (!fd) return fd.takeError();
  struct stat status;
  if (::fstat(fd->get(), &status) != 0) return errnoFault("stat " + path);
  if (S_ISDIR(status.st_mode) || (!mayBePipe && !S_ISREG(status.st_mode)))
    return fault(FaultKind::Invalid, printable(path) + " is no regular file");
  return readFd(fd->get(), kDockerfileLimit);
}

/// Fills in the text; `path` becomes the one that was found.
llvm::Error readLocalDockerfile(std::string& path, const std::string& shown, bool explicitly, BuildContext& context) {
  auto text = readLocal(path, explicitly);
  std::optional<std::string> other = lowerCaseName(path);
  if (!text && other) {
    auto error = text.takeError();
    if (!takeIf(error, FaultKind::NotFound)) return unreadable(shown, std::move(error));
    text = readLocal(*other, explicitly);
    if (text) path = *other;
  }
  if (!text) {
    auto error = text.takeError();
    if (takeIf(error, FaultKind::NotFound)) return missing(shown, explicitly ? "" : "; name another with -f");
    return unreadable(shown, std::move(error));
  }
  context.dockerfile = sourceText(path, std::move(*text));
  return llvm::Error::success();
}

llvm::Error readStandardInput(const ContextRequest& request, BuildContext& context) {
  if (!request.input) return fault(FaultKind::Invalid, "there is no standard input to read the Dockerfile from");
  auto text = readAll(*request.input, kDockerfileLimit);
  if (!text) return unreadable("-", text.takeError());
  context.dockerfileName = "-";
  context.dockerfile = sourceText(kDefaultName, std::move(*text));
  return llvm::Error::success();
}

/// IGN-1: the one that stands beside the Dockerfile replaces the context's own.
llvm::Expected<IgnoreMatcher> readIgnoreFile(const std::string& directory, const std::string& dockerfilePath) {
  for (const std::string& path :
       {dockerfilePath.empty() ? "" : dockerfilePath + ".dockerignore", directory + "/.dockerignore"}) {
    if (path.empty()) continue;
    auto text = readLocal(path, false);
    if (text) return IgnoreMatcher::parse(*text, baseNameOf(path));
    auto error = text.takeError();
    if (!takeIf(error, FaultKind::NotFound))
      return withContext(std::move(error), "read " + printable(baseNameOf(path)));
  }
  return IgnoreMatcher();
}

std::string canonicalPath(const std::string& path) {
  char resolved[PATH_MAX];
  return ::realpath(path.c_str(), resolved) ? resolved : path;
}

std::unique_ptr<SourceTree> directoryTree(int root, const std::string& path, const std::string& indexDirectory,
                                          IgnoreMatcher ignore) {
  SourceTree::Options options{.rootFd = root, .shownRoot = path, .squashOwner = true, .ignore = std::move(ignore)};
  if (!indexDirectory.empty())
    options.statIndexPath = joinPath(indexDirectory, digestOf(canonicalPath(path)).hex().substr(0, 32));
  return std::make_unique<SourceTree>(std::move(options));
}

bool isWebUrl(llvm::StringRef text) { return text.starts_with("http://") || text.starts_with("https://"); }

/// Standard input or a URL: whatever the context is (CTX-2).
bool comesFromElsewhere(llvm::StringRef dockerfile) { return dockerfile == "-" || isWebUrl(dockerfile); }

llvm::Error readDockerfileFromElsewhere(const ContextRequest& request, BuildContext& context) {
  if (request.dockerfile == "-") return readStandardInput(request, context);
  HttpReference url{.url = request.dockerfile};
  context.dockerfileName = shownName(url);
  auto fetched = request.remote->fetch(url);
  if (!fetched) return unreadable(context.dockerfileName, fetched.takeError());
  auto text = readLocal(joinPath(fetched->directory, HttpSource::kFileName), false);
  if (!text) return unreadable(context.dockerfileName, text.takeError());
  context.dockerfile = sourceText(kDefaultName, std::move(*text));
  return llvm::Error::success();
}

llvm::Expected<BuildContext> openDirectory(const ContextRequest& request) {
  BuildContext context;
  auto root = openRoot(request.context);
  if (!root) return root.takeError();
  context.root = std::move(*root);
  context.identity = canonicalPath(request.context);
  std::string path;
  if (comesFromElsewhere(request.dockerfile)) {
    if (auto error = readDockerfileFromElsewhere(request, context)) return error;
  } else {
    bool explicitly = !request.dockerfile.empty();
    path = explicitly ? request.dockerfile : joinPath(request.context, kDefaultName);
    context.dockerfileName = explicitly ? request.dockerfile : kDefaultName.str();
    if (auto error = readLocalDockerfile(path, context.dockerfileName, explicitly, context)) return error;
  }
  auto ignore = readIgnoreFile(request.context, path);
  if (!ignore) return ignore.takeError();
  context.files = directoryTree(context.root.get(), request.context, request.indexDirectory, std::move(*ignore));
  return context;
}

/// Makes the tar's entries files. Its owners stay, as far as this user may give them (COPY-29).
llvm::Error unpackContext(ByteSource& tar, const std::string& directory) {
  auto writer = layerfs::TreeWriter::open(directory, layerfs::Removals::Applied);
  if (!writer) return writer.takeError();
  bool mayChown = ::geteuid() == 0;
  auto error = layerfs::readLayerTar(tar, [&](const layerfs::LayerEntry& entry, ByteSource& content) -> llvm::Error {
    using layerfs::EntryKind;
    // Names that layers keep for removals could not be copied into one.
    if (entry.kind == EntryKind::Whiteout || entry.kind == EntryKind::Opaque) return llvm::Error::success();
    layerfs::LayerEntry made = entry;
    if (!mayChown) {
      made.uid = ::geteuid();
      made.gid = ::getegid();
    }
    return writer->add(made, content);
  });
  if (error) return withContext(std::move(error), "unpack the context");
  return writer->finish();
}

/// A Dockerfile inside an unpacked context: links are followed inside it.
llvm::Error readUnpackedDockerfile(const ContextRequest& request, BuildContext& context) {
  if (comesFromElsewhere(request.dockerfile)) return readDockerfileFromElsewhere(request, context);
  std::string name = request.dockerfile.empty() ? kDefaultName.str() : request.dockerfile;
  context.dockerfileName = name;
  for (const std::string& candidate : {name, lowerCaseName(name).value_or("")}) {
    if (candidate.empty()) continue;
    auto place = resolveBeneath(context.root.get(), candidate, LastLink::Follow);
    if (!place) return unreadable(name, place.takeError());
    if (!place->exists) continue;
    if (!S_ISREG(place->status.st_mode))
      return fault(FaultKind::Invalid, "failed to read dockerfile: " + printable(name) + " is no regular file");
    UniqueFd fd = openBeneath(context.root.get(), place->path, O_RDONLY);
    if (!fd) return unreadable(name, errnoFault("open"));
    auto text = readFd(fd.get(), kDockerfileLimit);
    if (!text) return unreadable(name, text.takeError());
    context.dockerfile = sourceText(candidate, std::move(*text));
    return llvm::Error::success();
  }
  return missing(name, " in the context");
}

llvm::Expected<BuildContext> openStream(const ContextRequest& request) {
  if (request.dockerfile == "-")
    return fault(FaultKind::Invalid, "the context and the Dockerfile cannot both come from standard input");
  if (!request.input) return fault(FaultKind::Invalid, "there is no standard input to read the context from");
  BuildContext context;
  context.identity = "-";
  if (auto error = stage(request, context)) return error;
  auto stream = findTar(*request.input);
  if (!stream) return stream.takeError();
  SourceTree::Options options{.shownRoot = "the context from standard input"};
  if ((*stream)->isTar) {
    if (auto error = unpackContext(**stream, context.unpacked->path())) return error;
    if (auto error = readUnpackedDockerfile(request, context)) return error;
  } else if ((*stream)->isCompressed) {
    return fault(FaultKind::Invalid, "standard input is compressed, but holds no tar");
  } else {
    ContextRequest text = request;
    text.input = stream->get();
    if (auto error = readStandardInput(text, context)) return error;
    options.shownRoot = "the empty context (standard input was the Dockerfile)";
  }
  makeTree(context, std::move(options));
  return context;
}
llvm::Expected<BuildContext> openGit(const ContextRequest& request, GitReference reference) {
  if (request.keepGitDir && !reference.keepGitDir) reference.keepGitDir = true;
  reference.commitTime |= request.commitTime;
  BuildContext context;
  context.identity = shownName(reference);
  auto tree = openRemoteTree(*request.remote, reference, request.indexDirectory);
  if (!tree) return withContext(tree.takeError(), "unable to prepare context");
  context.root = std::move(tree->root);
  context.files = std::move(tree->files);
  context.remote = std::move(reference);
  if (auto error = readUnpackedDockerfile(request, context)) return error;
  return context;
}

/// CTX-5: an archive, or the Dockerfile itself.
llvm::Expected<BuildContext> openUrl(const ContextRequest& request, HttpReference reference) {
  BuildContext context;
  context.identity = shownName(reference);
  auto tree = openRemoteTree(*request.remote, reference, request.indexDirectory);
  if (!tree) return withContext(tree.takeError(), "unable to prepare context");
  UniqueFd body = openBeneath(tree->root.get(), tree->all, O_RDONLY);
  if (!body) return errnoFault("read " + context.identity);
  context.remote = std::move(reference);
  FdSource source(body.get());
  auto stream = findTar(source);
  if (!stream) return stream.takeError();
  if ((*stream)->isTar) {
    if (auto error = stage(request, context)) return error;
    if (auto error = unpackContext(**stream, context.unpacked->path())) return error;
    if (auto error = readUnpackedDockerfile(request, context)) return error;
    makeTree(context, {.shownRoot = context.identity});
    return context;
  }
  if ((*stream)->isCompressed) return fault(FaultKind::Invalid, context.identity + " is compressed, but holds no tar");
  auto text = readAll(**stream, kDockerfileLimit);
  if (!text) return unreadable(context.identity, text.takeError());
  context.dockerfileName = context.identity;
  context.dockerfile = sourceText(kDefaultName, std::move(*text));
  context.root = std::move(tree->root);
  context.files = std::move(tree->files);
  return context;
}
}  // namespace

llvm::Expected<BuildContext> openBuildContext(const ContextRequest& request) {
  if (request.context == "-") return openStream(request);
  auto remote = parseRemote(request.context, pathExists(request.context) ? GitForm::Source : GitForm::Context);
  if (!remote) return withContext(remote.takeError(), "unable to prepare context");
  if (!*remote) return openDirectory(request);
  if (auto* git = std::get_if<GitReference>(&**remote)) return openGit(request, std::move(*git));
  return openUrl(request, std::get<HttpReference>(std::move(**remote)));
}

llvm::Expected<DirectoryContext> openDirectoryContext(const std::string& path, const std::string& indexDirectory) {
  auto root = openRoot(path);
  if (!root) return root.takeError();
  auto ignore = readIgnoreFile(path, "");
  if (!ignore) return ignore.takeError();
  DirectoryContext context{.root = std::move(*root)};
  context.files = directoryTree(context.root.get(), path, indexDirectory, std::move(*ignore));
  return context;
}

}  // namespace strata::builder
