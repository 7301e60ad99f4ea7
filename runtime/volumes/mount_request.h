#pragma once
/// \file What `-v`, `--mount`, `--tmpfs` and `--volumes-from` ask for, read as docker reads them. Texts alone: nothing
/// is looked up.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <map>
#include <optional>
#include <string>

namespace strata::runtime {

struct MountRequest {
  enum class Kind { Bind, Volume, Tmpfs };
  Kind kind = Kind::Volume;
  std::string source;  ///< of a Bind an absolute path of the host, of a Volume its name; empty: an anonymous one
  std::string target;  ///< absolute and clean
  bool readOnly = false;
  std::string mode;                                    ///< as it was typed: "ro,z"; of a tmpfs its options
  std::string propagation;                             ///< of a Bind, "rslave", ...; empty: rprivate
  bool isRecursive = true;                             ///< of a Bind: with the mounts below the source
  bool makesSource = false;                            ///< a missing source of a Bind is made as a directory
  bool copies = true;                                  ///< an empty Volume gets what the image has there
  std::string subpath;                                 ///< of a Volume: what of it is mounted, relative
  std::map<std::string, std::string> options, labels;  ///< of a Volume that is to be made
};

/// `[SOURCE:]TARGET[:OPTIONS]`. A source that begins with "." is relative to `here`. Faults: Invalid in docker's words.
llvm::Expected<MountRequest> readVolumeFlag(llvm::StringRef text, llvm::StringRef here);
/// `type=bind,source=/a,target=/b,readonly`. Faults: Invalid in docker's words; Unsupported for drivers but local.
llvm::Expected<MountRequest> readMountFlag(llvm::StringRef text, llvm::StringRef here);
/// `TARGET[:OPTIONS]`. Faults: Invalid in docker's words.
llvm::Expected<MountRequest> readTmpfsFlag(llvm::StringRef text);

/// `--volumes-from`: the mounts of another container.
struct VolumesFrom {
  std::string container;
  bool readOnly = false;
};
/// `CONTAINER[:ro|rw]`. Faults: Invalid in docker's words.
llvm::Expected<VolumesFrom> readVolumesFrom(llvm::StringRef text);

/// Absolute, without ".", ".." and doubled or final slashes. Faults: Invalid in docker's words where it is relative or
/// the root.
llvm::Expected<std::string> mountTarget(llvm::StringRef target);
/// shared, slave, private or one of these with r before it.
bool isPropagation(llvm::StringRef word);

}  // namespace strata::runtime
