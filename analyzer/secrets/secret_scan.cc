#include "analyzer/secrets/secret_scan.h"

#include "analyzer/secrets/literal_filter.h"
#include "analyzer/secrets/secret_formats.h"
#include "analyzer/secrets/secret_rules.h"

#include <llvm/ADT/STLExtras.h>

#include <algorithm>
#include <cstring>

namespace strata::analyzer {

namespace {
constexpr size_t kReadAtOnce = 128 * 1024;

const LiteralFilter& anchors() {
  static const LiteralFilter filter = [] {
    std::vector<llvm::StringRef> literals;
    for (const SecretRule& rule : secretRules()) literals.push_back(rule.anchor);
    return LiteralFilter(literals);
  }();
  return filter;
}

FindingLevel levelOf(const SecretRule& rule, bool isWeak) {
  if (!isWeak) return rule.level;
  return rule.checksum ? FindingLevel::Note : std::max(rule.level, FindingLevel::Warning);
}

SecretMatch matchOf(const SecretRule& rule, SecretSpan span) {
  return {.rule = rule.name,
          .title = rule.title,
          .level = levelOf(rule, span.weak),
          .begin = span.begin,
          .size = span.size,
          .shape = std::move(span.shape),
          .note = std::move(span.note),
          .line = 1};
}

uint64_t lineEnds(llvm::StringRef text) { return uint64_t(std::count(text.begin(), text.end(), '\n')); }

void numberLines(llvm::StringRef text, size_t from, std::vector<SecretMatch>& matches) {
  uint64_t line = 1;
  for (SecretMatch& match : matches) {
    if (match.begin > from) line += lineEnds(text.slice(from, match.begin));
    match.line = line;
    from = std::max<size_t>(from, match.begin);
  }
}

/// Both in order of their beginnings: `more` gives way to what is there.
void addDisjoint(std::vector<SecretMatch>& matches, std::vector<SecretMatch> more) {
  size_t known = matches.size();
  for (SecretMatch& match : more) {
    auto overlaps = [&](const SecretMatch& other) {
      return match.begin < other.begin + other.size && other.begin < match.begin + match.size;
    };
    if (std::none_of(matches.begin(), matches.begin() + long(known), overlaps)) matches.push_back(std::move(match));
  }
  llvm::stable_sort(matches, [](const SecretMatch& a, const SecretMatch& b) { return a.begin < b.begin; });
}
}  // namespace

std::vector<SecretMatch> findSecrets(llvm::StringRef text, size_t from, size_t to) {
  std::vector<SecretMatch> matches;
  size_t end = 0;
  anchors().find(text, from, to, [&](size_t position, size_t number) -> size_t {
    if (position < end) return end;
    const SecretRule& rule = secretRules()[number];
    auto span = rule.match(text, position, rule);
    if (!span || span->begin < end) return position + 1;
    matches.push_back(matchOf(rule, std::move(*span)));
    end = matches.back().begin + matches.back().size;
    return matches.size() < kMostSecrets ? end : to;
  });
  numberLines(text, from, matches);
  return matches;
}

std::vector<SecretMatch> findSecrets(llvm::StringRef text) { return findSecrets(text, 0, text.size()); }

FileScanner::FileScanner() : buffer_(kSecretBehind + kReadAtOnce + kSecretAhead) {}

/// Fills what is free of the buffer; fewer bytes than that are the end of what is read.
llvm::Expected<size_t> FileScanner::fill(ByteSource& content, uint64_t left) {
  size_t wanted = size_t(std::min<uint64_t>(buffer_.size() - used_, left)), got = 0;
  while (got < wanted) {
    auto count = content.read(buffer_.data() + used_, wanted - got);
    if (!count) return count.takeError();
    if (*count == 0) break;
    got += *count;
    used_ += *count;
  }
  return got;
}

void FileScanner::look(size_t from, size_t to, ScannedFile& file) {
  llvm::StringRef text(buffer_.data(), used_);
  for (SecretMatch& match : findSecrets(text, from, to)) {
    match.line += lines_;
    match.begin += before_;
    // Where windows meet, one that begins before its anchor can be met twice.
    bool isNew = file.secrets.empty() || match.begin >= file.secrets.back().begin + file.secrets.back().size;
    if (isNew) file.secrets.push_back(std::move(match));
  }
}

llvm::Expected<ScannedFile> FileScanner::scan(llvm::StringRef path, ByteSource& content) {
  ScannedFile file;
  used_ = 0;
  before_ = lines_ = 0;
  std::vector<SecretMatch> formatted;
  for (size_t from = 0;;) {
    size_t room = buffer_.size() - used_;
    auto got = fill(content, kScannedBytes - file.bytes);
    if (!got) return got.takeError();
    bool isFirst = file.bytes == 0, isEnd = *got < room;
    file.bytes += *got;
    if (isFirst) {
      llvm::StringRef text(buffer_.data(), used_);
      if (text.take_front(kBinaryProbe).contains('\0')) return ScannedFile{.isBinary = true};
      formatted = findInFormat(path, text);
    }
    size_t to = isEnd ? used_ : used_ - kSecretAhead;
    look(from, to, file);
    if (isEnd || file.secrets.size() >= kMostSecrets) break;
    lines_ += lineEnds(llvm::StringRef(buffer_.data(), used_).slice(from, to));
    size_t dropped = to - kSecretBehind;
    std::memmove(buffer_.data(), buffer_.data() + dropped, used_ - dropped);
    used_ -= dropped;
    before_ += dropped;
    from = kSecretBehind;
  }
  addDisjoint(file.secrets, std::move(formatted));
  if (file.bytes < kScannedBytes) return file;
  char next = 0;
  auto more = content.read(&next, 1);
  if (!more) return more.takeError();
  file.isCut = *more > 0;
  return file;
}

}  // namespace strata::analyzer
