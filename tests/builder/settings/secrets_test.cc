#include "builder/settings/secrets.h"

#include "support/files.h"
#include "tests/support/testing.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace strata::builder {
namespace {
using testing::must;

TEST(Secrets, CLI_4_TakeTheirValueFromAFile) {
  strata::TempDir directory = must(strata::TempDir::make(::testing::TempDir(), "secret-"));
  std::string path = directory.path() + "/token";
  must(writeFileAtomically(path, "s3cret\n"));
  Secrets secrets;
  secrets.add(must(parseSecret("id=token,src=" + path)));
  secrets.add(must(parseSecret("type=file,source=" + path + ",id=again")));
  EXPECT_EQ(must(secrets.find("token")), "s3cret\n");
  EXPECT_EQ(must(secrets.find("again")), "s3cret\n");
  EXPECT_EQ(must(secrets.find("other")), std::nullopt);
}

TEST(Secrets, CLI_4_TakeTheirValueFromTheEnvironment) {
  ::setenv("STRATA_TEST_SECRET", "from env", 1);
  Secrets secrets;
  secrets.add(must(parseSecret("id=a,env=STRATA_TEST_SECRET")));
  secrets.add(must(parseSecret("id=b,type=env,src=STRATA_TEST_SECRET")));
  secrets.add(must(parseSecret("id=STRATA_TEST_SECRET")));
  for (const char* id : {"a", "b", "STRATA_TEST_SECRET"}) EXPECT_EQ(must(secrets.find(id)), "from env") << id;
}

TEST(Secrets, CLI_4_WithoutSourceTheIdIsAFileName) {
  EXPECT_FAULT(parseSecret("id=/no/such/secret"), FaultKind::NotFound);
}

TEST(Secrets, CLI_4_RefuseWhatMakesNoSense) {
  for (const char* option : {"src=/etc/passwd", "id=a,foo=b", "id", "id=a,type=vault", "id=\"a"}) {
    SCOPED_TRACE(option);
    EXPECT_FAULT(parseSecret(option), FaultKind::Invalid);
  }
}

TEST(Secrets, CLI_4_MNT_30_AreAtMost500KiB) {
  strata::TempDir directory = must(strata::TempDir::make(::testing::TempDir(), "secret-"));
  std::string path = directory.path() + "/large";
  must(writeFileAtomically(path, std::string(500 * 1024 + 1, 'x')));
  EXPECT_FAULT(parseSecret("id=large,src=" + path), FaultKind::Invalid);
  must(writeFileAtomically(path, std::string(500 * 1024, 'x')));
  EXPECT_TRUE(bool(parseSecret("id=large,src=" + path)));
}
}  // namespace
}  // namespace strata::builder
