#pragma once
/// \file A volume as the store knows it: a directory of its own, or what the options of docker's local driver name.
/// Plain data.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <cstdint>
#include <map>
#include <string>

namespace strata::runtime {

/// The one driver.
inline constexpr llvm::StringLiteral kLocalDriver = "local";
/// docker's mark on volumes that nobody gave a name.
inline constexpr llvm::StringLiteral kAnonymousLabel = "com.docker.volume.anonymous";

struct Volume {
  std::string name;
  int64_t created = 0;                         ///< nanoseconds since 1970
  std::map<std::string, std::string> options;  ///< of the driver: type, o, device
  std::map<std::string, std::string> labels;
  std::string mountpoint;  ///< its directory `_data`, absolute; not part of the document

  bool isAnonymous() const { return labels.count(kAnonymousLabel.str()) != 0; }
};

/// 64 hex digits at random.
std::string makeAnonymousVolumeName();
/// Faults: Invalid in docker's words for what is no name.
[[nodiscard]] llvm::Error checkVolumeName(llvm::StringRef name);

/// What is kept of it, {"CreatedAt", "Labels", "Options"}, and back. Faults: Invalid where it is no JSON object.
std::string printVolumeDocument(const Volume& volume);
llvm::Expected<Volume> readVolumeDocument(llvm::StringRef name, llvm::StringRef text);
/// As `docker volume inspect` shows it.
llvm::json::Object volumeJson(const Volume& volume);

/// What is mounted for a volume.
struct VolumeBacking {
  enum class Kind {
    Directory,  ///< its own
    Bind,       ///< `source`, a directory of the host
    Tmpfs,      ///< one for each container
  };
  Kind kind = Kind::Directory;
  std::string source;
  std::string options;  ///< of a tmpfs: "size=64m,uid=1000"; of a bind "ro" or nothing
};
/// Source: docker's documentation, "docker volume create", driver specific options. Faults: Invalid in docker's words
/// for options that there are not or that do not go together; Unsupported for what only the host can mount (nfs, cifs,
/// block devices) and for quotas.
llvm::Expected<VolumeBacking> backingOf(const std::map<std::string, std::string>& options);

}  // namespace strata::runtime
