#include "registry/repository.h"

#include "registry/client.h"
#include "tests/support/registry_server.h"

#include <cstdlib>

namespace strata::registry {
namespace {
using strata::testing::makeTempDir;
using strata::testing::must;
using strata::testing::RegistryServer;
using strata::testing::writeFile;

/// Logins from a file of the test's own.
class Login {
public:
  explicit Login(const std::string& config) {
    writeFile(directory_.path() + "/config.json", config);
    ::setenv("DOCKER_CONFIG", directory_.path().c_str(), 1);
  }
  ~Login() { ::unsetenv("DOCKER_CONFIG"); }

private:
  TempDir directory_ = makeTempDir();
};

std::string configFor(const std::string& domain, const std::string& members) {
  return "{\"auths\":{\"" + domain + "\":{" + members + "}}}";
}
constexpr const char* kAda = "\"auth\":\"YWRhOm9wZW4gc2VzYW1l\"";  // ada:open sesame

class RepositoryTest : public ::testing::Test {
protected:
  Repository& repository(const RegistryServer& server, const std::string& path = "app") {
    clients_.push_back(std::make_unique<Client>(cancel_, Client::Options{.retries = kQuick}));
    return *must(clients_.back()->repository(must(parseReference(server.domain() + "/" + path))));
  }
  static inline const RetryBudget kQuick{.attempts = 3, .pause = std::chrono::milliseconds(5)};
  static layerfs::Descriptor descriptorOf(llvm::StringRef bytes) {
    return {.mediaType = layerfs::media::kOciLayer.str(), .digest = digestOf(bytes), .size = bytes.size()};
  }
  static void push(Repository& repository, llvm::StringRef bytes) {
    must(repository.pushBlob(descriptorOf(bytes), bytes));
  }
  /// One image of one layer, as small as a registry takes it.
  static std::string pushImage(Repository& repository, llvm::StringRef tag) {
    push(repository, "{}");
    push(repository, "layer");
    layerfs::Manifest manifest{.config = descriptorOf("{}"), .layers = {descriptorOf("layer")}, .annotations = {}};
    manifest.config.mediaType = layerfs::media::kOciConfig.str();
    std::string text = printManifest(manifest);
    must(repository.pushManifest(text, manifest.mediaType, tag));
    return text;
  }

