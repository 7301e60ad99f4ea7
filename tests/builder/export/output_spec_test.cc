#include "builder/export/output_spec.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using layerfs::Compression;
using testing::must;

OutputSpec parsed(llvm::StringRef text) { return must(parseOutput(text)); }
/// The only output of these flags.
OutputSpec only(const OutputFlags& flags) {
  auto specs = must(makeOutputs(flags));
  EXPECT_EQ(specs.size(), 1u);
  return specs.front();
}
const layerfs::Platform kAmd{.os = "linux", .architecture = "amd64"};
const layerfs::Platform kArm{.os = "linux", .architecture = "arm", .variant = "v7"};

TEST(OutputSpec, OUT_1_APathAloneIsADirectoryAndAHyphenATar) {
  EXPECT_EQ(parsed("out").type, OutputType::Local);
  EXPECT_EQ(parsed("out").destination, "out");
  EXPECT_EQ(parsed("-").type, OutputType::Tar);
  EXPECT_EQ(parsed("-").destination, "-");
  EXPECT_FAULT_SAYING(parseOutput("dest=out,tar=true"), FaultKind::Invalid, "type is required");
  EXPECT_FAULT_SAYING(parseOutput("type=oic,dest=x"), FaultKind::Invalid, "did you mean oci?");
  EXPECT_FAULT_SAYING(parseOutput("type=oci,desst=x"), FaultKind::Invalid, "unknown key 'desst' for type=oci");
  EXPECT_EQ(must(makeOutputs({.outputs = {"out", "type=oci,dest=x.tar"}})).size(), 2u);
}

TEST(OutputSpec, OUT_1_TwoOutputsCannotShareStandardOutput) {
  EXPECT_FAULT_SAYING(makeOutputs({.outputs = {"-", "type=oci"}}), FaultKind::Invalid, "standard output");
}

TEST(OutputSpec, OUT_2_NothingAskedForIsAnImageOfTheStore) {
  EXPECT_TRUE(only({}).goesToStore());
  EXPECT_EQ(only({.tags = {"docker.io/library/app:1"}}).image.names,
            std::vector<std::string>{"docker.io/library/app:1"});
}

TEST(OutputSpec, OUT_3_RegistryAndPushAreOneAndLoadIsDocker) {
  EXPECT_TRUE(parsed("type=registry,name=localhost/app").image.push);
  EXPECT_EQ(parsed("type=registry,name=localhost/app").type, OutputType::Image);
  OutputSpec pushed = only({.tags = {"localhost/app:latest"}, .push = true});
  EXPECT_TRUE(pushed.image.push && pushed.goesToStore());
  EXPECT_TRUE(parsed("type=registry,name=localhost/app,registry.insecure=true").image.insecure);
  EXPECT_EQ(only({.load = true}).type, OutputType::Docker);
  EXPECT_TRUE(only({.load = true}).goesToStore());
  EXPECT_EQ(must(makeOutputs({.outputs = {"type=docker"}, .load = true})).size(), 1u);
  EXPECT_EQ(must(makeOutputs({.outputs = {"type=docker,dest=x"}, .load = true})).size(), 2u);
}

TEST(OutputSpec, OUT_4_ImageTypesKnowTheirKeys) {
  for (const char* type : {"image", "oci", "docker"}) {
    OutputSpec spec = parsed((llvm::Twine("type=") + type +
                              ",\"name=app,localhost:5000/x:1\",oci-artifact=true,compression=zstd,"
                              "compression-level=7,force-compression=1,rewrite-timestamp=t,source-date-epoch=5,"
                              "prefer-nondist-layers=true,attestation-inline=false")
                                 .str());
    EXPECT_EQ(spec.image.names, (std::vector<std::string>{"docker.io/library/app:latest", "localhost:5000/x:1"}));
    EXPECT_EQ(spec.image.compression.kind, Compression::Zstd);
    EXPECT_EQ(spec.image.compression.level, 7);
    EXPECT_TRUE(spec.image.forceCompression && spec.image.rewriteTimestamp && spec.image.ociArtifact);
    EXPECT_EQ(spec.sourceDateEpoch, 5);
  }
  for (const char* key : {"oci-mediatypes", "oci-artifact", "force-compression", "rewrite-timestamp",
                          "prefer-nondist-layers", "attestation-inline"}) {
    std::string start = std::string("type=oci,") + key;
    EXPECT_FAULT_SAYING(parseOutput(start + "=maybe"), FaultKind::Invalid, "non-bool value 'maybe'");
    EXPECT_FAULT_SAYING(parseOutput(start + "="), FaultKind::Invalid, "non-bool value ''");
    EXPECT_FAULT_SAYING(parseOutput(start), FaultKind::Invalid, "KEY=VALUE");
  }
  EXPECT_FAULT_SAYING(parseOutput("type=local,dest=x,compression=gzip"), FaultKind::Invalid, "unknown key");
  EXPECT_FAULT_SAYING(parseOutput("type=image,name=UPPER"), FaultKind::Invalid, "UPPER");
}

