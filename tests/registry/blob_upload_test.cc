#include "registry/blob_upload.h"

#include "registry/client.h"
#include "tests/support/environment.h"
#include "tests/support/registry_server.h"

namespace strata::registry {
namespace {
using strata::testing::Daemon;
using strata::testing::Environment;
using strata::testing::makeTempDir;
using strata::testing::must;

/// A registry that keeps what came of an upload that broke.
class BlobUploadTest : public ::testing::Test {
protected:
  Repository& start(std::vector<std::string> cuts) {
    std::vector<std::string> argv{"python3", STRATA_SOURCE_DIR "/tests/support/resuming_registry.py",
                                  home_.path() + "/requests.log"};
    argv.insert(argv.end(), cuts.begin(), cuts.end());
    server_ = std::make_unique<Daemon>(argv, home_.path() + "/errors", &port_);
    return *must(client_.repository(must(parseReference("127.0.0.1:" + port_ + "/app"))));
  }
  std::string log() const { return must(readFile(home_.path() + "/requests.log")); }
  static std::string bytesOf(size_t size) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) bytes[i] = char(i * 31 + i / 251);
    return bytes;
  }
  static layerfs::Descriptor descriptorOf(llvm::StringRef bytes) {
    return {.mediaType = "application/octet-stream", .digest = digestOf(bytes), .size = bytes.size()};
  }

  TempDir home_ = makeTempDir();
  Environment environment_{{"XDG_CONFIG_HOME", home_.path()}, {"DOCKER_CONFIG", home_.path()}};
  std::string port_;
  std::unique_ptr<Daemon> server_;
  CancelToken cancel_;
  Client client_{cancel_, {.retries = {.attempts = 3, .pause = std::chrono::milliseconds(2)}}};
};

TEST_F(BlobUploadTest, ABlobGoesOnWhereTheUploadBroke) {
  std::string bytes = bytesOf(1'000'000);
  Repository& app = start({"300000", "200000"});
  must(app.pushBlob(descriptorOf(bytes), bytes));
  EXPECT_THAT(log(), ::testing::EndsWith("POST - 202 0\n"
                                         "PUT - cut 300000\n"
                                         "HEAD - 404 0\n"
                                         "GET - 204 300000\n"
                                         "PATCH 300000-999999 cut 500000\n"
                                         "HEAD - 404 0\n"
                                         "GET - 204 500000\n"
                                         "PATCH 500000-999999 202 1000000\n"
                                         "PUT - 201 1000000\n"));
  StringSink back;
  must(app.fetchBlob(descriptorOf(bytes), back));
  EXPECT_EQ(back.text, bytes);
}

TEST_F(BlobUploadTest, AStreamIsProducedAgainAndTheKnownPartLeftOut) {
  std::string bytes = bytesOf(700'000);
  Repository& app = start({"300000"});
  int produced = 0;
  auto sent = must(app.pushStream([&](ByteSink& sink) {
    ++produced;
    return sink.write(bytes);
  }));
  EXPECT_EQ(sent.digest, digestOf(bytes));
  EXPECT_EQ(sent.size, bytes.size());
  EXPECT_EQ(produced, 2);
  EXPECT_THAT(log(), ::testing::HasSubstr("PATCH - cut 300000\nGET - 204 300000\nPATCH - 202 700000\nPUT - 201"));
}

TEST_F(BlobUploadTest, BreaksWithProgressDoNotUseTheBudgetUp) {
  std::string bytes = bytesOf(1'000'000);
  Repository& app = start(std::vector<std::string>(9, "100000"));
  must(app.pushBlob(descriptorOf(bytes), bytes));
  EXPECT_EQ(llvm::StringRef(log()).count(" cut "), 9u);
}

TEST_F(BlobUploadTest, OtherBytesAfterTheBreakAreRefused) {
  Repository& app = start({"300000"});
  int produced = 0;
  auto produce = [&](ByteSink& sink) { return sink.write(std::string(700'000, ++produced == 1 ? 'a' : 'b')); };
  EXPECT_FAULT_SAYING(app.pushStream(produce), FaultKind::Invalid, "digest_invalid");
}

TEST_F(BlobUploadTest, ARegistryThatHasOtherBytesIsNamed) {
  start({});
  Repository& liar = *must(client_.repository(must(parseReference("127.0.0.1:" + port_ + "/liar"))));
  EXPECT_FAULT_SAYING(liar.pushBlob(descriptorOf("bytes"), "bytes"), FaultKind::Corrupt, "was sent blob sha256:");
}

TEST_F(BlobUploadTest, ConnectionsAreUsedAgainOverThreads) {
  strata::testing::RegistryServer server;
  Repository& app = *must(client_.repository(must(parseReference(server.domain() + "/app"))));
  for (int i = 0; i < 5; ++i) std::thread([&] { EXPECT_FALSE(must(app.hasBlob(digestOf("unknown")))); }).join();
  std::string errors = must(readFile(server.directory() + "/log"));  // it logs every 404 with who asked
  std::set<llvm::StringRef> peers;
  for (llvm::StringRef rest = errors; rest.contains("remoteaddr=");) {
    rest = rest.split("remoteaddr=").second;
    peers.insert(rest.split(' ').first);
  }
  EXPECT_EQ(peers.size(), 1u) << errors;
}
}  // namespace
}  // namespace strata::registry
