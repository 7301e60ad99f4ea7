#include "analyzer/bench/peers.h"

#include "tests/support/testing.h"

#include <llvm/ADT/StringExtras.h>

#include <cstdlib>

namespace strata::analyzer {
namespace {

using testing::must;

std::string lineOf(const Words& words) { return llvm::join(words, " "); }

BuildFlags someFlags() {
  return {.dockerfile = "/d/Dockerfile",
          .target = "app",
          .network = "host",
          .platforms = {"linux/amd64"},
          .buildArgs = {"A=1", "B"},
          .secrets = {"id=s,src=/s"},
          .ssh = {"default"}};
}

TEST(PeersTest, TheOptionsOfABuildAreDockersWords) {
  EXPECT_EQ(lineOf(wordsOf(someFlags())),
            "--file /d/Dockerfile --target app --network host --platform linux/amd64 --build-arg A=1 --build-arg B "
            "--secret id=s,src=/s --ssh default");
  EXPECT_EQ(lineOf(wordsOf({})), "");
}

TEST(PeersTest, EachIsAskedToBuildInItsOwnWords) {
  auto line = [](Peer peer, UseCache cache) {
    return lineOf(buildWords(peer, {"/s", "/r", "vfs"}, {.target = "app"}, cache, "image", "/ctx"));
  };
  EXPECT_EQ(line(Peer::Docker, UseCache::Yes), "docker build --quiet --tag image --target app /ctx");
  EXPECT_EQ(line(Peer::Docker, UseCache::No), "docker build --quiet --tag image --no-cache --target app /ctx");
  EXPECT_EQ(line(Peer::Buildx, UseCache::Yes), "docker buildx build --quiet --tag image --load --target app /ctx");
  EXPECT_EQ(line(Peer::Podman, UseCache::Yes),
            "podman --root /s --runroot /r --storage-driver vfs build --quiet --tag image --layers --target "
            "app /ctx");
  EXPECT_EQ(line(Peer::Buildah, UseCache::No),
            "buildah --root /s --runroot /r --storage-driver vfs build --quiet --tag image --layers --no-cache "
            "--target app /ctx");
}

TEST(PeersTest, WhoDoesNotTrustThisMachineIsToldThatItsRegistryIsPlain) {
  auto line = [](Peer peer, const std::string& name) { return lineOf(pushWords(peer, {"/s", "/r", ""}, name)); };
  EXPECT_EQ(line(Peer::Docker, "localhost:5000/a"), "docker push --quiet localhost:5000/a");
  for (std::string name : {"127.0.0.1:5000/a", "localhost:5000/a", "localhost/a", "[::1]:5000/a"})
    EXPECT_EQ(line(Peer::Podman, name), "podman --root /s --runroot /r push --quiet --tls-verify=false " + name);
  for (std::string name : {"there/a", "localhost.example.org/a", "there:5000/localhost/a"})
    EXPECT_EQ(line(Peer::Podman, name), "podman --root /s --runroot /r push --quiet " + name);
}

TEST(PeersTest, ABaseIsPulledForItsPlatform) {
  BenchBase base{.name = "app@sha256:1", .canonical = "docker.io/library/app@sha256:1", .platform = "linux/arm64"};
  EXPECT_EQ(lineOf(pullWords(Peer::Docker, {}, base)), "docker pull --quiet --platform linux/arm64 app@sha256:1");
  base.name = base.canonical = "localhost:5000/app@sha256:1";
  EXPECT_EQ(lineOf(pullWords(Peer::Buildah, {"/s", "/r", ""}, base)),
            "buildah --root /s --runroot /r pull --quiet --platform linux/arm64 --tls-verify=false "
            "localhost:5000/app@sha256:1");
}

TEST(PeersTest, NamesMayStandTogetherAndCountOnce) {
  EXPECT_EQ(must(peersFrom({"podman,docker", "podman"})), (std::vector<AskedPeer>{{Peer::Podman}, {Peer::Docker}}));
  EXPECT_FAULT_SAYING(peersFrom({"dokcer"}), FaultKind::Invalid, "did you mean docker?");
}

TEST(PeersTest, AllAreThoseThatPathFindsAndWhoIsNamedHasToBeThere) {
  TempDir directory = testing::makeTempDir();
  testing::writeFile(directory.path() + "/docker", "", 0755);
  std::string before = std::getenv("PATH");
  ::setenv("PATH", directory.path().c_str(), 1);
  auto all = peersFrom({"all"}), further = peersFrom({"all,docker"}), other = peersFrom({"podman", "all"});
  ::setenv("PATH", before.c_str(), 1);
  EXPECT_EQ(must(std::move(all)), (std::vector<AskedPeer>{{Peer::Docker, false}, {Peer::Buildx, false}}));
  EXPECT_EQ(must(std::move(further)), (std::vector<AskedPeer>{{Peer::Docker, true}, {Peer::Buildx, false}}));
  EXPECT_EQ(must(std::move(other)),
            (std::vector<AskedPeer>{{Peer::Podman, true}, {Peer::Docker, false}, {Peer::Buildx, false}}));
}

TEST(PeersTest, ImagesAreNamedFoundLoadedAndRemovedInTheirWords) {
  const PeerStore store{"/s", "/r", ""};
  EXPECT_EQ(lineOf(tagWords(Peer::Docker, {}, "a", "b")), "docker tag a b");
  EXPECT_EQ(lineOf(removeWords(Peer::Buildx, {}, {"a", "b"})), "docker rmi --force a b");
  EXPECT_EQ(lineOf(findWords(Peer::Docker, {}, "a")), "docker image inspect --format {{json .RootFS.Layers}} a");
  EXPECT_EQ(lineOf(findWords(Peer::Buildah, store, "a")), "buildah --root /s --runroot /r inspect --type image a");
  EXPECT_EQ(lineOf(loadWords(Peer::Podman, store, "/f")), "podman --root /s --runroot /r load --quiet --input /f");
  EXPECT_EQ(lineOf(loadWords(Peer::Buildah, store, "/f")),
            "buildah --root /s --runroot /r pull --quiet docker-archive:/f");
}

}  // namespace
}  // namespace strata::analyzer
