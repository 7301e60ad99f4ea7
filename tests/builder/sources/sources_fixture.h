#pragma once
/// \file A place for sources in a temporary directory, with secrets, and a server.

#include "builder/sources/remote_sources.h"
#include "support/database.h"
#include "tests/support/git_repository.h"
#include "tests/support/remote_server.h"

#include <sys/stat.h>
#include <map>

namespace strata::builder {

class SourcesTest : public ::testing::Test {
protected:
  SourcesTest() {
    testing::must(makeDirectories(directory_.path() + "/staging"));
    place_.directory = directory_.path() + "/sources";
    place_.staging = directory_.path() + "/staging";
    place_.database = database_.get();
    place_.secret = [this](llvm::StringRef id) -> llvm::Expected<std::optional<std::string>> {
      auto found = secrets_.find(id.str());
      return found == secrets_.end() ? std::nullopt : std::optional(found->second);
    };
  }
  static std::string read(const std::string& path) { return testing::must(readFile(path)); }
  static struct stat statusOf(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status;
  }
  static unsigned modeOf(const std::string& path) { return statusOf(path).st_mode & 07777; }

  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<Database> database_ = testing::must(Database::open(directory_.path() + "/db"));
  std::map<std::string, std::string> secrets_;
  SourcePlace place_;
  CancelToken cancel_;
  testing::RemoteServer server_;
};

}  // namespace strata::builder
