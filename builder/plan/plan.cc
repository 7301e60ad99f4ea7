#include "builder/plan/plan.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringMap.h>

#include <algorithm>

namespace strata::builder {

Environment::~Environment() {
  std::shared_ptr<const Environment> rest = std::move(before);
  while (rest && rest.use_count() == 1) {
    // Ours alone: unhook what it stands on before it goes.
    rest = std::move(const_cast<Environment&>(*rest).before);
  }
}

std::vector<std::pair<llvm::StringRef, const Variable*>> variablesOf(const Environment* environment) {
  std::vector<const Environment*> settings;
  for (; environment; environment = environment->before.get()) settings.push_back(environment);
  std::vector<std::pair<llvm::StringRef, const Variable*>> variables;
  llvm::StringMap<size_t> places;
  for (const Environment* setting : llvm::reverse(settings)) {
    auto [place, isNew] = places.try_emplace(setting->name, variables.size());
    if (isNew)
      variables.emplace_back(setting->name, &setting->variable);
    else
      variables[place->second].second = &setting->variable;
  }
  return variables;
}

bool SharedEnvironment::operator==(const SharedEnvironment& other) const {
  if (get() == other.get()) return true;
  auto same = [](const auto& a, const auto& b) { return a.first == b.first && *a.second == *b.second; };
  auto ours = variablesOf(get()), theirs = variablesOf(other.get());
  return std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(), same);
}

void renumber(Vertex& vertex, llvm::ArrayRef<VertexId> numbers) {
  auto change = [&](std::optional<VertexId>& id) {
    if (id) id = numbers[*id];
  };
  vertex.id = numbers[vertex.id];
  change(vertex.parent);
  for (VertexId& input : vertex.inputs) input = numbers[input];
  if (auto* copy = std::get_if<CopyOp>(&vertex.op)) {
    change(copy->contextFiles);
    change(copy->from);
    for (VertexId& part : copy->parts) part = numbers[part];
  }
  if (auto* run = std::get_if<RunOp>(&vertex.op))
    for (PlannedMount& mount : run->mounts) change(mount.files);
}

bool blocks(const Plan& plan, const Vertex& vertex) {
  auto isRemote = [&](VertexId input) { return plan.vertices[input].as<RemoteOp>() != nullptr; };
  return vertex.as<RunOp>() || vertex.as<RemoteOp>() || llvm::any_of(vertex.inputs, isRemote);
}

std::string nameOfMount(const PlannedMount& mount) {
  return mount.flag.target.empty() ? mount.flag.id : mount.flag.target;
}

namespace {
using Kind = KeyComponent::Kind;

std::string octal(uint32_t mode) {
  std::string digits;
  do digits.insert(digits.begin(), char('0' + mode % 8));
  while (mode /= 8);
  return "0" + digits;
}

/// What counts of a mount: neither a cache's id nor how it is shared, nor where the files come from, which count
/// themselves (CACHE-1, MNT-15, MNT-20).
std::string keyText(const PlannedMount& mount) {
  const RunMount& flag = mount.flag;
  std::string text = ("type=" + nameOf(flag.kind) + (flag.readOnly ? ",ro" : ",rw")).str();
  if (flag.kind == MountKind::Secret || flag.kind == MountKind::Ssh) text += ",id=" + flag.id;
  if (flag.kind == MountKind::Cache && !mount.below.empty()) text += ",source=" + mount.below;
  if (flag.env) text += ",env=" + *flag.env;
  if (flag.required) text += ",required";
  if (flag.size) text += ",size=" + llvm::utostr(flag.size);
  if (flag.mode) text += ",mode=" + octal(*flag.mode);
  if (flag.uid) text += ",uid=" + llvm::utostr(*flag.uid);
  if (flag.gid) text += ",gid=" + llvm::utostr(*flag.gid);
  return text;
}

/// Collects the components of one vertex.
class Components {
public:
  Components(const Vertex& vertex, llvm::StringRef file) : vertex_(vertex) {
    where_ = (file + ":" + llvm::Twine(vertex.range.firstLine())).str();
  }

  void operator()(const ImageOp&) {}
  void operator()(const ContextFilesOp&) {}
  void operator()(const RemoteOp&) {}
  void operator()(const RunOp& op) {
    add(Kind::Instruction, "", llvm::join(op.argv, " ") + op.script, where_);
    for (const auto& [name, variable] : variablesOf(op.env.get())) {
      add(variable->isArg ? Kind::Arg : Kind::Env, name, variable->value, variable->where);
      components_.back().line = variable->line;
    }
    add(Kind::Workdir, "", op.workdir);
    add(Kind::User, "", op.user);
    add(Kind::Network, "", op.network);
    add(Kind::Platform, "", op.given->platform.str());
    if (op.given->hostname != kSandboxHostname) add(Kind::Option, "hostname", op.given->hostname);
    if (op.insecure) add(Kind::Option, "security", "insecure");
    for (const PlannedMount& mount : op.mounts) add(Kind::Mount, nameOfMount(mount), keyText(mount));
    for (const std::string& host : op.given->extraHosts)  // the name counts, its address does not (CACHE-2)
      add(Kind::Option, "add-host", llvm::StringRef(host).split(':').first);
  }
  void operator()(const CopyOp& op) {
    add(Kind::Instruction, "", op.text, where_);
    for (size_t i = 0; i < op.excludes.size(); ++i)  // their order counts
      add(Kind::Option, i ? "exclude " + llvm::Twine(i + 1) : llvm::Twine("exclude"), op.excludes[i]);
    for (const InlineFile& file : op.inlineFiles) add(Kind::Option, "<<" + file.name, file.content);
    add(Kind::Option, "destination", op.destination);
    if (op.link) add(Kind::Option, "link", "true");
    if (op.add && !op.unpack) add(Kind::Option, "unpack", "false");
    if (op.unpackRemote) add(Kind::Option, "unpack", "true");
  }
  void operator()(const MkdirOp& op) {
    add(Kind::Instruction, "", "WORKDIR " + op.path, where_);
    add(Kind::User, "", op.user);
  }

  std::vector<KeyComponent> take() {
    if (vertex_.base) components_.push_back(*vertex_.base);
    return std::move(components_);
  }

private:
  void add(Kind kind, const llvm::Twine& name, const llvm::Twine& value, llvm::StringRef where = "") {
    components_.push_back({.kind = kind, .name = name.str(), .value = value.str(), .where = where.str()});
  }

  const Vertex& vertex_;
  std::string where_;
  std::vector<KeyComponent> components_;
};
}  // namespace

std::vector<KeyComponent> componentsOf(const Vertex& vertex, llvm::StringRef file) {
  Components components(vertex, file);
  std::visit(components, vertex.op);
  return components.take();
}

}  // namespace strata::builder
