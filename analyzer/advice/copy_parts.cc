#include "analyzer/advice/copy_parts.h"

#include "support/clean_path.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::analyzer {

namespace {
constexpr size_t kMostLines = 8, kMostNames = 24;

bool isInside(llvm::StringRef path, llvm::StringRef directory) {
  return path.consume_front(directory) && path.starts_with("/");
}

/// The directory of a path with a '/' at its end; "" at the top.
llvm::StringRef directoryOf(llvm::StringRef path) { return path.take_front(path.rfind('/') + 1); }

/// No blank, quote, variable, pattern or escape in it.
bool isPlain(llvm::StringRef word) {
  return !word.empty() && !word.starts_with("-") &&
         llvm::all_of(word, [](char c) { return llvm::isAlnum(c) || llvm::StringRef("._-/+@=,:~").contains(c); });
}
}  // namespace

std::optional<CopyLine> CopyLine::parse(llvm::StringRef line) {
  llvm::SmallVector<llvm::StringRef> words;
  for (llvm::StringRef rest = line.trim(" \t"); !rest.empty(); rest = rest.ltrim(" \t")) {
    words.push_back(rest.take_until([](char c) { return c == ' ' || c == '\t'; }));
    rest = rest.drop_front(words.back().size());
  }
  if (words.size() < 3 || !words.front().equals_insensitive("COPY")) return std::nullopt;
  CopyLine copy{.head = words.front().str(), .source = "", .destination = ""};
  llvm::ArrayRef<llvm::StringRef> rest = llvm::ArrayRef(words).drop_front();
  for (; !rest.empty() && rest.front().starts_with("--"); rest = rest.drop_front()) {
    if (!rest.front().starts_with("--chown=")) return std::nullopt;
    copy.head += " " + rest.front().str();
  }
  if (rest.size() != 2 || !isPlain(rest[0])) return std::nullopt;
  llvm::StringRef destination = rest[1];
  if (destination.find_first_of("\"'`\\<[") != llvm::StringRef::npos) return std::nullopt;
  copy.source = cleanPath(rest[0]);
  copy.destination = destination.rtrim('/').str() + "/";
  return copy;
}

void CopyParts::add(llvm::StringRef path, bool isDirectory) {
  if (holds(path)) return;
  if (isDirectory) llvm::erase_if(parts_, [&](const Part& part) { return isInside(part.path, path); });
  parts_.push_back({path.str(), isDirectory});
}

bool CopyParts::simplify() {
  CopyLine anywhere{.head = "COPY", .source = "", .destination = "/"};
  if (lines(anywhere).size() > kMostLines || parts_.size() > kMostNames) {
    std::vector<Part> fine = std::move(parts_);
    parts_.clear();
    for (const Part& part : fine) {
      llvm::StringRef top = llvm::StringRef(part.path).split('/').first;
      add(top, part.isDirectory || top.size() < part.path.size());
    }
  }
  return lines(anywhere).size() <= kMostLines && parts_.size() <= kMostNames &&
         llvm::all_of(parts_, [](const Part& part) { return isPlain(part.path); });
}

std::vector<std::string> CopyParts::paths() const {
  std::vector<std::string> paths;
  for (const Part& part : parts_) paths.push_back(part.path);
  return paths;
}

bool CopyParts::holds(llvm::StringRef path) const {
  return llvm::any_of(
      parts_, [&](const Part& part) { return part.path == path || (part.isDirectory && isInside(path, part.path)); });
}

bool CopyParts::leadsTo(llvm::StringRef path) const {
  return llvm::any_of(parts_, [&](const Part& part) { return isInside(part.path, path); });
}

std::vector<std::string> CopyParts::lines(const CopyLine& line) const {
  std::string prefix = line.source.empty() ? "" : line.source + "/";
  std::vector<std::string> lines;
  std::vector<llvm::StringRef> written;
  for (const Part& part : parts_) {
    if (part.isDirectory) {
      lines.push_back(line.head + " " + prefix + part.path + " " + line.destination + part.path + "/");
      continue;
    }
    llvm::StringRef directory = directoryOf(part.path);
    if (llvm::is_contained(written, directory)) continue;
    written.push_back(directory);
    std::string names;
    for (const Part& other : parts_)
      if (!other.isDirectory && directoryOf(other.path) == directory) names += " " + prefix + other.path;
    lines.push_back(line.head + names + " " + line.destination + directory.str());
  }
  return lines;
}

}  // namespace strata::analyzer
