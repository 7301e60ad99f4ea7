#include "builder/journal/step_reads.h"

#include "builder/journal/journal.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

using llvm::StringRef;

// On disk, version 1: a row a key. Encoded reads are fields that end with a NUL, numbers in decimal: the version,
// build, time and completeness, then runs of a letter and its fields: S begins a source, R and X are files of it that
// were read and executed, D and F directories and files of it that were not, L is a directory that was listed.
namespace {
// A build's steps are one text that has their keys in hexadecimal.
constexpr llvm::StringLiteral kReadsTable = R"(
  CREATE TABLE step_reads(key BLOB PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
  CREATE TRIGGER step_reads_go AFTER DELETE ON builds BEGIN
    DELETE FROM step_reads WHERE instr(OLD.steps, lower(hex(key)))
      AND NOT EXISTS (SELECT 1 FROM builds WHERE instr(steps, lower(hex(step_reads.key))));
  END;)";
constexpr llvm::StringLiteral kDropUnnamed =
    "DELETE FROM step_reads WHERE NOT EXISTS (SELECT 1 FROM builds WHERE instr(steps, lower(hex(step_reads.key))))";
constexpr StringRef kVersion = "strata-reads-1";

class Writer {
public:
  Writer& text(StringRef value) {
    bytes.append(value.data(), value.size());
    bytes.push_back('\0');
    return *this;
  }
  Writer& number(uint64_t value) { return text(std::to_string(value)); }
  std::string bytes;
};

/// Once a field was missing or wrong, all further ones are empty and isBad() holds.
class Reader {
public:
  explicit Reader(StringRef bytes) : rest_(bytes) {}
  bool atEnd() const { return rest_.empty(); }
  bool isBad() const { return bad_; }
  void fail() { bad_ = true; }

  std::string text() {
    size_t end = rest_.find('\0');
    if (bad_ || end == StringRef::npos) {
      bad_ = true;
      return "";
    }
    std::string value = rest_.take_front(end).str();
    rest_ = rest_.drop_front(end + 1);
    return value;
  }
  uint64_t number() {
    uint64_t value = 0;
    if (StringRef(text()).getAsInteger(10, value)) bad_ = true;
    return value;
  }
  Digest digest() {
    std::string hex = text();
    if (hex.empty()) return {};
    auto digest = Digest::parseHex(hex);
    if (digest) return *digest;
    llvm::consumeError(digest.takeError());
    bad_ = true;
    return {};
  }

private:
  StringRef rest_;
  bool bad_ = false;
};

void write(const ReadSource& source, Writer& out) {
  out.text("S").text(source.key ? source.key.hex() : "").text(source.instruction).text(source.stage).text(source.name);
  out.number(source.firstLine).number(source.files).number(source.bytes);
  out.number(source.readFiles).number(source.readBytes).number(source.moreUnread);
  for (const ReadFile& file : source.read) out.text(file.executed ? "X" : "R").text(file.path);
  for (const UnreadPath& path : source.unread)
    out.text(path.isDirectory ? "D" : "F").text(path.path).number(path.files).number(path.bytes);
}

ReadSource readSource(Reader& in) {
  ReadSource source;
  source.key = in.digest();
  source.instruction = in.text();
  source.stage = in.text();
  source.name = in.text();
  source.firstLine = uint32_t(in.number());
  source.files = in.number();
  source.bytes = in.number();
  source.readFiles = in.number();
  source.readBytes = in.number();
  source.moreUnread = in.number() != 0;
  return source;
}

void readItem(StringRef letter, Reader& in, StepReads& reads) {
  if (letter == "S") {
    reads.sources.push_back(readSource(in));
  } else if (letter == "L") {
    reads.listed.push_back(in.text());
  } else if (reads.sources.empty()) {
    in.fail();
  } else if (letter == "R" || letter == "X") {
    reads.sources.back().read.push_back({.path = in.text(), .executed = letter == "X"});
  } else if (letter == "D" || letter == "F") {
    UnreadPath path{.path = in.text(), .isDirectory = letter == "D"};
    path.files = in.number();
    path.bytes = in.number();
    reads.sources.back().unread.push_back(std::move(path));
  } else {
    in.fail();
  }
}
}  // namespace

std::string StepReads::encode() const {
  Writer out;
  out.text(kVersion).text(build).number(uint64_t(traced)).number(incomplete);
  for (const ReadSource& source : sources) write(source, out);
  for (const std::string& directory : listed) out.text("L").text(directory);
  return std::move(out.bytes);
}

llvm::Expected<StepReads> StepReads::decode(StringRef bytes) {
  Reader in(bytes);
  StepReads reads;
  if (in.text() != kVersion) return fault(FaultKind::Corrupt, "the reads of a step are in no known form");
  reads.build = in.text();
  reads.traced = int64_t(in.number());
  reads.incomplete = in.number() != 0;
  while (!in.atEnd() && !in.isBad()) {
    std::string letter = in.text();
    readItem(letter, in, reads);
  }
  if (in.isBad()) return fault(FaultKind::Corrupt, "the reads of a step are damaged");
  return reads;
}

std::optional<size_t> stepOf(const ReadSource& source, const Build& build) {
  auto found = llvm::find_if(build.steps, [&](const BuildStep& step) {
    if (source.key) return step.key == source.key;
    return step.instruction == source.instruction && step.stage == source.stage && step.name == source.name;
  });
  if (found == build.steps.end()) return std::nullopt;
  return size_t(found - build.steps.begin());
}

llvm::Expected<std::unique_ptr<ReadStore>> ReadStore::open(Database& database) {
  if (auto journal = Journal::open(database); !journal) return journal.takeError();  // ours look at its table
  if (auto error = database.migrate("step-reads", {kReadsTable})) return error;
  return std::unique_ptr<ReadStore>(new ReadStore(database));
}

llvm::Error ReadStore::put(const Digest& key, const StepReads& reads) {
  auto insert = database_.prepare("INSERT OR REPLACE INTO step_reads(key, document) VALUES(?, ?)");
  if (!insert) return insert.takeError();
  return insert->bind(key).bindBlob(reads.encode()).run();
}

llvm::Expected<std::optional<StepReads>> ReadStore::find(const Digest& key) {
  auto query = database_.prepare("SELECT document FROM step_reads WHERE key = ?");
  if (!query) return query.takeError();
  auto row = query->bind(key).step();
  if (!row) return row.takeError();
  if (!*row) return std::nullopt;
  auto reads = StepReads::decode(query->text(0));
  query->rewind();
  if (reads) return std::move(*reads);
  auto remove = database_.prepare("DELETE FROM step_reads WHERE key = ?");
  if (!remove) {
    llvm::consumeError(reads.takeError());
    return remove.takeError();
  }
  database_.reportDamage({"reads", key.shortHex(), messageOf(reads.takeError())});
  if (auto error = remove->bind(key).run()) return error;
  return std::nullopt;
}

llvm::Error ReadStore::dropUnnamed() { return database_.execute(kDropUnnamed); }

}  // namespace strata::builder