TEST(OutputSpec, OUT_5_KeysOfImageMayStandAlone) {
  for (const char* form : {"", "=", "=true"}) {
    OutputSpec spec = parsed((llvm::Twine("type=image,unpack") + form + ",push-by-digest" + form + ",push" + form +
                              ",store" + form + ",registry.insecure" + form + ",name-canonical" + form +
                              ",danging-name-empty-only" + form + ",dangling-name-prefix=x")
                                 .str());
    EXPECT_TRUE(spec.image.unpack && spec.image.pushByDigest && spec.image.push && spec.image.store);
  }
  EXPECT_FALSE(parsed("type=image,store=false").goesToStore());
  EXPECT_FAULT_SAYING(parseOutput("type=image,push=never"), FaultKind::Invalid, "non-bool value 'never'");
  EXPECT_FAULT_SAYING(parseOutput("type=oci,dest=x,push=true"), FaultKind::Invalid, "unknown key 'push'");
}

TEST(OutputSpec, OUT_6_OciAndDockerGoIntoATarOrADirectory) {
  EXPECT_TRUE(parsed("type=oci,dest=x").tar);
  EXPECT_FALSE(parsed("type=oci,dest=x,tar=false").tar);
  EXPECT_EQ(parsed("type=oci").destination, "-");
  EXPECT_EQ(parsed("type=docker").destination, "");
  EXPECT_EQ(parsed("type=docker,dest=-").destination, "-");
  EXPECT_FAULT_SAYING(parseOutput("type=oci,tar=false"), FaultKind::Invalid, "dest is required");
  EXPECT_FAULT_SAYING(parseOutput("type=oci,tar=false,dest=-"), FaultKind::Invalid, "cannot be standard output");
  EXPECT_FALSE(testing::faultOf(parseOutput("type=docker,context=default")).kind);
  EXPECT_FAULT(parseOutput("type=docker,context=remote"), FaultKind::Unsupported);
  EXPECT_FAULT_SAYING(parseOutput("type=oci,context=default"), FaultKind::Invalid, "unknown key");
}

TEST(OutputSpec, OUT_8_DockerHoldsNoSeveralPlatforms) {
  OutputSpec docker = parsed("type=docker,dest=x");
  EXPECT_FAULT_SAYING(checkOutputs({docker}, {kAmd, kArm}, true), FaultKind::Unsupported,
                      "does not currently support exporting manifest lists");
  must(checkOutputs({docker}, {kAmd}, false));
}

TEST(OutputSpec, OUT_9_DockerTypesExcludeWhatOnlyOciHas) {
  EXPECT_EQ(parsed("type=oci,oci-mediatypes=false").image.family, layerfs::MediaFamily::Docker);
  EXPECT_EQ(parsed("type=image").image.family, layerfs::MediaFamily::Oci);
  for (const char* other : {"compression=zstd", "oci-artifact=true", "annotation-manifest-descriptor.a=1",
                            "annotation-index.a=1", "annotation-index-descriptor.a=1"})
    EXPECT_FAULT(parseOutput(std::string("type=oci,oci-mediatypes=false,") + other), FaultKind::Invalid);
}

