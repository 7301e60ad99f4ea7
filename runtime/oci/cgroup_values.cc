#include "runtime/oci/cgroup_values.h"

#include "runtime/oci/cgroup_root.h"
#include "support/directory_entries.h"
#include "support/files.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>

#include <unistd.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;

std::string textOf(const std::string& file) {
  auto text = readFile(file, 1 << 20);
  if (text) return StringRef(*text).trim().str();
  llvm::consumeError(text.takeError());
  return "";
}

std::optional<uint64_t> numberIn(const std::string& file) {
  uint64_t number = 0;
  if (StringRef(textOf(file)).getAsInteger(10, number)) return std::nullopt;
  return number;
}

void eachLine(StringRef text, llvm::function_ref<void(llvm::ArrayRef<StringRef> words)> visit) {
  llvm::SmallVector<StringRef> lines;
  text.split(lines, '\n', -1, false);
  for (StringRef line : lines) {
    llvm::SmallVector<StringRef> words;
    line.split(words, ' ', -1, false);
    visit(words);
  }
}

/// Of "key value" lines.
std::optional<uint64_t> valueOf(StringRef key, const std::string& file) {
  std::optional<uint64_t> found;
  std::string text = textOf(file);
  eachLine(text, [&](llvm::ArrayRef<StringRef> words) {
    uint64_t number = 0;
    if (words.size() == 2 && words[0] == key && !words[1].getAsInteger(10, number)) found = number;
  });
  return found;
}

void collect(const std::string& directory, std::vector<pid_t>& pids) {
  std::string text = textOf(joinPath(directory, "cgroup.procs"));
  eachLine(text, [&](llvm::ArrayRef<StringRef> words) {
    pid_t pid = 0;
    if (!words.empty() && !words[0].getAsInteger(10, pid)) pids.push_back(pid);
  });
  auto names = entriesOf(directory);
  if (!names) return llvm::consumeError(names.takeError());
  for (const std::string& name : *names)
    if (std::string below = joinPath(directory, name); ::access((below + "/cgroup.procs").c_str(), F_OK) == 0)
      collect(below, pids);
}
}  // namespace

CgroupTree hostCgroupTree() { return {kCgroupRoot, isUnified()}; }

CgroupValues::CgroupValues(std::string path, CgroupTree tree) : path_(std::move(path)), tree_(std::move(tree)) {}

std::string CgroupValues::directory(const char* controller) const {
  return (tree_.unified ? tree_.top : joinPath(tree_.top, controller)) + path_;
}

std::optional<uint64_t> CgroupValues::cpuNanoseconds() const {
  if (!tree_.unified) return numberIn(directory("cpuacct") + "/cpuacct.usage");
  auto microseconds = valueOf("usage_usec", directory("cpu") + "/cpu.stat");
  if (!microseconds) return std::nullopt;
  return *microseconds * 1000;
}

std::optional<uint64_t> CgroupValues::memoryInUse() const {
  std::string group = directory("memory");
  auto all = numberIn(group + (tree_.unified ? "/memory.current" : "/memory.usage_in_bytes"));
  if (!all) return std::nullopt;
  uint64_t idle = valueOf(tree_.unified ? "inactive_file" : "total_inactive_file", group + "/memory.stat").value_or(0);
  return idle < *all ? *all - idle : *all;
}

std::optional<uint64_t> CgroupValues::memoryLimit() const {
  return numberIn(directory("memory") + (tree_.unified ? "/memory.max" : "/memory.limit_in_bytes"));
}

std::optional<uint64_t> CgroupValues::processCount() const { return numberIn(directory("pids") + "/pids.current"); }

std::optional<CgroupValues::Moved> CgroupValues::blockBytes() const {
  std::string file = directory("blkio") + (tree_.unified ? "/io.stat" : "/blkio.throttle.io_service_bytes");
  if (::access(file.c_str(), F_OK) != 0) return std::nullopt;
  Moved moved;
  std::string text = textOf(file);
  // Version 1: "8:0 Read 4096"; version 2: "8:0 rbytes=4096 wbytes=0 ...".
  eachLine(text, [&](llvm::ArrayRef<StringRef> words) {
    uint64_t number = 0;
    if (words.size() == 3 && !words[2].getAsInteger(10, number)) {
      if (words[1] == "Read") moved.read += number;
      if (words[1] == "Write") moved.written += number;
    }
    for (StringRef word : words) {
      auto [key, value] = word.split('=');
      if (value.getAsInteger(10, number)) continue;
      if (key == "rbytes") moved.read += number;
      if (key == "wbytes") moved.written += number;
    }
  });
  return moved;
}

std::vector<pid_t> CgroupValues::processes() const {
  std::vector<pid_t> pids;
  collect(directory("pids"), pids);
  return pids;
}

}  // namespace strata::runtime
