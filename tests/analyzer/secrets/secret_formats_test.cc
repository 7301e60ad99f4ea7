#include "analyzer/secrets/secret_formats.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> secretsIn(llvm::StringRef path, llvm::StringRef text) {
  std::vector<std::string> secrets;
  for (const SecretMatch& match : findInFormat(path, text))
    secrets.push_back(text.substr(match.begin, match.size).str());
  return secrets;
}

constexpr llvm::StringLiteral kHash = "$6$abcdefgh$0123456789012345678901234567890123456789";

TEST(SecretFormats, HashesOfUsersAreFoundAndTheirAbsenceIsNormal) {
  std::string text = "root:*:19000:0:99999:7:::\ndaemon:!:19000::::::\nbin:x:::\nme:" + kHash.str() + ":19000:0::::\n";
  EXPECT_THAT(secretsIn("etc/shadow", text), ElementsAre(kHash.str()));
  EXPECT_EQ(findInFormat("etc/shadow", text)[0].line, 4u);
  EXPECT_EQ(findInFormat("etc/shadow", text)[0].level, FindingLevel::Error);
  EXPECT_EQ(findInFormat("etc/shadow", text)[0].shape.find(kHash.substr(4, 6).str()), std::string::npos);
  EXPECT_EQ(findInFormat("etc/shadow-", "me:!" + kHash.str() + ":1::")[0].level, FindingLevel::Note);
  EXPECT_THAT(secretsIn("srv/etc/shadow.txt", text), IsEmpty());
  EXPECT_THAT(secretsIn("www/.htpasswd", "me:$apr1$abcdefgh$0123456789012345678901\n"),
              ElementsAre("$apr1$abcdefgh$0123456789012345678901"));
}

TEST(SecretFormats, Netrc) {
  EXPECT_THAT(secretsIn("root/.netrc", "machine a.net login me password s3cret\nmachine b\n  password\n  other\n"),
              ElementsAre("s3cret", "other"));
}

TEST(SecretFormats, Pgpass) {
  EXPECT_THAT(secretsIn("root/.pgpass", "# host:port:db:user:pw\ndb:5432:*:me:s3cret\na\\:b:1:*:me:x:y\nshort:line\n"),
              ElementsAre("s3cret", "x:y"));
}

TEST(SecretFormats, Settings) {
  EXPECT_THAT(secretsIn("root/.my.cnf", "[client]\nuser=me\npassword = \"s3cret\"\n"), ElementsAre("s3cret"));
  EXPECT_THAT(secretsIn("root/.pypirc", "[pypi]\nusername: x\npassword = s3cret\n"), ElementsAre("s3cret"));
  EXPECT_THAT(secretsIn("app/.npmrc", "_auth=bWU6c2VjcmV0\n//r.net/:_password=c2VjcmV0\n_password=${PW}\n"),
              ElementsAre("bWU6c2VjcmV0", "c2VjcmV0"));
  EXPECT_THAT(secretsIn("app/my.npmrc", "_auth=bWU6c2VjcmV0\n"), IsEmpty());
}

TEST(SecretFormats, Environments) {
  EXPECT_THAT(secretsIn("app/.env", "PORT=80\nDB_PASSWORD=hunter2x\nAPI_KEY=\"a b c d\"\nTOKEN_FILE=/x/y\n"),
              ElementsAre("hunter2x", "a b c d"));
}

TEST(SecretFormats, NamesAreSuspicious) {
  for (const char* name : {"id_rsa", "config.json", "x.p12", ".netrc", "credentials"})
    EXPECT_TRUE(mayBeSuspicious(name)) << name;
  for (const char* name : {"libc.so.6", "", "rsa", "netrc"}) EXPECT_FALSE(mayBeSuspicious(name)) << name;
  EXPECT_TRUE(suspiciousName("root/.ssh/id_rsa"));
  EXPECT_TRUE(suspiciousName("id_ed25519"));
  EXPECT_TRUE(suspiciousName("root/.docker/config.json"));
  EXPECT_TRUE(suspiciousName("srv/store.p12"));
  EXPECT_FALSE(suspiciousName("root/.ssh/id_rsa.pub"));
  EXPECT_FALSE(suspiciousName("app/config.json"));
  EXPECT_FALSE(suspiciousName("usr/bin/grid_rsa"));
  EXPECT_FALSE(suspiciousName("lib/.p12"));
}

TEST(SecretFormats, DocumentationAndForeignTestsExcuse) {
  EXPECT_EQ(excuseFor("usr/share/doc/openssl/demo.pem"), "documentation");
  EXPECT_NE(excuseFor("usr/lib/python3.11/test/keycert.pem"), "");
  EXPECT_NE(excuseFor("app/node_modules/x/test/key.pem"), "");
  EXPECT_NE(excuseFor("etc/ssl/private/ssl-cert-snakeoil.key"), "");
  EXPECT_EQ(excuseFor("app/test/key.pem"), "");
  EXPECT_EQ(excuseFor("root/.ssh/id_rsa"), "");
}

}  // namespace
}  // namespace strata::analyzer
