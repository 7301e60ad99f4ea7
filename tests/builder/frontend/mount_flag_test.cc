#include "builder/frontend/mount_flag.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using ::testing::HasSubstr;
using testing::must;
using ::testing::Not;

llvm::Expected<RunMount> read(llvm::StringRef text) {
  return parseMountFlag(text, [](llvm::StringRef value) -> llvm::Expected<std::string> {
    return value == "$KIND" ? std::string("cache") : value == "$ID" ? std::string("the id") : value.str();
  });
}
std::string complaint(llvm::StringRef text) { return testing::faultOf(read(text)).message; }

TEST(MountFlag, MNT_1_OneCsvRecordOfKeysInAnyCase) {
  RunMount mount = must(read("TYPE=Cache,\"target=/a,b\",Sharing=LOCKED"));
  EXPECT_EQ(mount.kind, MountKind::Cache);
  EXPECT_EQ(mount.target, "/a,b");
  EXPECT_EQ(mount.sharing, CacheSharing::Locked);
  EXPECT_EQ(must(read("target=/x")).kind, MountKind::Bind);
  for (auto [name, kind] : {std::pair("bind", MountKind::Bind),
                            {"cache", MountKind::Cache},
                            {"tmpfs", MountKind::Tmpfs},
                            {"secret", MountKind::Secret},
                            {"ssh", MountKind::Ssh}})
    EXPECT_EQ(must(read(std::string("type=") + name + ",target=/x")).kind, kind);
  EXPECT_EQ(testing::faultOf(read("target=\"/x")).kind, FaultKind::Invalid);
}

TEST(MountFlag, MNT_1_UnknownTypesKeysAndValuesAreErrorsWithASuggestion) {
  EXPECT_THAT(complaint("typ=cache,target=/x"), HasSubstr("unexpected key 'typ' in 'typ=cache' (did you mean type?)"));
  EXPECT_THAT(complaint("type=tmp,target=/x"), HasSubstr("unsupported mount type \"tmp\""));
  EXPECT_THAT(complaint("type=cach,target=/x"), HasSubstr("unsupported mount type \"cach\" (did you mean cache?)"));
  EXPECT_THAT(complaint("type=cache,target=/x,sharing=lock"), HasSubstr("unsupported sharing value \"lock\""));
  EXPECT_THAT(complaint("type=cache,target=/x,sharing=share"), HasSubstr("(did you mean shared?)"));
}

TEST(MountFlag, MNT_2_KeysHaveAliases) {
  for (llvm::StringRef key : {"target", "dst", "destination"}) EXPECT_EQ(must(read((key + "=/t").str())).target, "/t");
  for (llvm::StringRef key : {"source", "src"}) EXPECT_EQ(must(read((key + "=/s,target=/t").str())).source, "/s");
  for (llvm::StringRef word : {"rw", "readwrite"}) EXPECT_FALSE(must(read(("target=/t," + word).str())).readOnly);
  for (llvm::StringRef word : {"ro", "readonly"})
    EXPECT_TRUE(must(read(("type=cache,target=/t," + word).str())).readOnly);
  EXPECT_TRUE(must(read("type=ssh,required")).required);
  RunMount mount = must(read("type=secret,id=i,env=E,uid=1,gid=2,mode=0440,from="));
  EXPECT_EQ(mount.id, "i");
  EXPECT_EQ(mount.env, "E");
  EXPECT_EQ(mount.uid, 1u);
  EXPECT_EQ(mount.gid, 2u);
  EXPECT_EQ(mount.mode, 0440u);
}

TEST(MountFlag, MNT_2_OtherBareWordsAreErrors) {
  for (llvm::StringRef word : {"target", "shared", "x", ""})
    EXPECT_THAT(complaint(("target=/t," + word).str()), HasSubstr("must be a key=value pair"));
}

TEST(MountFlag, MNT_3_ValuesAreExpandedAndFromHoldsNoVariable) {
  RunMount mount = must(read("type=$KIND,id=$ID,target=/t"));
  EXPECT_EQ(mount.kind, MountKind::Cache);
  EXPECT_EQ(mount.id, "the id");
  for (llvm::StringRef from : {"from=$stage", "from=a$b", "FROM=${x}"})
    EXPECT_FAULT_SAYING(checkMountFlag(("target=/t," + from).str()), FaultKind::Invalid,
                        "doesn't support variable expansion, define alias stage instead");
  for (llvm::StringRef fine : {"from=stage$,target=/t", "target=$t,id=$id", "from=,target=/t"})
    EXPECT_EQ(testing::faultOf(checkMountFlag(fine)).kind, std::nullopt) << fine.str();
}

