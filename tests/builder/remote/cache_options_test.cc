#include "builder/remote/cache_options.h"

#include "tests/support/testing.h"

namespace strata::builder {

namespace {

using testing::must;

TEST(CacheOptions, COUT_1_ABareWordIsARegistrysReference) {
  CachePlace place = must(parseCacheSource("localhost:5000/team/app:cache"));
  EXPECT_EQ(place.type, CacheType::Registry);
  EXPECT_EQ(place.reference, "localhost:5000/team/app:cache");
  EXPECT_EQ(must(parseCacheTarget("localhost:5000/team/app")).place.reference, "localhost:5000/team/app:latest");
  EXPECT_EQ(must(parseCacheSource("type=registry,ref=app")).reference, "docker.io/library/app:latest");
  EXPECT_FAULT_SAYING(parseCacheSource("ref=app"), FaultKind::Invalid, "type= is missing");
  EXPECT_FAULT_SAYING(parseCacheSource("type=registry"), FaultKind::Invalid, "needs ref=");
  EXPECT_FAULT_SAYING(parseCacheTarget("type=registry,ref=app@sha256:" + std::string(64, 'a')), FaultKind::Invalid,
                      "tag");
}

TEST(CacheOptions, COUT_2_MinUnlessMaxIsAskedFor) {
  EXPECT_FALSE(must(parseCacheTarget("app")).everyStep);
  EXPECT_FALSE(must(parseCacheTarget("type=registry,ref=app,mode=min")).everyStep);
  EXPECT_TRUE(must(parseCacheTarget("type=registry,ref=app,mode=max")).everyStep);
  EXPECT_FAULT_SAYING(parseCacheTarget("type=registry,ref=app,mode=all"), FaultKind::Invalid, "mode=all");
}

TEST(CacheOptions, COUT_3_WhatRegistryAndLocalExportsCanBeTold) {
  CacheTarget target = must(parseCacheTarget(
      "type=local,dest=/c,compression=zstd,compression-level=19,force-compression=true,oci-mediatypes=true,"
      "image-manifest=true,ignore-error=false,timeout=2m"));
  EXPECT_EQ(target.compression.kind, layerfs::Compression::Zstd);
  EXPECT_EQ(target.compression.level, 19);
  EXPECT_TRUE(target.forceCompression);
  EXPECT_EQ(target.ignoreError, false);
  EXPECT_EQ(target.timeout, std::chrono::seconds(120));
  EXPECT_EQ(must(parseCacheTarget("app")).compression.kind, layerfs::Compression::Gzip);
  EXPECT_EQ(must(parseCacheTarget("type=local,dest=/c,compression=uncompressed")).compression.kind,
            layerfs::Compression::None);
  EXPECT_FAULT_SAYING(parseCacheTarget("type=local,dest=/c,compression=estargz"), FaultKind::Unsupported, "zstd");
  EXPECT_FAULT_SAYING(parseCacheTarget("type=local,dest=/c,oci-mediatypes=false"), FaultKind::Unsupported,
                      "OCI image manifest");
  EXPECT_FAULT_SAYING(parseCacheTarget("type=local,dest=/c,compresion=zstd"), FaultKind::Invalid,
                      "did you mean compression");
}

TEST(CacheOptions, COUT_5_ARegistrysCacheHasAReferenceAndMayBeInsecure) {
  CacheTarget target = must(parseCacheTarget("type=registry,ref=registry.example/app,registry.insecure=true"));
  EXPECT_EQ(target.place.reference, "registry.example/app:latest");
  EXPECT_TRUE(target.place.insecure);
  EXPECT_FALSE(must(parseCacheSource("type=registry,ref=registry.example/app:c")).insecure);
  EXPECT_FAULT(parseCacheSource("type=registry,ref=a,registry.insecure=perhaps"), FaultKind::Invalid);
}

TEST(CacheOptions, COUT_6_ADirectoryWithATag) {
  CacheTarget target = must(parseCacheTarget("type=local,dest=/srv/cache,tag=main,reset=true"));
  EXPECT_EQ(target.place.directory, "/srv/cache");
  EXPECT_EQ(target.place.tag, "main");
  EXPECT_TRUE(target.reset);
  EXPECT_EQ(must(parseCacheTarget("type=local,dest=/srv/cache")).place.tag, "latest");
  std::string digest = digestOf("x").str();
  EXPECT_EQ(must(parseCacheSource("type=local,src=/srv/cache,digest=" + digest)).digest, digestOf("x"));
  EXPECT_FAULT_SAYING(parseCacheSource("type=local,dest=/c"), FaultKind::Invalid, "unknown key 'dest'");
  EXPECT_FAULT_SAYING(parseCacheTarget("type=local,dest=/c,tag=../x"), FaultKind::Invalid, "is no tag");
}

TEST(CacheOptions, COUT_7_InlineHasNoMoreThanItsType) {
  EXPECT_EQ(must(parseCacheTarget("type=inline")).place.type, CacheType::Inline);
  EXPECT_FAULT_SAYING(parseCacheTarget("type=inline,mode=max"), FaultKind::Invalid, "mode=min");
  EXPECT_FAULT_SAYING(parseCacheSource("type=inline"), FaultKind::Invalid, "type=registry");
}

TEST(CacheOptions, WhatThereIsNotSaysWhatThereIs) {
  for (const char* type : {"gha", "s3", "azblob"})
    EXPECT_FAULT_SAYING(parseCacheTarget(std::string("type=") + type), FaultKind::Unsupported, "registry, local");
  EXPECT_FAULT_SAYING(parseCacheTarget("type=registy,ref=a"), FaultKind::Invalid, "did you mean registry");
}

TEST(CacheOptions, CacheMountsGoAlongByName) {
  CacheTarget target = must(parseCacheTarget("type=registry,ref=a,mounts=npm,mounts=/root/.cache,mounts-max-size=64m"));
  EXPECT_EQ(target.mounts, (std::vector<std::string>{"npm", "/root/.cache"}));
  EXPECT_EQ(target.mountsMaxSize, uint64_t(64) << 20);
}

}  // namespace

}  // namespace strata::builder
