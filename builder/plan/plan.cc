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
  }
}

namespace {
using Kind = KeyComponent::Kind;

/// Collects the components of one vertex.
class Components {
public:
  Components(const Vertex& vertex, llvm::StringRef file) : vertex_(vertex) {
    where_ = (file + ":" + llvm::Twine(vertex.range.firstLine())).str();
  }

  void operator()(const ImageOp&) {}
  void operator()(const ContextFilesOp&) {}
  void operator()(const RunOp& op) {
    add(Kind::Instruction, "", llvm::join(op.argv, " ") + op.script, where_);
    for (const auto& [name, variable] : variablesOf(op.env.get()))
      add(variable->isArg ? Kind::Arg : Kind::Env, name, variable->value, variable->where);
    add(Kind::Workdir, "", op.workdir);
    add(Kind::User, "", op.user);
    add(Kind::Network, "", op.network);
    add(Kind::Platform, "", op.platform.str());
    for (const std::string& host : op.extraHosts)  // the name counts, its address does not (CACHE-2)
      add(Kind::Option, "add-host", llvm::StringRef(host).split(':').first);
  }
  void operator()(const CopyOp& op) {
    add(Kind::Instruction, "", op.text, where_);
    for (const std::string& exclude : op.excludes) add(Kind::Option, "exclude", exclude);
    for (const InlineFile& file : op.inlineFiles) add(Kind::Option, "<<" + file.name, file.content);
    add(Kind::Option, "destination", op.destination);
    if (op.link) add(Kind::Option, "link", "true");
    if (op.add && !op.unpack) add(Kind::Option, "unpack", "false");
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
