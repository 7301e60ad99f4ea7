#include "registry/transport/tokens.h"

#include "registry/client.h"
#include "tests/support/environment.h"
#include "tests/support/registry_server.h"

namespace strata::registry {
namespace {
using strata::testing::Environment;
using strata::testing::makeTempDir;
using strata::testing::must;
using strata::testing::RegistryServer;
using strata::testing::writeFile;

/// A registry that wants tokens, and a user who may have them.
class TokensTest : public ::testing::Test {
protected:
  TokensTest() { login("\"auth\":\"YWRhOm9wZW4gc2VzYW1l\""); }
  void login(const std::string& members) {
    writeFile(home_.path() + "/config.json", "{\"auths\":{\"" + server_.domain() + "\":{" + members + "}}}");
  }
  void lifetime(const std::string& seconds) { writeFile(server_.directory() + "/lifetime", seconds); }
  Repository& app(Client& client, Client::Use use = Client::Use::Pull) {
    return *must(client.repository(must(parseReference(server_.domain() + "/team/app")), use));
  }
  std::vector<std::string> scopes() {
    std::string text = must(readFile(server_.directory() + "/scopes.log"));
    llvm::SmallVector<llvm::StringRef> lines;
    llvm::StringRef(text).trim().split(lines, '\n');
    return {lines.begin(), lines.end()};
  }
  static layerfs::Descriptor descriptorOf(llvm::StringRef bytes) {
    return {.mediaType = "application/octet-stream", .digest = digestOf(bytes), .size = bytes.size()};
  }

  TempDir home_ = makeTempDir();
  Environment environment_{
      {"DOCKER_CONFIG", home_.path()}, {"XDG_CONFIG_HOME", home_.path()}, {"REGISTRY_AUTH_FILE", ""}};
  RegistryServer server_{RegistryServer::Access::Token};
  CancelToken cancel_;
  Client client_{cancel_, {.retries = {.attempts = 3, .pause = std::chrono::milliseconds(5)}}};
};

TEST_F(TokensTest, ScopesAreWhatIsNeededAndATokenServesAsLongAsItLasts) {
  EXPECT_EQ(must(app(client_).resolve("v1")), std::nullopt);
  EXPECT_EQ(must(app(client_).resolve("v2")), std::nullopt);
  must(app(client_).pushBlob(descriptorOf("x"), "x"));
  must(app(client_).pushBlob(descriptorOf("y"), "y"));
  EXPECT_TRUE(must(app(client_).mountBlob(digestOf("x"), "team/app")));
  EXPECT_FALSE(must(app(client_).mountBlob(digestOf("z"), "base")));
  EXPECT_THAT(scopes(), ::testing::ElementsAre("repository:team/app:pull", "repository:team/app:pull,push",
                                               "repository:base:pull repository:team/app:pull,push",
                                               "repository:team/app:delete"));
}

TEST_F(TokensTest, APushNeedsOneToken) {
  Repository& repository = app(client_, Client::Use::Push);
  EXPECT_EQ(must(repository.resolve("v1")), std::nullopt);
  must(repository.pushBlob(descriptorOf("x"), "x"));
  EXPECT_THAT(scopes(), ::testing::ElementsAre("repository:team/app:pull,push"));
}

TEST_F(TokensTest, ATokenIsRenewedBeforeItEnds) {
  lifetime("2");
  int written = 0;
  auto slow = [&](ByteSink& sink) -> llvm::Error {
    for (written = 0; written < 30; ++written) {
      ::usleep(100'000);
      if (auto error = sink.write(std::string(1000, 'x'))) return error;
    }
    return llvm::Error::success();
  };
  auto sent = must(app(client_, Client::Use::Push).pushStream(slow));
  EXPECT_EQ(sent.size, 30'000u);
  EXPECT_TRUE(must(app(client_).hasBlob(sent.digest)));
  EXPECT_GE(scopes().size(), 2u);
}

TEST_F(TokensTest, ATokenThatTheRegistryNoLongerTakesIsReplaced) {
  // Ended from the beginning for the registry, while the issuer says nothing of it.
  Repository& repository = app(client_, Client::Use::Push);
  must(repository.pushBlob(descriptorOf("x"), "x"));
  lifetime("0");
  EXPECT_FAULT(app(client_).resolve("v1"), FaultKind::Denied);
  lifetime("3600");
  EXPECT_EQ(must(app(client_).resolve("v1")), std::nullopt);
}

TEST_F(TokensTest, ARefreshTokenGoesByPostAndElseByGet) {
  login("\"identitytoken\":\"refresh me\"");
  EXPECT_EQ(must(app(client_).resolve("v1")), std::nullopt);
  writeFile(server_.directory() + "/no-post", "");
  Client other(cancel_);
  EXPECT_EQ(must(app(other).resolve("v1")), std::nullopt);
  login("\"identitytoken\":\"wrong\"");
  Client third(cancel_);
  EXPECT_FAULT(app(third).resolve("v1"), FaultKind::Denied);
}

TEST_F(TokensTest, ALoginThatIsMissingOrWrongIsSaidAsWithAPassword) {
  login("\"auth\":\"YWRhOndyb25n\"");  // ada:wrong
  EXPECT_FAULT_SAYING(app(client_).resolve("v1"), FaultKind::Denied,
                      server_.domain() + " does not know this user and password; log in again (strata login");
  writeFile(home_.path() + "/config.json", "{}");
  Client anonymous(cancel_);
  EXPECT_FAULT_SAYING(app(anonymous, Client::Use::Push).resolve("v1"), FaultKind::Denied,
                      server_.domain() + " asks who we are; log in first (strata login " + server_.domain() + ")");
}

TEST_F(TokensTest, ManyThreadsShareOneToken) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_EQ(must(app(client_).resolve("v1")), std::nullopt); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(scopes().size(), 1u);
}
}  // namespace
}  // namespace strata::registry