  CancelToken cancel_;
  std::vector<std::unique_ptr<Client>> clients_;
};

TEST_F(RepositoryTest, WhatIsPushedIsThere) {
  RegistryServer server;
  Repository& app = repository(server);
  EXPECT_FALSE(must(app.hasBlob(digestOf("layer"))));
  std::string text = pushImage(app, "v1");
  EXPECT_TRUE(must(app.hasBlob(digestOf("layer"))));

  auto manifest = must(app.manifest("v1"));
  EXPECT_EQ(manifest.text, text);
  EXPECT_EQ(manifest.descriptor.mediaType, layerfs::media::kOciManifest);
  EXPECT_EQ(must(app.manifest(manifest.descriptor.digest.str())).text, text);
  StringSink blob;
  must(app.fetchBlob(descriptorOf("layer"), blob));
  EXPECT_EQ(blob.text, "layer");
  auto listed = must(runProcess(
      {.argv = {"skopeo", "inspect", "--tls-verify=false", "--raw", "docker://" + server.domain() + "/app:v1"}}));
  EXPECT_EQ(listed.output, text) << listed.errors;
}

TEST_F(RepositoryTest, ABlobMovesBetweenRepositoriesWithoutBeingSent) {
  RegistryServer server;
  Repository &app = repository(server), &other = repository(server, "team/other");
  push(app, "layer");
  EXPECT_TRUE(must(other.mountBlob(digestOf("layer"), "app")));
  EXPECT_TRUE(must(other.hasBlob(digestOf("layer"))));
  EXPECT_FALSE(must(other.mountBlob(digestOf("unknown"), "app")));
}

TEST_F(RepositoryTest, AStreamIsPushedBeforeItsDigestIsKnown) {
  RegistryServer server;
  Repository& app = repository(server);
  std::string bytes(3'000'000, 'x');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = char(i * 7 + i / 1000);
  auto sent = must(app.pushStream([&](ByteSink& sink) -> llvm::Error {
    for (llvm::StringRef rest = bytes; !rest.empty(); rest = rest.drop_front(std::min<size_t>(100'000, rest.size())))
      if (auto error = sink.write(rest.take_front(100'000))) return error;
    return llvm::Error::success();
  }));
  EXPECT_EQ(sent.digest, digestOf(bytes));
  EXPECT_EQ(sent.size, bytes.size());
  auto reader = must(app.openBlob(sent));
  EXPECT_EQ(must(readAll(*reader, 10 << 20)), bytes);
  layerfs::Descriptor empty = must(app.pushStream([](ByteSink&) { return llvm::Error::success(); }));
  EXPECT_EQ(empty.digest, digestOf(""));
  EXPECT_EQ(must(readAll(*must(app.openBlob(empty)), 10)), "");
}

TEST_F(RepositoryTest, TheEndOfABlobIsReadAlone) {
  RegistryServer server;
  Repository& app = repository(server);
  std::string bytes(100'000, 'x');
  bytes += "the end";
  auto sent = must(app.pushStream([&](ByteSink& sink) { return sink.write(bytes); }));
  auto reader = must(app.openBlobEnd(sent, 100'000, digestOf("the end")));
  EXPECT_EQ(must(readAll(*reader, 1000)), "the end");
  auto wrong = must(app.openBlobEnd(sent, 99'999, digestOf("the end")));
  EXPECT_FAULT(readAll(*wrong, 1000).takeError(), FaultKind::Corrupt);
}

TEST_F(RepositoryTest, WhatTheProducerFaultsIsTheFaultAndItIsNotAskedAgain) {
  RegistryServer server;
  int asked = 0;
  auto produce = [&](ByteSink& sink) -> llvm::Error {
    ++asked;
    must(sink.write("some"));
    return fault(FaultKind::Unavailable, "no more");
  };
  EXPECT_FAULT_SAYING(repository(server).pushStream(produce), FaultKind::Unavailable, "no more");
  EXPECT_EQ(asked, 1);
}

TEST_F(RepositoryTest, ATagIsResolvedWithoutItsBytes) {
  RegistryServer server;
  Repository& app = repository(server);
  EXPECT_EQ(must(app.resolve("v1")), std::nullopt);
  std::string text = pushImage(app, "v1");
  auto found = must(app.resolve("v1"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->digest, digestOf(text));
  EXPECT_EQ(found->size, text.size());
  EXPECT_EQ(found->mediaType, layerfs::media::kOciManifest);
}

TEST_F(RepositoryTest, TagsAreListed) {
  RegistryServer server;
  Repository& app = repository(server);
  EXPECT_FAULT(app.tags(), FaultKind::NotFound);
  for (const char* tag : {"v1", "v2"}) pushImage(app, tag);
  EXPECT_THAT(must(app.tags()), ::testing::UnorderedElementsAre("v1", "v2"));
}

TEST_F(RepositoryTest, ReferrersAreFoundByTheirTagWhereThereIsNoApi) {
  RegistryServer server;
  Repository& app = repository(server);
  Digest subject = digestOf(pushImage(app, "v1"));
  EXPECT_TRUE(must(app.referrers(subject)).empty());
  layerfs::Index index;
  index.manifests.push_back(*must(app.resolve("v1")));
  must(app.pushManifest(printIndex(index), index.mediaType, "sha256-" + subject.hex()));
  auto found = must(app.referrers(subject));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].digest, subject);
  EXPECT_TRUE(must(app.referrers(subject, "application/x")).empty());
}

TEST_F(RepositoryTest, AManifestIsDeleted) {
  RegistryServer server;
  Repository& app = repository(server);
  Digest digest = digestOf(pushImage(app, "v1"));
  must(app.deleteManifest(digest));
  EXPECT_EQ(must(app.resolve("v1")), std::nullopt);
  EXPECT_FAULT(app.deleteManifest(digest), FaultKind::NotFound);
}

TEST_F(RepositoryTest, WhatIsNotThereIsNotFound) {
  RegistryServer server;
  Repository& app = repository(server);
  EXPECT_FAULT(app.manifest("none"), FaultKind::NotFound);
  StringSink sink;
  EXPECT_FAULT(app.fetchBlob(descriptorOf("unknown"), sink), FaultKind::NotFound);
}

TEST_F(RepositoryTest, ABlobOfAnotherSizeIsCorrupt) {
  RegistryServer server;
  Repository& app = repository(server);
  push(app, "layer");
  layerfs::Descriptor wrong = descriptorOf("layer");
  wrong.size = 4;
  StringSink sink;
  EXPECT_FAULT_SAYING(app.fetchBlob(wrong, sink), FaultKind::Corrupt, "of 4 bytes, got");
}

TEST_F(RepositoryTest, LogsInWithAPassword) {
  RegistryServer server(RegistryServer::Access::Password);
  EXPECT_FAULT_SAYING(repository(server).manifest("v1"), FaultKind::Denied, "log in first");
  Login login(configFor(server.domain(), kAda));
  Repository& app = repository(server);
  pushImage(app, "v1");
  EXPECT_FALSE(must(app.manifest("v1")).text.empty());
}

TEST_F(RepositoryTest, AWrongPasswordIsDenied) {
  RegistryServer server(RegistryServer::Access::Password);
  Login login(configFor(server.domain(), R"("username":"ada","password":"guess")"));
  EXPECT_FAULT(repository(server).manifest("v1"), FaultKind::Denied);
}

TEST_F(RepositoryTest, LogsInWithATokenForTheScope) {
  RegistryServer server(RegistryServer::Access::Token);
  EXPECT_FAULT(repository(server).manifest("v1"), FaultKind::Denied);
  Login login(configFor(server.domain(), kAda));
  Repository& app = repository(server, "team/app");
  pushImage(app, "v1");
  EXPECT_FALSE(must(app.manifest("v1")).text.empty());
  EXPECT_THAT(must(readFile(server.directory() + "/scopes.log")),
              ::testing::HasSubstr("repository:team/app:pull,push\n"));
}

TEST_F(RepositoryTest, ARefreshTokenStandsForAPassword) {
  RegistryServer server(RegistryServer::Access::Token);
  Login login(configFor(server.domain(), R"("identitytoken":"refresh me")"));
  Repository& app = repository(server);
  push(app, "layer");
  EXPECT_TRUE(must(app.hasBlob(digestOf("layer"))));
}

TEST_F(RepositoryTest, ARegistryThatWasNeverHeardIsSoonUnavailable) {
  Client client(cancel_, {.retries = {.attempts = 10, .pause = std::chrono::milliseconds(5)}});
  Repository& gone = *must(client.repository(must(parseReference("127.0.0.1:1/app"))));
  EXPECT_FAULT_SAYING(gone.manifest("v1"), FaultKind::Unavailable, "tried 3 times");
  auto blob = must(gone.openBlob(descriptorOf("layer")));
  EXPECT_FAULT_SAYING(readAll(*blob, 10), FaultKind::Unavailable, "tried 3 times");
}

}  // namespace
}  // namespace strata::registry
