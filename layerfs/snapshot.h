#pragma once
/// \file Snapshots: a stack of layers seen as one tree, read-only or with a place for changes. Drivers: `overlay` (one
/// detached mount, never visible in any mount namespace, so nothing is left behind however the program ends; any number
/// of layers, given one by one to fsconfig) and `native` (a copy, where overlay cannot be mounted;
/// for who may give files to nobody it can be read, and owners are told beside it).

#include "layerfs/layer_store.h"
#include "layerfs/noted_owners.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <string>
#include <vector>

namespace strata::layerfs {

struct SnapshotSpec {
  std::vector<std::shared_ptr<Layer>> layers;  ///< bottom first; may be empty
  /// Changes go into this draft; nothing: read-only.
  LayerDraft* draft = nullptr;
  /// A bottom layer of empty mount points (/proc /sys /dev /etc/hosts /etc/resolv.conf /etc/hostname) below all
  /// others, so that a container finds them without their becoming part of the draft.
  bool withMountPoints = false;
  /// Only names, kinds, modes and owners are asked for: files may be empty.
  bool namesOnly = false;
};

/// A mounted stack; unmounted by its destructor.
class Snapshot {
public:
  virtual ~Snapshot() = default;
  /// A directory descriptor of the tree's root: for openat and friends, and as `from` of move_mount(2).
  virtual int rootFd() const = 0;
  /// Whether rootFd() is a mount of its own (overlay) or a plain directory (native: bind it to mount it).
  virtual bool isDetachedMount() const = 0;
  /// Of a tree whose files are all ours, because we may give them to nobody; else null.
  virtual const NotedOwners* owners() const { return nullptr; }
  /// Mounts the tree at this directory of the caller's mount namespace.
  [[nodiscard]] virtual llvm::Error attachAt(const std::string& directory) = 0;
  /// What is attached stays when this object goes, until its mount namespace does, and even after the store is closed.
  /// False where it cannot (native: the tree lies in the store's staging directory): keep object and store then.
  virtual bool leaveAttached() { return false; }
  /// After the last write: brings the changes into the draft where they are not there already (native compares).
  [[nodiscard]] virtual llvm::Error collectChanges() = 0;
};

class Snapshotter {
public:
  virtual ~Snapshotter() = default;
  virtual llvm::StringRef name() const = 0;
  virtual llvm::Expected<std::unique_ptr<Snapshot>> mount(const SnapshotSpec& spec) = 0;
};

/// `driver`: "overlay", "native", or "" for the best that this host can do, tried by mounting one below `staging`.
/// `lasting` is a directory that lives as long as the layers (the store's `layers/`), for the mount points below every
/// snapshot and a note that the probe went well; empty: `staging`, for snapshots that do not outlive this process.
/// Faults: Invalid for an unknown name; Unsupported for one that this host cannot do, saying why.
llvm::Expected<std::unique_ptr<Snapshotter>> openSnapshotter(llvm::StringRef driver, const std::string& staging,
                                                             const std::string& lasting = {});

}  // namespace strata::layerfs
