#include "registry/client.h"

#include "support/fault.h"
#include "tests/support/environment.h"
#include "tests/support/fault_proxy.h"

#include <random>

namespace strata::registry {
namespace {
using llvm::json::Array;
using llvm::json::Object;
using strata::testing::Environment;
using strata::testing::FaultProxy;
using strata::testing::makeTempDir;
using strata::testing::must;
using strata::testing::RegistryServer;

std::string bytesOf(size_t size, uint64_t seed) {
  std::minstd_rand random(uint32_t(seed + 1));
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = char(random() >> 8);
  return bytes;
}

/// A registry, and the same one behind a network that fails on demand.
class FaultsTest : public ::testing::Test {
protected:
  static layerfs::Descriptor descriptorOf(llvm::StringRef bytes) {
    return {.mediaType = layerfs::media::kOciLayer.str(), .digest = digestOf(bytes), .size = bytes.size()};
  }
  Repository& through() { return *must(client_.repository(must(parseReference(proxy_.domain() + "/app")))); }
  Repository& direct() { return *must(client_.repository(must(parseReference(server_.domain() + "/app")))); }
  llvm::Expected<std::string> read(const layerfs::Descriptor& blob) {
    auto source = through().openBlob(blob);
    if (!source) return source.takeError();
    return readAll(**source, 64 << 20);
  }
  llvm::Error stream(llvm::StringRef bytes) {
    auto sent = through().pushStream([&](ByteSink& sink) -> llvm::Error {
      for (llvm::StringRef rest = bytes; !rest.empty(); rest = rest.drop_front(std::min<size_t>(50'000, rest.size())))
        if (auto error = sink.write(rest.take_front(50'000))) return error;
      return llvm::Error::success();
    });
    if (!sent) return sent.takeError();
    EXPECT_EQ(sent->digest, digestOf(bytes));
    return llvm::Error::success();
  }
  bool arrived(llvm::StringRef bytes) {
    StringSink sink;
    llvm::Error error = direct().fetchBlob(descriptorOf(bytes), sink);
    if (!error) return sink.text == bytes;
    EXPECT_EQ(kindOf(error), FaultKind::NotFound);
    llvm::consumeError(std::move(error));
    return false;
  }
  size_t count(llvm::StringRef line) { return llvm::StringRef(proxy_.log()).count(line); }

  TempDir home_ = makeTempDir();
  Environment environment_{{"XDG_CONFIG_HOME", home_.path()}, {"DOCKER_CONFIG", home_.path()}};
  RegistryServer server_;
  FaultProxy proxy_{server_};
  CancelToken cancel_;
  Client client_{cancel_, {.retries = {.attempts = 6, .pause = std::chrono::milliseconds(2)}}};
};

TEST_F(FaultsTest, ADownloadGoesOnWhereItBroke) {
  std::string bytes = bytesOf(3'000'000, 1);
  must(direct().pushBlob(descriptorOf(bytes), bytes));
  proxy_.plan(Array{Object{{"path", "/blobs/"}, {"cutResponse", 1'000'000}},
                    Object{{"path", "/blobs/"}, {"cutResponse", 700'000}}});
  EXPECT_EQ(must(read(descriptorOf(bytes))), bytes);
  EXPECT_EQ(count(" 206\n"), 2u) << proxy_.log();
}

TEST_F(FaultsTest, ADownloadThatIsCutAgainAndAgainComesToItsEnd) {
  std::string bytes = bytesOf(500'000, 2);
  must(direct().pushBlob(descriptorOf(bytes), bytes));
  proxy_.plan(Array{Object{{"path", "/blobs/"}, {"cutResponse", 30'000}, {"always", true}}});
  EXPECT_EQ(must(read(descriptorOf(bytes))), bytes);
  EXPECT_GE(count("GET /v2/app/blobs/"), 16u);
}

TEST_F(FaultsTest, ARegistryWithoutRangesSendsAllAgain) {
  std::string bytes = bytesOf(400'000, 3);
  must(direct().pushBlob(descriptorOf(bytes), bytes));
  proxy_.plan(Array{Object{{"path", "/blobs/"}, {"cutResponse", 200'000}},
                    Object{{"path", "/blobs/"}, {"dropRequestHeader", "range"}}});
  EXPECT_EQ(must(read(descriptorOf(bytes))), bytes);
}

TEST_F(FaultsTest, AWrongByteIsNamed) {
  std::string bytes = bytesOf(100'000, 4);
  must(direct().pushBlob(descriptorOf(bytes), bytes));
  proxy_.plan(Array{Object{{"path", "/blobs/"}, {"corruptResponse", 50'000}}});
  EXPECT_FAULT_SAYING(read(descriptorOf(bytes)), FaultKind::Corrupt, digestOf(bytes).str());
  proxy_.plan(Array{Object{{"method", "PUT"}, {"corruptRequest", 5}}});
  std::string other = bytesOf(1000, 5);
  EXPECT_FAULT_SAYING(through().pushBlob(descriptorOf(other), other), FaultKind::Invalid, "digest_invalid");
  EXPECT_FALSE(arrived(other));
}

TEST_F(FaultsTest, ABusyRegistryIsAskedAgainWhenItSays) {
  std::string bytes = bytesOf(1000, 6);
  proxy_.plan(Array{Object{{"method", "HEAD"}, {"status", 503}},
                    Object{{"method", "POST"}, {"status", 429}, {"retryAfter", "1"}}});
  auto began = std::chrono::steady_clock::now();
  must(through().pushBlob(descriptorOf(bytes), bytes));
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(1000));
  EXPECT_TRUE(arrived(bytes));
  proxy_.plan(Array{Object{{"status", 429}, {"retryAfter", "3600"}, {"always", true}}});
  EXPECT_FAULT_SAYING(through().hasBlob(digestOf("x")), FaultKind::Unavailable, "come back in 1h00m");
}

TEST_F(FaultsTest, ARefusalThatIsMeantIsNotTriedAgain) {
  must(through().resolve("v1").takeError());
  proxy_.forgetLog();
  proxy_.plan(Array{Object{{"status", 403}, {"always", true}}});
  EXPECT_FAULT(through().hasBlob(digestOf("x")), FaultKind::Denied);
  EXPECT_EQ(count("HEAD"), 1u);
}

TEST_F(FaultsTest, AnAttemptTooManyIsUnavailableAndSaysHowOften) {
  proxy_.plan(Array{Object{{"refuse", true}, {"always", true}, {"path", "/blobs/"}}});
  EXPECT_FAULT_SAYING(through().hasBlob(digestOf("x")), FaultKind::Unavailable, "tried 6 times");
  EXPECT_FAULT_SAYING(read(descriptorOf("x")), FaultKind::Unavailable, "tried 6 times");
}

TEST_F(FaultsTest, AnUploadThatBreaksIsMadeAgain) {
  std::string bytes = bytesOf(2'000'000, 7);
  proxy_.plan(Array{Object{{"method", "PUT"}, {"cutRequest", 700'000}}, Object{{"method", "PUT"}, {"refuse", true}}});
  must(through().pushBlob(descriptorOf(bytes), bytes));
  EXPECT_TRUE(arrived(bytes));
  std::string streamed = bytesOf(2'000'000, 8);
  proxy_.plan(Array{Object{{"method", "PATCH"}, {"cutRequest", 700'000}}, Object{{"method", "PUT"}, {"status", 502}}});
  must(stream(streamed));
  EXPECT_TRUE(arrived(streamed));
  EXPECT_EQ(proxy_.left(), 0u);
}

TEST_F(FaultsTest, AnUploadWhoseAnswerIsLostIsNotSentAgain) {
  std::string bytes = bytesOf(500'000, 9);
  proxy_.plan(Array{Object{{"method", "PUT"}, {"cutHead", 5}}});
  must(through().pushBlob(descriptorOf(bytes), bytes));
  EXPECT_EQ(count("PUT "), 1u) << proxy_.log();
}

TEST_F(FaultsTest, ARegistryThatWantsPiecesGetsPieces) {
  std::string bytes = bytesOf(20'000'000, 10);
  proxy_.plan(Array{Object{{"method", "PUT"}, {"status", 413}}});
  must(through().pushBlob(descriptorOf(bytes), bytes));
  EXPECT_EQ(count("PATCH "), 3u);
  EXPECT_TRUE(arrived(bytes));
  std::string streamed = bytesOf(10'000'000, 11);
  proxy_.plan(
      Array{Object{{"method", "PATCH"}, {"status", 411}}, Object{{"method", "PATCH"}, {"path", "x"}, {"status", 502}}});
  must(stream(streamed));
  EXPECT_TRUE(arrived(streamed));
}

TEST_F(FaultsTest, AnUploadThatCannotSucceedLeavesNoSession) {
  std::string bytes = bytesOf(1000, 12);
  proxy_.plan(Array{Object{{"method", "PUT"}, {"status", 403}}});
  EXPECT_FAULT(through().pushBlob(descriptorOf(bytes), bytes), FaultKind::Denied);
  EXPECT_EQ(count("DELETE /v2/app/blobs/uploads/"), 1u);
  layerfs::Descriptor longer = descriptorOf(bytes);
  longer.size += 1;
  EXPECT_FAULT(through().pushBlob(longer, bytes), FaultKind::Corrupt);
}

/// Faults of every kind, some of which no attempt can mend.
Object randomFault(std::minstd_rand& random, size_t size) {
  auto number = [&](size_t below) { return int64_t(random() % std::max<size_t>(below, 1)); };
  switch (random() % 10) {
    case 0:
      return Object{{"refuse", true}};
    case 1:
      return Object{{"status", 503}};
    case 2:
      return Object{{"status", 429}, {"retryAfter", "0"}};
    case 3:
      return Object{{"status", 500 + number(5) % 5}};
    case 4:
      return Object{{"cutRequest", number(size)}};
    case 5:
      return Object{{"cutResponse", number(size)}};
    case 6:
      return Object{{"cutHead", number(200)}};
    case 7:
      return Object{{"method", "GET"}, {"path", "/blobs/sha256"}, {"corruptResponse", number(size)}};
    case 8:
      return Object{{"method", random() % 2 ? "PUT" : "PATCH"}, {"corruptRequest", number(size)}};
    default:
      return Object{{"delay", double(number(4)) / 1000}};
  }
}

/// Every push and pull either succeeds with the right digest or fails with the cause; without corruption it succeeds.
TEST_F(FaultsTest, OfAThousandRandomFaultsNoneIsLost) {
  std::minstd_rand random(20'260'101);
  must(through().resolve("v1").takeError());
  std::string kept = bytesOf(60'000, 13);
  must(direct().pushBlob(descriptorOf(kept), kept));
  size_t faults = 0, failures = 0;
  for (uint64_t trial = 0; faults < 1000; ++trial) {
    size_t size = random() % 60'000;
    Array plan;
    bool corrupts = false;
    std::string text;
    for (size_t i = 0, many = 1 + random() % 3; i < many; ++i, ++faults) {
      Object fault = randomFault(random, size);
      corrupts |= fault.get("corruptRequest") || fault.get("corruptResponse");
      if (int64_t status = fault.getInteger("status").value_or(0); status == 501) corrupts = true;
      plan.push_back(std::move(fault));
    }
    text = printJson(llvm::json::Value(Array(plan)));
    proxy_.plan(std::move(plan));
    std::string bytes = bytesOf(size, trial + 100);
    llvm::Error error = llvm::Error::success();
    bool right = true;
    switch (trial % 3) {
      case 0: {
        auto got = read(descriptorOf(kept));
        right = got && *got == kept;
        error = got.takeError();
        break;
      }
      case 1:
        error = through().pushBlob(descriptorOf(bytes), bytes);
        right = !error && arrived(bytes);
        break;
      default:
        error = stream(bytes);
        right = !error && arrived(bytes);
    }
    if (!error) {
      EXPECT_TRUE(right) << text;
      continue;
    }
    ++failures;
    std::string message = messageOf(std::move(error));
    EXPECT_TRUE(corrupts) << text << "\n" << message;
    EXPECT_THAT(message, ::testing::AnyOf(::testing::HasSubstr("sha256:"), ::testing::HasSubstr("digest_invalid"),
                                          ::testing::HasSubstr("501")));
  }
  EXPECT_LT(failures, 200u);
}
}  // namespace
}  // namespace strata::registry
