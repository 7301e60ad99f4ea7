#pragma once
/// \file rpm headers and databases as rpm writes them.

#include "support/database.h"
#include "tests/support/testing.h"

#include <llvm/Support/Endian.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

struct RpmSample {
  std::string name, version, release;
  std::optional<uint32_t> epoch = {};
  uint32_t size = 0;
};

inline std::string bigEndian(uint32_t value) {
  char bytes[4];
  llvm::support::endian::write32be(bytes, value);
  return std::string(bytes, 4);
}

/// Entries of tag, type, offset and count, then the values.
inline std::string rpmHeader(const RpmSample& sample) {
  std::string entries, data;
  uint32_t count = 0;
  auto put = [&](uint32_t tag, uint32_t type, const std::string& value) {
    entries += bigEndian(tag) + bigEndian(type) + bigEndian(uint32_t(data.size())) + bigEndian(1);
    data += value;
    ++count;
  };
  auto text = [](const std::string& value) { return value + std::string(1, '\0'); };
  put(1000, 6, text(sample.name));
  put(1001, 6, text(sample.version));
  put(1002, 6, text(sample.release));
  while (data.size() % 4 != 0) data += '\0';
  if (sample.epoch) put(1003, 4, bigEndian(*sample.epoch));
  put(1009, 4, bigEndian(sample.size));
  put(1022, 6, text("x86_64"));
  return bigEndian(count) + bigEndian(uint32_t(data.size())) + entries + data;
}

/// The bytes of a database made at `path`, in the state in which rpm leaves it: with a write-ahead log that is empty.
inline std::string rpmDatabase(const std::string& path, const std::vector<RpmSample>& packages) {
  using strata::testing::must;
  auto database = must(Database::open(path));
  must(
      database->execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);"
                        "CREATE TABLE Name (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)"));
  for (const RpmSample& sample : packages) {
    auto insert = must(database->prepare("INSERT INTO Packages(blob) VALUES(?)"));
    must(insert.bindBlob(rpmHeader(sample)).run());
  }
  must(database->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  return must(readFile(path));
}

}  // namespace strata::analyzer