TEST(MountFlag, MNT_4_RequiredAndSizeAreCheckedAgainstTheTypeSoFar) {
  EXPECT_TRUE(must(read("type=secret,required,id=x")).required);
  EXPECT_THAT(complaint("required,type=secret,id=x"), HasSubstr("unexpected key 'required' for mount type 'bind'"));
  EXPECT_THAT(complaint("required=true,type=secret,id=x"),
              HasSubstr("unexpected key 'required' for mount type 'bind'"));
  EXPECT_EQ(must(read("type=tmpfs,size=2m,target=/t")).size, 2u << 20);
  EXPECT_THAT(complaint("size=2m,type=tmpfs,target=/t"), HasSubstr("unexpected key 'size' for mount type 'bind'"));
}

TEST(MountFlag, MNT_5_ReadOnlyByDefaultAndAsSaid) {
  for (llvm::StringRef text : {"target=/t", "type=secret,id=x", "type=ssh"}) EXPECT_TRUE(must(read(text)).readOnly);
  for (llvm::StringRef text : {"type=cache,target=/t", "type=tmpfs,target=/t"}) EXPECT_FALSE(must(read(text)).readOnly);
  for (llvm::StringRef yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    EXPECT_TRUE(must(read(("type=cache,target=/t,ro=" + yes).str())).readOnly);
    EXPECT_FALSE(must(read(("target=/t,rw=" + yes).str())).readOnly);
  }
  for (llvm::StringRef no : {"0", "f", "F", "false", "FALSE", "False"}) {
    EXPECT_FALSE(must(read(("target=/t,readonly=" + no).str())).readOnly);
    EXPECT_TRUE(must(read(("type=cache,target=/t,readwrite=" + no).str())).readOnly);
  }
  EXPECT_THAT(complaint("target=/t,ro=yes"), HasSubstr("invalid value for ro: yes"));
}

TEST(MountFlag, MNT_6_ModeAndOwnerOnlyWhereFilesAreMade) {
  for (llvm::StringRef kind : {"secret", "ssh", "cache"})
    for (llvm::StringRef key : {"mode", "uid", "gid"})
      must(read(("type=" + kind + ",id=x,target=/t," + key + "=7").str()));
  for (llvm::StringRef kind : {"bind", "tmpfs"})
    for (llvm::StringRef key : {"mode", "uid", "gid"})
      EXPECT_THAT(complaint(("type=" + kind + ",target=/t," + key + "=7").str()),
                  HasSubstr((key + " not allowed for \"" + kind + "\" type mounts").str()));
  EXPECT_THAT(complaint("type=cache,target=/t,mode=8"), HasSubstr("invalid value 8 for mode"));
  EXPECT_THAT(complaint("type=cache,target=/t,uid=root"), HasSubstr("invalid value root for uid"));
}

TEST(MountFlag, MNT_7_KeysOfOneTypeAreErrorsOnOthers) {
  EXPECT_THAT(complaint("target=/t,sharing=shared"), HasSubstr("invalid cache sharing set for bind mount"));
  EXPECT_THAT(complaint("type=cache,size=1m,target=/t"), HasSubstr("unexpected key 'size'"));
  EXPECT_THAT(complaint("type=cache,required,target=/t"), HasSubstr("unexpected key 'required'"));
  EXPECT_THAT(complaint("type=secret,id=x,from=stage"), HasSubstr("secret mount should not have a from"));
  EXPECT_THAT(complaint("type=secret,id=x,sharing=shared"), HasSubstr("secret mount should not define sharing"));
}

TEST(MountFlag, MNT_24_ASecretNeedsAName) {
  EXPECT_THAT(complaint("type=secret"), HasSubstr("one of source, target required"));
  EXPECT_THAT(complaint("type=secret,env=E"), HasSubstr("one of source, target required"));
  EXPECT_THAT(complaint("type=secret,id=a,source=b"), HasSubstr("both source and id can't be set"));
  for (llvm::StringRef one : {"id=a", "source=a", "target=/a"}) must(read(("type=secret," + one).str()));
}

TEST(MountFlag, MNT_31_SourceOfAnSshMountIsAnError) {
  EXPECT_THAT(complaint("type=ssh,source=x"), HasSubstr("ssh mount should not have a source"));
}

}  // namespace
}  // namespace strata::builder
