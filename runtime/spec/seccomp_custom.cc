#include "runtime/spec/seccomp_custom.h"

#include "layerfs/platform.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <sys/utsname.h>
#include <cstdio>

namespace strata::runtime {

namespace {
using llvm::StringRef;
using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

llvm::Error wrong(const llvm::Twine& what) { return fault(FaultKind::Invalid, "invalid seccomp profile: " + what); }

/// This machine in the two ways in which profiles name it.
struct NamedMachine {
  std::string architecture;  ///< as Go has it: "amd64"
  StringRef convention;      ///< "SCMP_ARCH_X86_64"
  std::pair<unsigned, unsigned> kernel;
};

NamedMachine thisMachine() {
  static constexpr std::pair<StringRef, StringRef> kConventions[] = {
      {"amd64", "SCMP_ARCH_X86_64"},   {"386", "SCMP_ARCH_X86"},         {"arm64", "SCMP_ARCH_AARCH64"},
      {"arm", "SCMP_ARCH_ARM"},        {"ppc64le", "SCMP_ARCH_PPC64LE"}, {"s390x", "SCMP_ARCH_S390X"},
      {"riscv64", "SCMP_ARCH_RISCV64"}};
  NamedMachine machine;
  machine.architecture = layerfs::hostPlatform().architecture;
  for (auto [architecture, convention] : kConventions)
    if (architecture == machine.architecture) machine.convention = convention;
  utsname name;
  if (::uname(&name) == 0) std::sscanf(name.release, "%u.%u", &machine.kernel.first, &machine.kernel.second);
  return machine;
}

using JsonKind = Value::Kind;

/// What is there must be of the kind that it is read as: taken for absent, it would open the filter. Null is absent.
llvm::Error checkKinds(const Object& object, llvm::ArrayRef<std::pair<StringRef, JsonKind>> members) {
  for (auto [name, kind] : members) {
    const Value* value = object.get(name);
    if (value && value->kind() != kind && value->kind() != JsonKind::Null) return wrong(name + " has the wrong type");
  }
  return llvm::Error::success();
}

llvm::Error checkRule(const Object& rule) {
  if (auto error = checkKinds(rule, {{"names", JsonKind::Array},
                                     {"name", JsonKind::String},
                                     {"action", JsonKind::String},
                                     {"errnoRet", JsonKind::Number},
                                     {"args", JsonKind::Array},
                                     {"includes", JsonKind::Object},
                                     {"excludes", JsonKind::Object}}))
    return error;
  for (StringRef side : {"includes", "excludes"})
    if (const Object* condition = rule.getObject(side))
      if (auto error = checkKinds(
              *condition, {{"caps", JsonKind::Array}, {"arches", JsonKind::Array}, {"minKernel", JsonKind::String}}))
        return error;
  return llvm::Error::success();
}

bool lists(const Object& condition, StringRef member, llvm::function_ref<bool(StringRef)> test, bool any) {
  const Array* values = condition.getArray(member);
  auto passes = [&](const Value& value) { return test(value.getAsString().value_or("")); };
  return any ? llvm::any_of(*values, passes) : llvm::all_of(*values, passes);
}

bool isAtLeast(const NamedMachine& machine, StringRef kernel) {
  unsigned major = 0, minor = 0;
  auto [first, second] = kernel.split('.');
  if (first.getAsInteger(10, major) || second.split('.').first.getAsInteger(10, minor)) return false;
  return machine.kernel >= std::pair(major, minor);
}

/// Whether a rule with these `includes` and `excludes` holds here.
bool holds(const Object& rule, llvm::ArrayRef<StringRef> capabilities, const NamedMachine& machine) {
  auto held = [&](StringRef name) { return llvm::is_contained(capabilities, name); };
  auto isHere = [&](StringRef name) { return name == machine.architecture; };
  if (const Object* excludes = rule.getObject("excludes")) {
    if (excludes->getArray("caps") && lists(*excludes, "caps", held, true)) return false;
    if (excludes->getArray("arches") && lists(*excludes, "arches", isHere, true)) return false;
    if (auto kernel = excludes->getString("minKernel"); kernel && isAtLeast(machine, *kernel)) return false;
  }
  const Object* includes = rule.getObject("includes");
  if (!includes) return true;
  const Array* arches = includes->getArray("arches");
  if (includes->getArray("caps") && !lists(*includes, "caps", held, false)) return false;
  if (arches && !arches->empty() && !lists(*includes, "arches", isHere, true)) return false;
  auto kernel = includes->getString("minKernel");
  return !kernel || isAtLeast(machine, *kernel);
}

llvm::Expected<Object> ruleOf(const Object& rule) {
  Object json;
  Array names;
  if (const Array* listed = rule.getArray("names")) names = *listed;
  if (auto name = rule.getString("name"); name && !name->empty()) names.push_back(name->str());
  if (names.empty()) return wrong("a rule of syscalls has no names");
  if (!rule.getString("action")) return wrong("a rule of syscalls has no action");
  json["names"] = std::move(names);
  json["action"] = rule.getString("action")->str();
  if (auto code = rule.getInteger("errnoRet")) json["errnoRet"] = *code;
  if (const Array* arguments = rule.getArray("args"); arguments && !arguments->empty())
    json["args"] = Array(*arguments);
  return json;
}

Array conventionsOf(const Object& profile, const NamedMachine& machine) {
  if (const Array* listed = profile.getArray("architectures")) return *listed;
  Array conventions;
  const Array* map = profile.getArray("archMap");
  if (!map) return conventions;
  for (const Value& one : *map) {
    const Object* entry = one.getAsObject();
    if (!entry || entry->getString("architecture") != machine.convention) continue;
    conventions.push_back(machine.convention);
    if (const Array* further = entry->getArray("subArchitectures"))
      for (const Value& name : *further) conventions.push_back(name);
  }
  return conventions;
}
}  // namespace

llvm::Expected<Object> readSeccompProfile(StringRef text, llvm::ArrayRef<StringRef> capabilities) {
  auto parsed = parseJson(text);
  if (!parsed) return wrong(messageOf(parsed.takeError()));
  const Object* profile = parsed->getAsObject();
  if (!profile) return wrong("it is no JSON object");
  if (auto error = checkKinds(*profile, {{"architectures", JsonKind::Array},
                                         {"archMap", JsonKind::Array},
                                         {"flags", JsonKind::Array},
                                         {"syscalls", JsonKind::Array},
                                         {"defaultErrnoRet", JsonKind::Number}}))
    return error;
  auto action = profile->getString("defaultAction");
  if (!action) return wrong("it has no defaultAction");
  if (profile->getArray("architectures") && profile->getArray("archMap"))
    return wrong("it has both architectures and archMap");
  NamedMachine machine = thisMachine();
  Object json{{"defaultAction", action->str()}};
  if (auto code = profile->getInteger("defaultErrnoRet")) json["defaultErrnoRet"] = *code;
  if (const Array* flags = profile->getArray("flags")) json["flags"] = Array(*flags);
  if (Array conventions = conventionsOf(*profile, machine); !conventions.empty())
    json["architectures"] = std::move(conventions);
  Array rules;
  if (const Array* listed = profile->getArray("syscalls"))
    for (const Value& one : *listed) {
      const Object* rule = one.getAsObject();
      if (!rule) return wrong("a rule of syscalls is no object");
      if (auto error = checkRule(*rule)) return error;
      if (!holds(*rule, capabilities, machine)) continue;
      auto kept = ruleOf(*rule);
      if (!kept) return kept.takeError();
      rules.push_back(std::move(*kept));
    }
  json["syscalls"] = std::move(rules);
  return json;
}

}  // namespace strata::runtime
