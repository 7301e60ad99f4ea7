#include "builder/plan/outline.h"

#include "builder/frontend/doc_comment.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

namespace {
std::optional<std::string> ownCopy(std::optional<llvm::StringRef> value) {
  return value ? std::optional<std::string>(value->str()) : std::nullopt;
}

llvm::StringRef lastName(llvm::StringRef path) {
  path = path.rtrim('/');
  return path.contains('/') ? path.rsplit('/').second : path;
}

void addOnce(std::vector<OutlineMount>& mounts, OutlineMount mount) {
  auto known = llvm::find_if(mounts, [&](const OutlineMount& one) { return one.id == mount.id; });
  if (known == mounts.end())
    mounts.push_back(std::move(mount));
  else
    known->required |= mount.required;
}
}  // namespace

void OutlineRecorder::addGlobal(const Instruction& at, llvm::StringRef name, std::optional<llvm::StringRef> value,
                                llvm::ArrayRef<llvm::StringRef> uses) {
  globals_[name] = {{name.str(), descriptionOf(name, at.comments).str(), ownCopy(value), at.range}, uses.vec()};
}

void OutlineRecorder::addArg(const Instruction& at, const KeyValue& pair, std::optional<llvm::StringRef> value) {
  if (!pair.value && globals_.contains(pair.key)) return use(pair.key);
  SourceRange range = at.range;
  range.begin.column = pair.range.begin.column;  // those of one line keep their order
  args_[pair.key.str()] = {pair.key.str(), descriptionOf(pair.key, at.comments).str(), ownCopy(value), range};
}

void OutlineRecorder::use(llvm::ArrayRef<llvm::StringRef> globals) {
  for (llvm::StringRef name : globals) {
    auto global = globals_.find(name);
    if (global == globals_.end() || args_.count(name.str())) continue;
    args_[name.str()] = global->second.arg;
    use(global->second.uses);
  }
}

void OutlineRecorder::addMount(const Instruction& at, const RunMount& mount) {
  std::string id = mount.id;
  if (mount.kind == MountKind::Secret && id.empty()) id = lastName(mount.target).str();
  if (mount.kind == MountKind::Ssh && id.empty()) id = "default";
  if (mount.kind == MountKind::Cache && id.empty()) id = mount.target;
  if (mount.kind == MountKind::Secret) addOnce(secrets_, {id, mount.required, at.range});
  if (mount.kind == MountKind::Ssh) addOnce(ssh_, {id, mount.required, at.range});
  if (mount.kind == MountKind::Cache) addOnce(caches_, {id, false, at.range});
}

Outline OutlineRecorder::finish(const Stage& target) const {
  Outline outline{.name = target.name, .description = descriptionOf(target.name, target.comments).str()};
  for (const auto& [name, arg] : args_) outline.args.push_back(arg);
  llvm::stable_sort(outline.args,
                    [](const OutlineArg& a, const OutlineArg& b) { return a.range.begin < b.range.begin; });
  outline.secrets = secrets_;
  outline.ssh = ssh_;
  outline.caches = caches_;
  return outline;
}

}  // namespace strata::builder
