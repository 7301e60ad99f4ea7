#pragma once
/// \file Layer tars with their indexes, for the tests of what writes and reads these.

#include "layerfs/erofs_writer.h"

#include "layer_trees.h"

#include <sys/mount.h>

namespace strata::layerfs::testing {

inline llvm::Error scanInto(LayerIndex& index, llvm::StringRef tar) {
  StringSource source(tar);
  return scanLayerTar(source, [&](const LayerEntry& entry, const TarPlace& place) { return index.add(entry, place); });
}

/// A layer's tar and its index, as files.
class IndexedTar {
public:
  explicit IndexedTar(llvm::StringRef bytes) {
    must(writeFileAtomically(tar(), bytes));
    LayerIndex tree;
    must(scanInto(tree, bytes));
    UniqueFd file = must(openFile(tar(), O_RDONLY));
    StringSink image;
    must(writeErofs(tree, file.get(), bytes.size(), image));
    indexSize_ = image.text.size();
    must(writeFileAtomically(index(), image.text));
  }
  std::string tar() const { return at("tar"); }
  std::string index() const { return at("index"); }
  size_t indexSize() const { return indexSize_; }

protected:
  std::string at(const char* name) const { return directory_.path() + "/" + name; }

private:
  TempDir directory_ = makeTempDir();
  size_t indexSize_ = 0;
};

/// A layer's tar, mounted by way of its index.
class MountedTar : public IndexedTar {
public:
  explicit MountedTar(llvm::StringRef bytes) : IndexedTar(bytes) {
    must(makeDirectories(root()));
    mounted_ = ::mount(index().c_str(), root().c_str(), "erofs", MS_RDONLY, ("device=" + tar()).c_str()) == 0;
    EXPECT_TRUE(mounted_) << strerror(errno);
  }
  ~MountedTar() {
    if (mounted_) ::umount2(root().c_str(), MNT_DETACH);
  }
  std::string root() const { return at("root"); }

private:
  bool mounted_ = false;
};

/// The tar that a shell script makes as "out.tar" in a directory of its own.
inline std::string tarBy(const std::string& script) {
  TempDir directory = makeTempDir();
  shell("cd " + directory.path() + "\n" + script);
  return must(readFile(directory.path() + "/out.tar"));
}

enum class Judges { Index, IndexAndUnpacking };

/// Entries at random, many of them at odds with each other; those that cannot stand after the ones before them are left
/// out. Where unpacking judges too, it must agree, which takes its time.
class RandomTar {
public:
  explicit RandomTar(unsigned seed, Judges judges = Judges::Index) : judges_(judges), random_(seed) {
    for (unsigned i = 0; i < 25; ++i) append(entry());
  }
  std::string bytes() const { return bytes_ + std::string(1024, '\0'); }

private:
  unsigned pick(unsigned count) { return unsigned(random_() % count); }
  std::string path() {
    std::string text;
    for (unsigned depth = 1 + pick(3); depth-- > 0;)
      text += (text.empty() ? "" : "/") + std::string(1, char('a' + pick(4)));
    return text;
  }
  FullEntry entry() {
    switch (pick(9)) {
      case 0:
        return directory(path(), 0700 + pick(64));
      case 1:
        return link(path(), (pick(2) ? "/" : "") + path());
      case 2:
        return link(path(), path(), EntryKind::Hardlink);
      case 3:
        return marker(path(), EntryKind::Whiteout);
      case 4:
        return marker(path(), EntryKind::Opaque);
      case 5: {
        FullEntry tagged = file(path(), std::string(pick(3), 't'));
        tagged.entry.xattrs["user." + path()] = path();
        tagged.entry.mtime = int64_t(random_()) * 1'000'000'007 - 1'000'000'000'000'000'000;
        return tagged;
      }
      default:
        return file(path(), std::string(pick(2000), char('a' + pick(26))), 0600 + pick(64));
    }
  }
  void append(const FullEntry& next) {
    StringSink candidate;
    candidate.text = bytes_;
    LayerTarWriter writer(candidate);
    StringSource content(next.content);
    must(writer.add(next.entry, next.entry.kind == EntryKind::File ? &content : nullptr));
    must(writer.finish());
    LayerIndex index;
    auto scanning = faultOf(scanInto(index, candidate.text));
    if (judges_ == Judges::IndexAndUnpacking) {
      TempDir unpacked = makeTempDir();
      StringSource source(candidate.text);
      auto unpacking = faultOf(unpackLayerTar(source, unpacked.path()));
      EXPECT_EQ(unpacking.kind, scanning.kind) << unpacking.message << " / " << scanning.message;
    }
    if (!scanning.kind) bytes_ = candidate.text.substr(0, candidate.text.size() - 1024);
  }

  Judges judges_;
  std::mt19937 random_;
  std::string bytes_;
};

}  // namespace strata::layerfs::testing
