#pragma once
/// \file What the tests of layers share: entries as text, trees with everything in them, a store in a fresh directory.

#include "layerfs/layer_store.h"
#include "layerfs/layer_tar.h"
#include "support/process.h"
#include "tests/support/testing.h"

#include <llvm/Support/Format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <random>

namespace strata::layerfs::testing {

using strata::testing::faultOf;
using strata::testing::makeTempDir;
using strata::testing::must;
using strata::testing::SeenFault;
using strata::testing::writeFile;

struct FullEntry {
  LayerEntry entry;
  std::string content;
};

/// All that makes an entry what it is, on one line.
inline std::string describe(const LayerEntry& entry, llvm::StringRef content) {
  static constexpr const char* kinds[] = {"dir", "file", "link", "hard", "chr",
                                          "blk", "fifo", "sock", "gone", "opaque"};
  std::string text;
  llvm::raw_string_ostream out(text);
  out << kinds[int(entry.kind)] << ' ' << entry.path;
  if (!entry.linkTarget.empty()) out << " -> " << entry.linkTarget;
  if (entry.kind == EntryKind::Hardlink) return text;
  out << llvm::format(" %o", entry.mode) << ' ' << entry.uid << ':' << entry.gid << ' ' << entry.mtime;
  if (entry.kind == EntryKind::CharacterDevice || entry.kind == EntryKind::BlockDevice)
    out << ' ' << entry.deviceMajor << ',' << entry.deviceMinor;
  if (entry.kind == EntryKind::File) out << ' ' << entry.size << ' ' << digestOf(content).shortHex();
  for (const auto& [name, value] : entry.xattrs) out << ' ' << name << '=' << llvm::toHex(value);
  return text;
}

/// Collects what a visitor is shown.
struct Collected {
  std::vector<FullEntry> entries;
  llvm::Error operator()(const LayerEntry& entry, ByteSource& content) {
    auto bytes = readAll(content, 1 << 28);
    if (!bytes) return bytes.takeError();
    entries.push_back({entry, std::move(*bytes)});
    return llvm::Error::success();
  }
  std::vector<std::string> lines(bool withRoot = false) const {
    std::vector<std::string> lines;
    for (const FullEntry& full : entries)
      if (withRoot || !full.entry.path.empty() || full.entry.kind == EntryKind::Opaque)
        lines.push_back(describe(full.entry, full.content));
    return lines;
  }
  std::vector<std::string> paths() const {
    std::vector<std::string> paths;
    for (const FullEntry& full : entries)
      if (!full.entry.path.empty()) paths.push_back(full.entry.path);
    return paths;
  }
};

inline Collected walked(const std::string& directory) {
  Collected seen;
  must(walkLayerDirectory(directory, seen));
  return seen;
}
inline Collected tarEntries(llvm::StringRef tar) {
  Collected seen;
  StringSource source(tar);
  must(readLayerTar(source, seen));
  return seen;
}
inline std::string tarOf(llvm::ArrayRef<FullEntry> entries) {
  StringSink sink;
  LayerTarWriter writer(sink);
  for (const FullEntry& full : entries) {
    StringSource content(full.content);
    must(writer.add(full.entry, full.entry.kind == EntryKind::File ? &content : nullptr));
  }
  must(writer.finish());
  return sink.text;
}
inline std::string tarOfDirectory(const std::string& directory) { return tarOf(walked(directory).entries); }

inline FullEntry file(std::string path, std::string content, uint32_t mode = 0644) {
  LayerEntry entry{.path = std::move(path), .kind = EntryKind::File, .mode = mode, .size = content.size()};
  return {entry, std::move(content)};
}
inline FullEntry directory(std::string path, uint32_t mode = 0755) {
  return {LayerEntry{.path = std::move(path), .kind = EntryKind::Directory, .mode = mode}, ""};
}
inline FullEntry link(std::string path, std::string target, EntryKind kind = EntryKind::Symlink) {
  return {LayerEntry{.path = std::move(path), .kind = kind, .mode = 0777, .linkTarget = std::move(target)}, ""};
}
inline FullEntry marker(std::string path, EntryKind kind) {
  return {LayerEntry{.path = std::move(path), .kind = kind}, ""};
}

/// Runs a shell script and gives what it printed; it must succeed.
inline std::string shell(const std::string& script) {
  auto result = must(runProcess({.argv = {"bash", "-euc", script}}));
  EXPECT_EQ(result.exitCode, 0) << script << "\n" << result.output << result.errors;
  return result.output;
}

inline void setTime(const std::string& path, int64_t nanoseconds) {
  timespec time{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
  timespec times[2] = {time, time};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0) << path;
}

/// A tree with everything that a layer can hold, different for each seed.
class RandomTree {
public:
  RandomTree(std::string root, unsigned seed) : root_(std::move(root)), random_(seed) {
    fill(root_, 0);
    for (const std::string& path : llvm::reverse(made_))
      setTime(path, 1'000'000'000'123'456'789 + below(1'000'000'000));
  }

private:
  static void check(bool good, const std::string& path) { ASSERT_TRUE(good) << path << ": " << std::strerror(errno); }
  int below(int limit) { return int(random_() % unsigned(limit)); }

  std::string name() {
    static const std::vector<std::string> kinds = {"plain",
                                                   "with space",
                                                   "\xc3\xbc"
                                                   "ml\xc3\xa4ut",
                                                   "\xe6\xbc\xa2\xe5\xad\x97",
                                                   "\xff\xfe-not-utf8",
                                                   "-dash",
                                                   "new\nline",
                                                   std::string(90, 'n'),
                                                   std::string(200, 'l'),
                                                   std::string(250, 'x'),
                                                   "a.b",
                                                   "q\"uote"};
    return kinds[size_t(below(int(kinds.size())))] + std::to_string(counter_++);
  }

  void fill(const std::string& directory, int depth) {
    for (int i = 0, count = 2 + below(7); i < count; ++i) make(directory + "/" + name().substr(0, 254), depth);
  }

  void make(const std::string& path, int depth) {
    const char* place = path.c_str();
    switch (below(depth < 6 ? 11 : 9)) {
      case 0:
        ASSERT_EQ(::symlink(("../target" + std::string(size_t(below(150)), 't')).c_str(), place), 0);
        break;
      case 1:
        ASSERT_EQ(::mkfifo(place, 0640), 0);
        break;
      case 2:
        ASSERT_EQ(::mknod(place, S_IFCHR | 0620, makedev(5, unsigned(below(200)) + 1)), 0);
        break;
      case 3:
        ASSERT_EQ(::mknod(place, S_IFBLK | 0660, makedev(8, 1)), 0);
        break;
      case 4:
        if (!files_.empty()) {
          ASSERT_EQ(::link(files_[size_t(below(int(files_.size())))].c_str(), place), 0);
          return;
        }
        [[fallthrough]];
      case 5:
      case 6:
      case 7:
      case 8:
        makeFile(path);
        break;
      default:
        ASSERT_EQ(::mkdir(place, 0755), 0) << path;
        ASSERT_EQ(::chmod(place, below(2) ? 02775 : 0711), 0);
        check(below(3) != 0 || ::setxattr(place, "user.dir", "d", 1, 0) == 0, path);
        made_.push_back(path);
        fill(path, depth + 1);
        return;
    }
    check(below(3) != 0 || ::lchown(place, uid_t(below(5'000'000)), gid_t(below(70'000))) == 0, path);
    made_.push_back(path);
  }

  void makeFile(const std::string& path) {
    std::string content(size_t(below(4) == 0 ? below(700'000) : below(2000)), '\0');
    if (below(5) != 0)
      for (char& byte : content) byte = char(random_());
    UniqueFd made = must(openFile(path, O_WRONLY | O_CREAT | O_EXCL));
    must(FdSink(made.get()).write(content));
    check(below(3) != 0 || ::lchown(path.c_str(), uid_t(below(5'000'000)), 7) == 0, path);
    ASSERT_EQ(::chmod(path.c_str(), below(4) == 0 ? 04755 : 0600), 0);
    if (below(4) == 0) {
      std::string value("\0bin=ary\n\xff", 10);
      ASSERT_EQ(::setxattr(path.c_str(), "user.binary", value.data(), value.size(), 0), 0);
      ASSERT_EQ(::setxattr(path.c_str(), "trusted.empty", "", 0, 0), 0);
    }
    files_.push_back(path);
  }

  std::string root_;
  std::mt19937 random_;
  int counter_ = 0;
  std::vector<std::string> files_, made_;
};

/// A layer store with its database in a directory of its own.
struct StoreInDirectory {
  TempDir directory = makeTempDir();
  std::unique_ptr<Database> database;
  std::unique_ptr<LayerStore> layers;

  /// `form`: of layers. "": directories as steps leave them; else tars, and how they become directories.
  explicit StoreInDirectory(std::string form = {}) : asTars_(!form.empty()) {
    must(makeDirectories(staging()));
    database = must(Database::open(directory.path() + "/strata.db"));
    layers = must(LayerStore::open(directory.path(), staging(), *database, std::move(form)));
  }
  std::string staging() const { return directory.path() + "/tmp"; }

  std::string layerDirectory(const Layer& layer) const {
    return directory.path() + "/layers/" + std::to_string(layer.id().value);
  }
  std::shared_ptr<Layer> addTar(llvm::StringRef bytes, std::optional<DiffId> expected = {}) {
    StringSource source(bytes);
    return must(layers->addTar(source, expected));
  }
  /// A layer made by a script that runs in the draft's upper directory.
  std::shared_ptr<Layer> publish(const std::string& script) {
    auto draft = must(layers->makeDraft());
    shell("cd " + draft.upper() + "\n" + script);
    return publish(std::move(draft));
  }
  std::shared_ptr<Layer> publish(LayerDraft draft) {
    auto made = must(layers->publish(std::move(draft)));
    if (!asTars_) return made;
    StringSink tar;
    must(made->writeTar(tar));
    must(layers->remove(made->id()));
    return addTar(tar.text);
  }

private:
  bool asTars_;
};

#define SKIP_UNLESS_ROOT() \
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: owners and devices"

}  // namespace strata::layerfs::testing
