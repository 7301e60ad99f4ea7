#include "builder/sources/http_source.h"

#include "tests/builder/sources/sources_fixture.h"

namespace strata::builder {
namespace {

using testing::must;
constexpr llvm::StringLiteral kDate = "Wed, 21 Oct 2015 07:28:00 GMT";

class HttpSourceTest : public SourcesTest {
protected:
  /// A source as the next build has it.
  std::unique_ptr<HttpSource> source() { return must(HttpSource::open(place_, cancel_)); }
  HttpReference at(llvm::StringRef path) { return {.url = server_.url(path)}; }
  std::string fetched(const HttpReference& reference) {
    auto http = source();
    return must(http->fetch(reference, must(http->resolve(reference)))) + "/context";
  }
};

TEST_F(HttpSourceTest, ADD_9_TheNameComesFromThePathAlone) {
  EXPECT_EQ(fileNameOf("https://h/a/b.tar?x=/y#z/w"), "b.tar");
  EXPECT_EQ(fileNameOf("https://h/a%20b"), "a b");
  EXPECT_EQ(fileNameOf("https://h/dir/"), "dir");
  for (const char* url : {"https://h", "https://h/", "https://h/?file=x", "https://h/..", "https://h/%2e%2e"})
    EXPECT_EQ(fileNameOf(url), "__unnamed__") << url;
  EXPECT_EQ(fileNameOf("https://h/a%2f..%2f..%2fetc"), "etc");
}

TEST_F(HttpSourceTest, ADD_10_ModeOwnerAndTimeOfADownload) {
  server_.file("f", "data");
  server_.file("g", "data");
  server_.behave("/f", {{"lastModified", kDate}});
  server_.behave("/g", {{"lastModified", "yesterday"}});
  std::string dated = fetched(at("/f"));
  EXPECT_EQ(read(dated), "data");
  EXPECT_EQ(modeOf(dated), 0600u);
  EXPECT_EQ(statusOf(dated).st_mtime, 1445412480);
  EXPECT_EQ(statusOf(fetched(at("/g"))).st_mtime, 0);
}

TEST_F(HttpSourceTest, ADD_11_AnUnchangedFileIsAskedForButNotBroughtAgain) {
  server_.file("f", "one");
  server_.behave("/f", {{"etag", "\"1\""}});
  HttpFile first = must(source()->resolve(at("/f")));
  EXPECT_EQ(first.content, digestOf("one"));
  HttpFile again = must(source()->resolve(at("/f")));
  EXPECT_EQ(again.content, first.content);
  auto seen = server_.requests();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1].header("if-none-match"), "\"1\"");
  server_.file("f", "two");
  server_.behave("/f", {{"etag", "\"2\""}});
  EXPECT_EQ(must(source()->resolve(at("/f"))).content, digestOf("two"));
}

TEST_F(HttpSourceTest, ADD_11_ByDateWhereThereIsNoTag) {
  server_.file("f", "one");
  server_.behave("/f", {{"lastModified", kDate}});
  must(source()->resolve(at("/f")));
  must(source()->resolve(at("/f")));
  EXPECT_EQ(server_.requests()[1].header("if-modified-since"), kDate);
}

TEST_F(HttpSourceTest, ADD_11_CACHE_11_ContentNameAndTimeMakeTheIdentity) {
  HttpReference f{.url = "http://h/f"}, g{.url = "http://h/g"}, other{.url = "http://other/f"};
  HttpFile one{digestOf("one"), 5};
  Digest identity = HttpSource::identityOf(f, one);
  EXPECT_EQ(identity, HttpSource::identityOf(other, one));
  EXPECT_NE(identity, HttpSource::identityOf(g, one));
  EXPECT_NE(identity, HttpSource::identityOf(f, {digestOf("two"), 5}));
  EXPECT_NE(identity, HttpSource::identityOf(f, {digestOf("one"), 6}));
}

