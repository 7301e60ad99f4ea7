#include "builder/plan/make_plan.h"
#include "tests/support/testing.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::builder {
namespace {
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::must;
using ::testing::Not;

/// Plans stages that need no image.
llvm::Expected<Plan> planOf(llvm::StringRef text, PlanOptions options = {}) {
  auto file = readDockerfile(std::make_shared<SourceText>("Dockerfile", text.str()));
  if (!file) return file.takeError();
  return makePlan(*file, options, [](llvm::StringRef, const layerfs::Platform&) -> llvm::Expected<ResolvedImage> {
    return fault(FaultKind::NotFound, "no such image");
  });
}
/// The last RUN's mounts.
std::vector<PlannedMount> mountsOf(llvm::StringRef text, PlanOptions options = {}) {
  Plan plan = must(planOf(text, options));
  return plan.vertices[*plan.results[0].files].as<RunOp>()->mounts;
}
PlannedMount mountOf(llvm::StringRef flag, llvm::StringRef before = "") {
  return mountsOf(("FROM scratch\n" + before + "RUN --mount=" + flag + " x\n").str()).front();
}
std::vector<KeyComponent> mountComponents(llvm::StringRef flag) {
  Plan plan = must(planOf(("FROM scratch\nRUN --mount=" + flag + " x\n").str()));
  std::vector<KeyComponent> mounts;
  for (KeyComponent& component : componentsOf(plan.vertices[*plan.results[0].files], "Dockerfile"))
    if (component.kind == KeyComponent::Kind::Mount) mounts.push_back(std::move(component));
  return mounts;
}

TEST(PlanMounts, MNT_3_ValuesTakeTheStagesVariables) {
  PlannedMount mount = mountOf("type=$KIND,id=c-$V,target=$T/$V", "ENV KIND=cache V=1\nARG T=/t\n");
  EXPECT_EQ(mount.flag.kind, MountKind::Cache);
  EXPECT_EQ(mount.flag.id, "/c-1");
  EXPECT_EQ(mount.flag.target, "/t/1");
  // As they are at that line, not as they become.
  EXPECT_EQ(
      mountsOf("FROM scratch\nENV V=early\nRUN --mount=type=tmpfs,target=/$V x\nENV V=late\n").front().flag.target,
      "/early");
}

TEST(PlanMounts, MNT_3_AVariableInFromIsAnErrorEvenInAStageThatNobodyNeeds) {
  EXPECT_FAULT_SAYING(planOf("FROM scratch AS dead\nRUN --mount=from=$x,target=/m x\nFROM scratch\n"),
                      FaultKind::Invalid, "define alias stage instead");
}

TEST(PlanMounts, MNT_8_TargetsStartAtTheWorkdir) {
  EXPECT_EQ(mountOf("type=tmpfs,target=rel/./x", "WORKDIR /w\n").flag.target, "/w/rel/x");
  EXPECT_EQ(mountOf("type=tmpfs,target=../up", "WORKDIR /w/d\n").flag.target, "/w/up");
  EXPECT_EQ(mountOf("type=tmpfs", "WORKDIR /w\n").flag.target, "/w");
  for (llvm::StringRef flag :
       {"type=tmpfs", "type=tmpfs,target=/", "type=tmpfs,target=.", "type=cache,target=/a/..", "source=x,target=//"})
    EXPECT_FAULT_SAYING(planOf(("FROM scratch\nRUN --mount=" + flag + " x\n").str()), FaultKind::Invalid,
                        "invalid mount target");
}

TEST(PlanMounts, MNT_11_SourcesAreRootedAndPullStagesIn) {
  Plan plan =
      must(planOf("FROM scratch AS made\nCOPY a /a\nFROM scratch AS other\nCOPY b /b\nFROM scratch\n"
                  "RUN --mount=from=made,source=../x/../a,target=/m x\n"));
  const Vertex& run = plan.vertices[*plan.results[0].files];
  const PlannedMount& mount = run.as<RunOp>()->mounts.front();
  EXPECT_EQ(mount.below, "a");
  ASSERT_TRUE(mount.files);
  EXPECT_THAT(run.inputs, Contains(*mount.files));
  EXPECT_EQ(plan.vertices[*mount.files].stage, "made");
  for (const Vertex& vertex : plan.vertices) EXPECT_NE(vertex.stage, "other");
}

TEST(PlanMounts, MNT_13_OneChoiceOfContextFilesIsMadeOnce) {
  Plan plan =
      must(planOf("FROM scratch\nRUN --mount=source=src,target=/a --mount=source=./src/,target=/b x\n"
                  "RUN --mount=src=/src,target=/c y\n"));
  size_t choices = 0;
  for (const Vertex& vertex : plan.vertices) {
    const auto* files = vertex.as<ContextFilesOp>();
    if (!files) continue;
    ++choices;
    EXPECT_EQ(files->sources, std::vector<std::string>{"src"});
    EXPECT_FALSE(vertex.step);
  }
  EXPECT_EQ(choices, 1u);
  EXPECT_EQ(plan.stepCount, 2u);
}

TEST(PlanMounts, MNT_16_TheIdIsTheTargetAsWrittenAndCleaned) {
  EXPECT_EQ(mountOf("type=cache,target=/c/./x/").flag.id, "//c/x");
  EXPECT_EQ(mountOf("type=cache,target=c/../d", "WORKDIR /w\n").flag.id, "/d");
  EXPECT_EQ(mountOf("type=cache,target=/c,id=named").flag.id, "/named");
}

TEST(PlanMounts, MNT_21_BARG_1_ANamespaceStandsBeforeTheId) {
  PlanOptions options;
  options.buildArgs["BUILDKIT_CACHE_MOUNT_NS"] = "mine";
  EXPECT_EQ(mountsOf("FROM scratch\nRUN --mount=type=cache,target=/c x\n", options).front().flag.id, "mine//c");
}

TEST(PlanMounts, MNT_24_MNT_25_SecretsNameTheirTargetAndTargetsTheirSecret) {
  auto both = [](const PlannedMount& mount) { return mount.flag.id + " " + mount.flag.target; };
  EXPECT_EQ(both(mountOf("type=secret,id=dir/key")), "dir/key /run/secrets/key");
  EXPECT_EQ(both(mountOf("type=secret,source=dir/key")), "dir/key /run/secrets/key");
  EXPECT_EQ(both(mountOf("type=secret,target=/etc/keys/one")), "one /etc/keys/one");
  EXPECT_EQ(both(mountOf("type=secret,id=key,env=KEY")), "key ");
  EXPECT_EQ(both(mountOf("type=secret,id=key,env=KEY,target=/k")), "key /k");
}

TEST(PlanMounts, MNT_31_SshMountsAreNumbered) {
  auto mounts = mountsOf("FROM scratch\nRUN --mount=type=ssh --mount=type=tmpfs,target=/t --mount=type=ssh,id=b x\n");
  EXPECT_EQ(mounts[0].flag.id, "default");
  EXPECT_EQ(mounts[0].flag.target, "/run/buildkit/ssh_agent.0");
  EXPECT_EQ(mounts[2].flag.id, "b");
  EXPECT_EQ(mounts[2].flag.target, "/run/buildkit/ssh_agent.1");
}

TEST(PlanMounts, MNT_28_PROG_3_ASecretsVariableIsMaskedInTheName) {
  Plan plan =
      must(planOf("FROM scratch\nENV TOKEN=public\nRUN --mount=type=secret,id=t,env=TOKEN use $TOKEN ${TOKEN}\n"));
  const Vertex& run = plan.vertices[*plan.results[0].files];
  EXPECT_THAT(run.name, HasSubstr("use **** ****"));
  EXPECT_THAT(plan.results[0].history.back().createdBy, Not(HasSubstr("****")));
}

TEST(PlanMounts, CACHE_1_WhatCountsOfAMount) {
  auto differ = [](llvm::StringRef a, llvm::StringRef b) {
    auto left = mountComponents(a), right = mountComponents(b);
    return left[0].name != right[0].name || left[0].value != right[0].value;
  };
  EXPECT_TRUE(differ("type=tmpfs,target=/a", "type=tmpfs,target=/b"));
  EXPECT_TRUE(differ("type=tmpfs,target=/a", "type=cache,target=/a"));
  EXPECT_TRUE(differ("type=tmpfs,target=/a", "type=tmpfs,target=/a,ro"));
  EXPECT_TRUE(differ("type=tmpfs,target=/a", "type=tmpfs,size=1m,target=/a"));
  EXPECT_TRUE(differ("type=secret,id=a,target=/s", "type=secret,id=b,target=/s"));
  EXPECT_TRUE(differ("type=secret,id=a", "type=secret,id=a,required"));
  EXPECT_TRUE(differ("type=secret,id=a", "type=secret,id=a,mode=0444"));
  EXPECT_TRUE(differ("type=ssh,id=a", "type=ssh,id=b"));
}

TEST(PlanMounts, CACHE_2_MNT_20_WhatDoesNotCountOfACache) {
  auto values = [](llvm::StringRef flag) { return mountComponents(flag)[0].value; };
  EXPECT_EQ(values("type=cache,target=/c"), values("type=cache,target=/c,id=x,sharing=locked"));
}

TEST(PlanMounts, STAGE_12_ALaterStageCannotBeMounted) {
  EXPECT_FAULT_SAYING(planOf("FROM scratch AS a\nRUN --mount=from=b,target=/m x\nFROM scratch AS b\nFROM a\n"),
                      FaultKind::Invalid, "cannot mount from stage \"b\"");
}

TEST(PlanMounts, RUN_11_DevicesBelongToTheLabsChannel) {
  EXPECT_FAULT_SAYING(planOf("FROM scratch\nRUN --device=vendor/class x\n"), FaultKind::Invalid, "labs channel");
}

TEST(PlanMounts, RUN_9_RUN_10_CLI_13_EntitlementsAreNamedAndGranted) {
  for (auto [flag, entitlement] :
       {std::pair("--network=host", "network.host"), {"--security=insecure", "security.insecure"}}) {
    std::string text = std::string("FROM scratch\nRUN ") + flag + " x\n";
    EXPECT_FAULT_SAYING(planOf(text), FaultKind::Invalid,
                        std::string("entitlement ") + entitlement + " is not allowed");
    PlanOptions options;
    options.entitlements.insert(entitlement);
    must(planOf(text, options));
  }
  PlanOptions options;
  options.network = "host";
  Plan plan = must(planOf("FROM scratch\nRUN --network=none x\n", options));
  EXPECT_EQ(plan.vertices[*plan.results[0].files].as<RunOp>()->network, "none");
}

}  // namespace
}  // namespace strata::builder