TEST(OutputSpec, OUT_10_CompressionsAndTheirLevels) {
  EXPECT_EQ(parsed("type=oci").image.compression.kind, Compression::Gzip);
  EXPECT_EQ(parsed("type=oci,compression=uncompressed").image.compression.kind, Compression::None);
  EXPECT_FAULT_SAYING(parseOutput("type=oci,compression=lzma"), FaultKind::Invalid, "lzma");
  EXPECT_FAULT(parseOutput("type=oci,compression=estargz"), FaultKind::Unsupported);
  EXPECT_FAULT(parseOutput("type=oci,compression-level=best"), FaultKind::Invalid);
  EXPECT_FAULT(parseOutput("type=oci,compression-level=10"), FaultKind::Invalid);
}

TEST(OutputSpec, CompressionCanBeSaidBesidePush) {
  OutputFlags flags{
      .tags = {"docker.io/library/a:latest"}, .push = true, .pushKeys = {"compression=zstd", "compression-level=7"}};
  auto specs = must(makeOutputs(flags));
  ASSERT_EQ(specs.size(), 1u);
  EXPECT_EQ(specs[0].image.compression.kind, layerfs::Compression::Zstd);
  EXPECT_EQ(specs[0].image.compression.level, 7);
  flags.pushKeys = {"compression=lzma"};
  EXPECT_FAULT(makeOutputs(flags).takeError(), FaultKind::Invalid);
  flags = {.tags = flags.tags, .pushKeys = {"compression=zstd"}};
  EXPECT_FAULT(makeOutputs(flags).takeError(), FaultKind::Invalid);
}

TEST(OutputSpec, OUT_12_APushNeedsAName) {
  EXPECT_FAULT_SAYING(makeOutputs({.push = true}), FaultKind::Invalid, "a tag is needed");
  EXPECT_FAULT_SAYING(makeOutputs({.outputs = {"type=registry"}}), FaultKind::Invalid, "a tag is needed");
  EXPECT_FAULT(makeOutputs({.outputs = {"type=registry,name=*"}}), FaultKind::Invalid);
}

TEST(OutputSpec, OUT_13_UnpackAndRewrittenTimesExcludeEachOther) {
  EXPECT_FAULT(parseOutput("type=image,unpack=true,rewrite-timestamp=true"), FaultKind::Invalid);
}

TEST(OutputSpec, OUT_14_NonDistributableLayersAreABoolean) {
  EXPECT_FALSE(testing::faultOf(parseOutput("type=image,prefer-nondist-layers=true")).kind);
  EXPECT_FAULT(parseOutput("type=image,prefer-nondist-layers=perhaps"), FaultKind::Invalid);
}

TEST(OutputSpec, OUT_15_OUT_17_OUT_18_FilesHaveTheirOwnKeys) {
  OutputSpec local =
      parsed("type=local,dest=x,mode=delete,platform-split=true,attestation-prefix=p,source-date-epoch=");
  EXPECT_TRUE(local.deleteStale);
  EXPECT_EQ(local.platformSplit, true);
  EXPECT_TRUE(local.hasEpoch);
  EXPECT_EQ(local.sourceDateEpoch, std::nullopt);
  EXPECT_FALSE(parsed("type=local,dest=x,mode=copy").deleteStale);
  EXPECT_FAULT(parseOutput("type=local,dest=x,mode=move"), FaultKind::Invalid);
  EXPECT_FAULT_SAYING(parseOutput("type=local"), FaultKind::Invalid, "dest is required");
  EXPECT_FAULT_SAYING(parseOutput("type=tar,mode=delete"), FaultKind::Invalid, "unknown key 'mode'");
  EXPECT_EQ(parsed("type=tar").destination, "-");
}

TEST(OutputSpec, SDE_8_AnEpochIsASecond) {
  EXPECT_EQ(parsed("type=oci,source-date-epoch=17").sourceDateEpoch, 17);
  EXPECT_FAULT_SAYING(parseOutput("type=oci,source-date-epoch=today"), FaultKind::Invalid, "invalid source-date-epoch");
}