TEST_F(HttpSourceTest, ADD_11_AFileThatIsGoneFromTheStoreIsBroughtAgain) {
  server_.file("f", "one");
  server_.behave("/f", {{"etag", "\"1\""}});
  fetched(at("/f"));
  must(removeTree(place_.directory));
  EXPECT_EQ(read(fetched(at("/f"))), "one");
}

TEST_F(HttpSourceTest, ADD_12_OtherStatusesFailAndRedirectsAreFollowed) {
  EXPECT_FAULT_SAYING(source()->resolve(at("/none")), FaultKind::NotFound, "404 Not Found");
  server_.behave("/broken", {{"status", 500}});
  EXPECT_FAULT(source()->resolve(at("/broken")), FaultKind::Unavailable);
  server_.file("f", "there");
  server_.behave("/moved", {{"redirect", "/f"}});
  EXPECT_EQ(must(source()->resolve(at("/moved"))).content, digestOf("there"));
}

TEST_F(HttpSourceTest, ADD_12_ABrokenDownloadIsTakenUpAgain) {
  server_.file("f", "0123456789");
  server_.behave("/f", {{"etag", "\"1\""}, {"cut", llvm::json::Array{4}}});
  EXPECT_EQ(read(fetched(at("/f"))), "0123456789");
  EXPECT_EQ(server_.requests()[1].header("range"), "bytes=4-");
}

TEST_F(HttpSourceTest, ADD_13_AChecksumIsChecked) {
  server_.file("f", "data");
  HttpReference good{.url = server_.url("/f"), .checksum = digestOf("data")};
  EXPECT_EQ(read(fetched(good)), "data");
  size_t asked = server_.requests().size();
  must(source()->resolve(good));
  EXPECT_EQ(server_.requests().size(), asked);  // nothing to ask: the checksum says it all
  HttpReference bad{.url = server_.url("/f"), .checksum = digestOf("other")};
  auto http = source();
  EXPECT_FAULT_SAYING(http->fetch(bad, must(http->resolve(bad))), FaultKind::Invalid, "digest mismatch");
}

TEST_F(HttpSourceTest, ADD_13_OnlySha256) {
  EXPECT_EQ(must(parseChecksum(digestOf("x").str())), digestOf("x"));
  EXPECT_FAULT_SAYING(parseChecksum("sha512:abc"), FaultKind::Unsupported, "unsupported digest algorithm");
  EXPECT_FAULT_SAYING(parseChecksum("crc32:abc"), FaultKind::Invalid, "unknown digest algorithm");
  EXPECT_FAULT_SAYING(parseChecksum("abcdef"), FaultKind::Invalid, "names no algorithm");
  EXPECT_FAULT_SAYING(parseChecksum("sha256:abc"), FaultKind::Invalid, "64 lower-case hex digits");
}

TEST_F(HttpSourceTest, ADD_15_SecretsAuthenticate) {
  server_.file("f", "private");
  server_.behave("/f", {{"auth", "Bearer token"}});
  EXPECT_FAULT(source()->resolve(at("/f")), FaultKind::Denied);
  secrets_["HTTP_AUTH_TOKEN_127.0.0.1"] = "token\n";
  EXPECT_EQ(must(source()->resolve(at("/f"))).content, digestOf("private"));
  secrets_.clear();
  secrets_["HTTP_AUTH_HEADER_" + server_.authority()] = "Digest x";
  server_.behave("/f", {{"auth", "Digest x"}});
  EXPECT_EQ(must(source()->resolve(at("/f"))).content, digestOf("private"));
}

TEST_F(HttpSourceTest, PasswordsAreNotKept) {
  server_.file("f", "x");
  must(source()->resolve({.url = "http://me:hush@" + server_.authority() + "/f"}));
  EXPECT_THAT(server_.requests()[0].header("authorization"), ::testing::StartsWith("Basic "));
  must(database_->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  EXPECT_EQ(read(directory_.path() + "/db").find("hush"), std::string::npos);
  auto seen = testing::faultOf(source()->resolve({.url = "http://me:hush@" + server_.authority() + "/none"}));
  EXPECT_EQ(seen.message.find("hush"), std::string::npos);
}

}  // namespace
}  // namespace strata::builder
