#include "builder/context/named_contexts.h"

#include "registry/reference.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <sys/stat.h>

namespace strata::builder {

namespace {
/// As references compare: "alpine", "alpine:latest" and "docker.io/library/alpine" are one (NCTX-2).
llvm::Expected<std::string> normalisedName(llvm::StringRef name) {
  auto reference = registry::parseReference(name);
  if (!reference) return reference.takeError();
  std::string familiar = reference->familiar();
  llvm::StringRef shortened = familiar;
  shortened.consume_back(":latest");
  return shortened.str();
}

/// "name" or "name::os/arch", both halves normalised.
llvm::Expected<std::string> keyOf(llvm::StringRef name) {
  size_t mark = name.find("::");
  auto normalised = normalisedName(name.take_front(mark));
  if (!normalised) return normalised.takeError();
  if (mark == llvm::StringRef::npos) return normalised;
  auto platform = layerfs::parsePlatform(name.drop_front(mark + 2));
  if (!platform) return platform.takeError();
  return *normalised + "::" + layerfs::normalised(*platform).str();
}

llvm::Error checkDirectory(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return errnoFault("\"" + printable(path) + "\"");
  if (!S_ISDIR(status.st_mode)) return fault(FaultKind::Invalid, "\"" + printable(path) + "\" is no directory");
  return llvm::Error::success();
}

llvm::Expected<NamedContext> read(llvm::StringRef value) {
  using Kind = NamedContext::Kind;
  NamedContext context;
  if (value.starts_with("docker-image://")) {
    context.kind = Kind::Image;
    context.value = value.drop_front(15).str();
    if (context.value == "scratch") return context;
    if (auto reference = registry::parseReference(context.value); !reference) return reference.takeError();
    return context;
  }
  if (value.starts_with("target:")) {
    context.kind = Kind::Target;
    context.value = value.drop_front(7).str();
    return context;
  }
  if (value.starts_with("oci-layout://")) {
    context.kind = Kind::OciLayout;
    context.value = value.str();
    return context;
  }
  auto remote = parseRemote(value, pathExists(value.str()) ? GitForm::Source : GitForm::Context);
  if (!remote) return remote.takeError();
  if (*remote) {
    context.kind = Kind::Remote;
    context.remote = std::move(**remote);
    return context;
  }
  if (value.contains("://") || value.contains("::"))
    return fault(FaultKind::Invalid, "unsupported context source \"" + printable(value) +
                                         "\"; use a directory, docker-image://, oci-layout://, target:, a git "
                                         "repository or an http(s) URL");
  context.value = value.str();
  if (auto error = checkDirectory(context.value)) return error;
  return context;
}
}  // namespace

llvm::Error NamedContexts::add(llvm::StringRef option) {
  auto [name, value] = option.split('=');
  auto doing = [&, name = name] { return "invalid build context \"" + printable(name) + "\""; };
  if (name.empty() || value.empty())
    return fault(FaultKind::Invalid, "invalid build context \"" + printable(option) + "\": write NAME=VALUE");
  auto key = keyOf(name);
  if (!key) return withContext(key.takeError(), doing());
  auto context = read(value);
  if (!context) return withContext(context.takeError(), doing());
  context->key = *key;
  contexts_[*key] = std::move(*context);
  return llvm::Error::success();
}

const NamedContext* NamedContexts::at(llvm::StringRef key) const {
  auto found = contexts_.find(key.str());
  return found == contexts_.end() ? nullptr : &found->second;
}

const NamedContext* NamedContexts::find(llvm::StringRef name, const layerfs::Platform& platform) const {
  if (contexts_.empty() || name == "scratch" || name == "context") return nullptr;
  auto normalised = normalisedName(name);
  if (!normalised) {
    llvm::consumeError(normalised.takeError());  // a name that no context can have
    return nullptr;
  }
  for (const std::string& key : {*normalised + "::" + layerfs::normalised(platform).str(), *normalised})
    if (const NamedContext* found = at(key)) return found;
  return nullptr;
}

}  // namespace strata::builder