TEST(OutputSpec, CLI_11_TagsNameImageOciAndDockerOutputs) {
  auto specs = must(makeOutputs({.outputs = {"type=image", "type=oci,name=other", "type=docker,dest=d", "out"},
                                 .tags = {"docker.io/library/a:1"}}));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(specs[i].image.names, std::vector<std::string>{"docker.io/library/a:1"});
  EXPECT_TRUE(specs[3].image.names.empty());
}

TEST(OutputSpec, ANN_1_KeysAndOptionsSayTypeAndPlatform) {
  auto annotations = parsed("type=oci,annotation.a.b=1,annotation-index[linux/arm/v7].c=2,annotation[linux/amd64].d=3")
                         .image.annotations;
  ASSERT_EQ(annotations.size(), 3u);
  EXPECT_EQ(annotations[0].place, Annotation::Place::Manifest);
  EXPECT_EQ(annotations[0].key, "a.b");
  EXPECT_EQ(annotations[1].place, Annotation::Place::Index);
  EXPECT_EQ(annotations[1].platform, kArm);
  EXPECT_EQ(annotations[2].platform, kAmd);
  auto several = must(parseAnnotationOption("index,manifest[linux/arm/v7],index-descriptor:org.x:y=v=w"));
  ASSERT_EQ(several.size(), 3u);
  EXPECT_EQ(several[0].place, Annotation::Place::Index);
  EXPECT_EQ(several[1].platform, kArm);
  EXPECT_EQ(several[2].place, Annotation::Place::IndexDescriptor);
  EXPECT_EQ(several[2].key, "org.x:y");
  EXPECT_EQ(several[2].value, "v=w");
  EXPECT_EQ(must(parseAnnotationOption("k=v")).front().place, Annotation::Place::Manifest);
  EXPECT_FAULT_SAYING(parseAnnotationOption("manfest:a=1"), FaultKind::Invalid, "did you mean manifest?");
  EXPECT_FAULT(parseAnnotationOption("novalue"), FaultKind::Invalid);
  EXPECT_FAULT(parseAnnotationOption("manifest:=1"), FaultKind::Invalid);
  EXPECT_FAULT(parseAnnotationOption("manifest[linux/*]:a=1"), FaultKind::Invalid);
  EXPECT_FAULT(parseOutput("type=oci,annotation-manifest[linux/amd64]=1"), FaultKind::Invalid);
  EXPECT_FAULT(parseOutput("type=oci,annotation-other.a=1"), FaultKind::Invalid);
}

TEST(OutputSpec, ANN_1_ANN_3_AnnotationsNeedTheirPlatformAndAnIndex) {
  OutputSpec arm = parsed("type=oci,annotation[linux/arm/v7].a=1"), index = parsed("type=oci,annotation-index.a=1");
  must(checkOutputs({arm}, {kAmd, kArm}, true));
  EXPECT_FAULT_SAYING(checkOutputs({arm}, {kAmd}, false), FaultKind::Invalid, "no platform linux/arm/v7");
  must(checkOutputs({index}, {kAmd, kArm}, true));
  EXPECT_FAULT_SAYING(checkOutputs({index}, {kAmd}, false), FaultKind::Invalid, "no index");
  EXPECT_FAULT(makeOutputs({.outputs = {"type=oci,oci-mediatypes=false"}, .annotations = {"index:a=1"}}),
               FaultKind::Invalid);
}

TEST(Annotation, ANN_2_ANN_4_EachDocumentTakesItsOwnOverWhatItHas) {
  std::map<std::string, std::string> document = {{"a", "old"}, {"kept", "1"}};
  auto annotations =
      parsed("type=oci,annotation.a=new,annotation[linux/arm/v7].arm=1,annotation-index.i=1").image.annotations;
  annotate(document, annotations, Annotation::Place::Manifest, &kAmd);
  EXPECT_EQ(document, (std::map<std::string, std::string>{{"a", "new"}, {"kept", "1"}}));
  annotate(document, annotations, Annotation::Place::Manifest, &kArm);
  EXPECT_EQ(document["arm"], "1");
  EXPECT_EQ(document.count("i"), 0u);
}

}  // namespace
}  // namespace strata::builder
