#include "registry/copy.h"

#include "registry/client.h"
#include "tests/support/environment.h"
#include "tests/support/fault_proxy.h"

#include <atomic>

namespace strata::registry {
namespace {
using llvm::json::Array;
using llvm::json::Object;
using strata::testing::Environment;
using strata::testing::FaultProxy;
using strata::testing::makeTempDir;
using strata::testing::must;
using strata::testing::RegistryServer;

class Counting : public SilentProgress {
public:
  void onStep(const StepNews& news) override {
    if (news.state == StepState::Done) ++sent;
    if (news.state == StepState::Cached) ++known;
  }
  std::atomic<int> sent = 0, known = 0;
};

class CopyTest : public ::testing::Test {
protected:
  Repository& repository(const std::string& name) {
    return *must(client_.repository(must(parseReference(name)), Client::Use::Push));
  }
  static layerfs::Descriptor pushed(Repository& repository, llvm::StringRef text, llvm::StringRef type) {
    layerfs::Descriptor blob{.mediaType = type.str(), .digest = digestOf(text), .size = text.size()};
    must(repository.pushBlob(blob, text));
    return blob;
  }
  static std::string configFor(const std::string& architecture, const Digest& diffId) {
    return R"({"os":"linux","architecture":")" + architecture + R"(","rootfs":{"type":"layers","diff_ids":[")" +
           diffId.str() + R"("]}})";
  }
  /// An index of two images that share a layer of 2 MB.
  std::string pushIndex(Repository& repository, llvm::StringRef tag) {
    std::string layer(2'000'000, 'l');
    layerfs::Index index;
    for (const char* architecture : {"amd64", "arm64"}) {
      layerfs::Manifest manifest{
          .config = pushed(repository, configFor(architecture, digestOf(layer)), layerfs::media::kOciConfig),
          .layers = {pushed(repository, layer, layerfs::media::kOciLayer)},
          .annotations = {}};
      std::string text = printManifest(manifest);
      must(repository.pushManifest(text, manifest.mediaType, digestOf(text).str()));
      index.manifests.push_back({.mediaType = manifest.mediaType, .digest = digestOf(text), .size = text.size()});
      index.manifests.back().platform = layerfs::Platform{.os = "linux", .architecture = architecture};
    }
    std::string text = printIndex(index);
    must(repository.pushManifest(text, index.mediaType, tag));
    return text;
  }

  TempDir home_ = makeTempDir();
  Environment environment_{{"XDG_CONFIG_HOME", home_.path()}, {"DOCKER_CONFIG", home_.path()}};
  RegistryServer one_, two_;
  CancelToken cancel_;
  Client client_{cancel_, {.retries = {.attempts = 6, .pause = std::chrono::milliseconds(2)}}};
};

TEST_F(CopyTest, ADestinationThatIsOutOfReachIsTheCauseOnce) {
  struct Failures : SilentProgress {
    void onStep(const StepNews& news) override {
      std::lock_guard lock(mutex);
      if (news.state == StepState::Failed) texts.push_back(news.text);
    }
    std::mutex mutex;
    std::vector<std::string> texts;
  } failures;
  Repository& from = repository(one_.domain() + "/team/app");
  pushIndex(from, "v1");
  auto error = copyImage(from, "v1", repository("127.0.0.1:1/app"), {"v1"}, {}, failures).takeError();
  EXPECT_EQ(kindOf(error), FaultKind::Unavailable);
  std::string text = messageOf(std::move(error));
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  ASSERT_EQ(failures.texts.size(), 1u);
  EXPECT_THAT(failures.texts[0], ::testing::HasSubstr("127.0.0.1:1"));
}

TEST_F(CopyTest, AnIndexArrivesWholeAndOnce) {
  std::string text = pushIndex(repository(one_.domain() + "/app"), "v1");
  Repository &from = repository(one_.domain() + "/app"), &to = repository(two_.domain() + "/deep/copy");
  Counting first, second, neighbour;
  EXPECT_EQ(must(copyImage(from, "v1", to, {"a", "b"}, {}, first)).digest, digestOf(text));
  EXPECT_EQ(first.sent, 3);
  for (const char* tag : {"a", "b"}) EXPECT_EQ(must(to.manifest(tag)).text, text);
  must(copyImage(from, "v1", to, {"c"}, {}, second));
  EXPECT_EQ(second.sent, 0);
  EXPECT_EQ(second.known, 3);
  must(copyImage(to, "a", repository(two_.domain() + "/beside"), {"a"}, {}, neighbour));
  EXPECT_EQ(neighbour.sent, 0) << "blobs of the same registry are taken over there";
}

TEST_F(CopyTest, OnePlatformAlone) {
  pushIndex(repository(one_.domain() + "/app"), "v1");
  Repository& to = repository(two_.domain() + "/app");
  SilentProgress silent;
  CopyChoice arm{.platform = layerfs::Platform{.os = "linux", .architecture = "arm64"}};
  auto copied = must(copyImage(repository(one_.domain() + "/app"), "v1", to, {}, arm, silent));
  EXPECT_EQ(copied.mediaType, layerfs::media::kOciManifest);
  EXPECT_EQ(must(to.manifest(copied.digest.str())).descriptor.digest, copied.digest);
  CopyChoice other{.platform = layerfs::Platform{.os = "linux", .architecture = "s390x"}};
  EXPECT_FAULT_SAYING(copyImage(repository(one_.domain() + "/app"), "v1", to, {}, other, silent), FaultKind::NotFound,
                      "it has linux/amd64, linux/arm64");
}

TEST_F(CopyTest, AnImageOfAnotherPlatformIsNotCopied) {
  Repository &from = repository(one_.domain() + "/app"), &to = repository(two_.domain() + "/app");
  auto index = must(layerfs::parseIndex(pushIndex(from, "v1")));
  std::string arm = index.manifests.back().digest.str();
  SilentProgress silent;
  CopyChoice wanted{.platform = layerfs::Platform{.os = "linux", .architecture = "amd64"}};
  EXPECT_FAULT_SAYING(copyImage(from, arm, to, {"a"}, wanted, silent), FaultKind::NotFound,
                      "wanted linux/amd64, actual: linux/arm64");
  wanted.platform->architecture = "arm64";
  EXPECT_EQ(must(copyImage(from, arm, to, {"a"}, wanted, silent)).digest.str(), arm);
}

TEST_F(CopyTest, BreaksOnBothSidesAreOvercome) {
  std::string text = pushIndex(repository(one_.domain() + "/app"), "v1");
  FaultProxy reading(one_), writing(two_);
  reading.plan(
      Array{Object{{"path", "/blobs/"}, {"cutResponse", 700'000}}, Object{{"path", "/manifests/"}, {"status", 503}}});
  writing.plan(Array{Object{{"method", "PUT"}, {"path", "/blobs/"}, {"cutRequest", 300'000}},
                     Object{{"method", "PUT"}, {"path", "/manifests/"}, {"refuse", true}}});
  SilentProgress silent;
  must(copyImage(repository(reading.domain() + "/app"), "v1", repository(writing.domain() + "/app"), {"v1"}, {},
                 silent));
  EXPECT_EQ(must(repository(two_.domain() + "/app").manifest("v1")).text, text);
  EXPECT_EQ(reading.left() + writing.left(), 0u);
}
}  // namespace
}  // namespace strata::registry
