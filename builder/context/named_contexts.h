#pragma once
/// \file `--build-context name=value`: further sources of files, which a Dockerfile names where it could name a stage
/// or an image. Definitions alone; nothing is looked at but whether a directory is there. Source: spec NCTX.

#include "builder/sources/remote_reference.h"
#include "layerfs/platform.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <map>
#include <optional>
#include <string>

namespace strata::builder {

struct NamedContext {
  enum class Kind {
    Directory,  ///< value: its path
    Image,      ///< value: the reference; "scratch": nothing at all
    OciLayout,  ///< value: "oci-layout://path[:tag][@digest]"
    Remote,     ///< `remote`
    Target,     ///< value: name of a stage
  };
  Kind kind = Kind::Directory;
  std::string key;  ///< the name as it was normalised, with its platform: tells one from another
  std::string value;
  std::optional<RemoteReference> remote;
};

class NamedContexts {
public:
  /// "name=value". Faults: Invalid for a name that no reference could have and for a value of an unknown kind
  /// (`unsupported context source`); NotFound for a directory that is not there.
  [[nodiscard]] llvm::Error add(llvm::StringRef option);

  /// What stands for this name of a stage or image on this platform: `name::os/arch` before `name`; null if nothing
  /// does. "scratch" and "context" are never replaced.
  const NamedContext* find(llvm::StringRef name, const layerfs::Platform& platform) const;
  /// By its key; null if there is none.
  const NamedContext* at(llvm::StringRef key) const;
  bool empty() const { return contexts_.empty(); }

private:
  std::map<std::string, NamedContext> contexts_;
};

}  // namespace strata::builder
