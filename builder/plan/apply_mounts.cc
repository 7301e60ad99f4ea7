// RUN --mount: values expanded, paths resolved, sources found. Source: spec MNT-3, MNT-8, MNT-11, MNT-16, MNT-24 to
// MNT-31.

#include "builder/context/glob.h"
#include "builder/context/rooted_path.h"
#include "builder/plan/planner.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

namespace {
/// As path.Clean of what was written: "cache/", "./cache" and "cache" are one.
std::string cleanTarget(llvm::StringRef target) {
  bool absolute = target.starts_with("/");
  llvm::SmallVector<llvm::StringRef, 8> kept;
  llvm::SmallVector<llvm::StringRef, 8> parts;
  target.split(parts, '/', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    if (part == ".") continue;
    if (part != "..")
      kept.push_back(part);
    else if (!kept.empty() && kept.back() != "..")
      kept.pop_back();
    else if (!absolute)
      kept.push_back(part);
  }
  std::string text = (absolute ? "/" : "") + llvm::join(kept, "/");
  return text.empty() ? "." : text;
}

llvm::StringRef lastPart(llvm::StringRef path) {
  path = path.rtrim('/');
  size_t slash = path.rfind('/');
  return slash == llvm::StringRef::npos ? path : path.drop_front(slash + 1);
}

/// MNT-24, MNT-25: a secret's id and target stand for each other.
void completeSecret(RunMount& flag) {
  if (flag.id.empty()) flag.id = !flag.source.empty() ? flag.source : lastPart(flag.target).str();
  if (flag.target.empty() && !flag.env) flag.target = "/run/secrets/" + lastPart(flag.id).str();
}
}  // namespace

/// Files of the context that a RUN binds are a layer of their own: owned by root, without what is ignored, made once
/// for equal content. `mount` is the file or directory itself.
VertexId Planner::contextMount(llvm::StringRef path, const Instruction& at, const Place& place) {
  auto [known, isNew] = contextMounts_.try_emplace(path, 0);
  if (!isNew) return known->second;
  CopyOp op;
  op.sources = {literalPattern(path)};
  op.contextFiles = contextFiles({op.sources, op.excludes, op.parents, ""});
  op.destination = "/mount";
  op.link = true;
  op.text = ("mount " + path).str();
  Vertex& vertex = newVertex();
  vertex.inputs = {*op.contextFiles};
  vertex.op = std::move(op);
  vertex.stageIndex = 0;
  vertex.stage = "internal";
  vertex.instruction = "mount";
  vertex.name = "[internal] mount build context: /" + path.str();
  vertex.range = rangeOf(at, place);
  known->second = vertex.id;
  return vertex.id;
}

llvm::Error Planner::chooseFiles(PlannedMount& mount, const Instruction& at, Place& place) {
  const RunMount& flag = mount.flag;
  bool takesFiles = flag.kind == MountKind::Bind || (flag.kind == MountKind::Cache && !flag.from.empty());
  mount.below = flag.kind == MountKind::Bind || flag.kind == MountKind::Cache ? cleanPath(flag.source) : "";
  if (!takesFiles) return llvm::Error::success();
  if (flag.from.empty()) {
    mount.files = contextMount(mount.below, at, place);
    mount.below = "mount";
    mount.shownSource = "the build context";
    return llvm::Error::success();
  }
  auto files = resolveFrom(flag.from, FromUser::Mount, at, place);
  if (!files) return files.takeError();
  mount.files = files->vertex;
  mount.fromNothing = !mount.files;
  mount.shownSource = flag.from;
  return llvm::Error::success();
}

llvm::Expected<PlannedMount> Planner::planMount(const AstWord& written, size_t sshMounts, const Instruction& at,
                                                Place& place, const StageState& state) {
  auto flag = parseMountFlag(written.text, [&](llvm::StringRef value) -> llvm::Expected<std::string> {
    auto expansion = expandWord(
        value, [&](llvm::StringRef name) { return state.env.find(name); }, escapeAt(place));
    if (!expansion) return expansion.takeError();
    return std::move(expansion->text);
  });
  if (!flag) return wrong(at, place, messageOf(flag.takeError()));
  PlannedMount mount;
  mount.flag = std::move(*flag);
  RunMount& it = mount.flag;
  if (it.kind == MountKind::Secret) completeSecret(it);
  if (it.kind == MountKind::Ssh) {
    if (it.id.empty()) it.id = "default";
    if (it.target.empty()) it.target = "/run/buildkit/ssh_agent." + std::to_string(sshMounts);
  }
  if (it.kind == MountKind::Cache && it.id.empty()) it.id = cleanTarget(it.target);
  bool hasTarget = it.kind != MountKind::Secret || !it.target.empty();
  if (hasTarget) it.target = state.absolute(it.target);
  if (it.target == "/") return wrong(at, place, "invalid mount target \"/\"");
  if (auto error = chooseFiles(mount, at, place)) return error;
  return mount;
}

llvm::Error Planner::addMounts(const RunInstruction& run, const Instruction& at, Place& place, const StageState& state,
                               RunOp& op) {
  size_t sshMounts = 0;
  llvm::StringRef space;
  if (auto given = options_.buildArgs.find("BUILDKIT_CACHE_MOUNT_NS"); given != options_.buildArgs.end())
    space = given->second;
  for (const AstWord& written : run.mounts) {
    auto mount = planMount(written, sshMounts, at, place, state);
    if (!mount) return mount.takeError();
    sshMounts += mount->flag.kind == MountKind::Ssh;
    if (mount->flag.kind == MountKind::Cache) mount->flag.id = (space + "/" + mount->flag.id).str();
    op.mounts.push_back(std::move(*mount));
  }
  return llvm::Error::success();
}

}  // namespace strata::builder
