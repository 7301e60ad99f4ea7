#include "runtime/spec/seccomp.h"

#include "runtime/spec/seccomp_profile.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <cerrno>
#include <cstddef>
#include <map>
#include <mutex>

// libseccomp knows the numbers; the program is laid out here. Its own compiler takes 9 to 13 ms for the three calling
// conventions of x86-64 and its result 0.4 to 1.3 ms of kernel time at every start of a process, because it compares
// number by number. One binary search over ranges of equal answers takes 0.1 ms to make and as little to install.

namespace strata::runtime {

namespace {
using llvm::StringRef;

/// What one AUDIT_ARCH value stands for: on x86-64 two conventions share it, told apart by a bit of the number.
struct Architecture {
  uint32_t audit;
  std::vector<uint32_t> conventions;  ///< SCMP_ARCH_*
};

std::vector<Architecture> architectures() {
  uint32_t native = seccomp_arch_native();
  if (native == SCMP_ARCH_X86_64)
    return {{AUDIT_ARCH_X86_64, {SCMP_ARCH_X86_64, SCMP_ARCH_X32}}, {AUDIT_ARCH_I386, {SCMP_ARCH_X86}}};
  if (native == SCMP_ARCH_AARCH64) return {{AUDIT_ARCH_AARCH64, {native}}, {AUDIT_ARCH_ARM, {SCMP_ARCH_ARM}}};
  return {{native, {native}}};
}

StringRef nameOfConvention(uint32_t convention) {
  switch (convention) {
    case SCMP_ARCH_X86_64:
      return "SCMP_ARCH_X86_64";
    case SCMP_ARCH_X86:
      return "SCMP_ARCH_X86";
    case SCMP_ARCH_X32:
      return "SCMP_ARCH_X32";
    case SCMP_ARCH_AARCH64:
      return "SCMP_ARCH_AARCH64";
    case SCMP_ARCH_ARM:
      return "SCMP_ARCH_ARM";
    case SCMP_ARCH_RISCV64:
      return "SCMP_ARCH_RISCV64";
    case SCMP_ARCH_PPC64LE:
      return "SCMP_ARCH_PPC64LE";
    case SCMP_ARCH_S390X:
      return "SCMP_ARCH_S390X";
    default:
      return {};
  }
}

/// System calls that libseccomp 2.5 has not heard of. From 424 on, every architecture has the same numbers.
int numberOfNewCall(StringRef name) {
  static constexpr std::pair<StringRef, int> kNew[] = {
      {"process_mrelease", 448},  {"futex_waitv", 449},      {"set_mempolicy_home_node", 450},
      {"cachestat", 451},         {"fchmodat2", 452},        {"map_shadow_stack", 453},
      {"futex_wake", 454},        {"futex_wait", 455},       {"futex_requeue", 456},
      {"statmount", 457},         {"listmount", 458},        {"lsm_get_self_attr", 459},
      {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
      {"setxattrat", 463},        {"getxattrat", 464},       {"listxattrat", 465},
      {"removexattrat", 466},     {"open_tree_attr", 467}};
  for (const auto& [known, number] : kNew)
    if (known == name) return number;
  return -1;
}

/// The number as the kernel hands it to the filter; negative where the convention has no such call.
int64_t numberOf(StringRef name, uint32_t convention) {
  int number = seccomp_syscall_resolve_name_arch(convention, name.data());
  if (number >= 0) return number;
  int recent = number == __NR_SCMP_ERROR ? numberOfNewCall(name) : -1;
  if (recent >= 0 && convention == SCMP_ARCH_X32) recent |= 0x40000000;
  return recent;
}

bool applies(const SeccompRule& rule, llvm::ArrayRef<StringRef> capabilities) {
  auto held = [&](StringRef capability) { return llvm::is_contained(capabilities, capability); };
  if (!rule.without.empty() && held(rule.without)) return false;
  return rule.with.empty() || llvm::any_of(rule.with, held);
}

using Code = std::vector<sock_filter>;
constexpr uint32_t kNo = SECCOMP_RET_ERRNO | EPERM;
constexpr uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;

uint32_t answerOf(const SeccompRule& rule) {
  return rule.errorNumber == 0 ? uint32_t(SECCOMP_RET_ALLOW) : SECCOMP_RET_ERRNO | uint32_t(rule.errorNumber);
}
sock_filter returns(uint32_t answer) { return BPF_STMT(BPF_RET | BPF_K, answer); }

/// Looks at the low word alone: every argument that the profile tests is an int to the kernel, which drops the rest.
void appendTest(Code& code, const SeccompArgument& argument, uint32_t answer) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low word of an argument comes first");
  uint32_t offset = uint32_t(offsetof(seccomp_data, args) + argument.index * sizeof(uint64_t));
  code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
  uint32_t compared = uint32_t(argument.value);
  if (argument.test == SeccompArgument::Test::MaskedEqual) {
    code.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, uint32_t(argument.value)));
    compared = uint32_t(argument.wanted);
  }
  bool wantsEqual = argument.test != SeccompArgument::Test::NotEqual;
  code.push_back(
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, compared, uint8_t(wantsEqual ? 0 : 1), uint8_t(wantsEqual ? 1 : 0)));
  code.push_back(returns(answer));
}

/// The end of the search for one call: the answer of its rules. An unconditional rule ends the matter.
Code answerCode(llvm::ArrayRef<const SeccompRule*> rules) {
  Code code;
  for (const SeccompRule* rule : rules)
    if (!rule->argument) return {returns(answerOf(*rule))};
  for (const SeccompRule* rule : rules) appendTest(code, *rule->argument, answerOf(*rule));
  code.push_back(returns(kNo));
  return code;
}

bool sameCode(const Code& left, const Code& right) {
  return left.size() == right.size() &&
         __builtin_memcmp(left.data(), right.data(), left.size() * sizeof(sock_filter)) == 0;
}

/// Call numbers from `start` to the next range's start have the same answer.
struct Range {
  uint32_t start;
  Code code;
};

void appendRange(std::vector<Range>& ranges, uint32_t start, Code code) {
  if (!ranges.empty() && ranges.back().start == start) ranges.pop_back();
  if (ranges.empty() || !sameCode(ranges.back().code, code)) ranges.push_back({start, std::move(code)});
}

void appendConvention(std::vector<Range>& ranges, uint32_t convention, llvm::ArrayRef<StringRef> capabilities) {
  std::map<uint32_t, std::vector<const SeccompRule*>> calls;  // also the forbidden ones: the last bounds what is known
  for (const SeccompRule& rule : seccompRules())
    for (StringRef name : rule.names)
      if (int64_t number = numberOf(name, convention); number >= 0) {
        auto& rules = calls[uint32_t(number)];
        if (applies(rule, capabilities)) rules.push_back(&rule);
      }
  uint32_t base = convention == SCMP_ARCH_X32 ? 0x40000000 : 0;
  appendRange(ranges, base, {returns(kNo)});
  for (const auto& [number, rules] : calls) {
    appendRange(ranges, number, answerCode(rules));
    appendRange(ranges, number + 1, {returns(kNo)});
  }
  if (!calls.empty()) appendRange(ranges, calls.rbegin()->first + 1, {returns(kUnknown)});
}

/// The binary search; the call's number is in the accumulator.
Code searchCode(llvm::ArrayRef<Range> ranges) {
  if (ranges.size() == 1) return ranges.front().code;
  size_t middle = ranges.size() / 2;
  Code below = searchCode(ranges.take_front(middle)), above = searchCode(ranges.drop_front(middle));
  Code code;
  if (below.size() <= 255) {
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ranges[middle].start, uint8_t(below.size()), 0));
  } else {
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ranges[middle].start, 0, 1));
    code.push_back(BPF_STMT(BPF_JMP | BPF_JA, uint32_t(below.size())));
  }
  llvm::append_range(code, below);
  llvm::append_range(code, above);
  return code;
}

Code compile(llvm::ArrayRef<StringRef> capabilities) {
  Code code = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch))};
  for (const Architecture& architecture : architectures()) {
    std::vector<Range> ranges;
    for (uint32_t convention : architecture.conventions) appendConvention(ranges, convention, capabilities);
    Code search = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
    llvm::append_range(search, searchCode(ranges));
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture.audit, 1, 0));
    code.push_back(BPF_STMT(BPF_JMP | BPF_JA, uint32_t(search.size())));
    llvm::append_range(code, search);
  }
  code.push_back(returns(kNo));
  return code;
}

StringRef nameOfTest(SeccompArgument::Test test) {
  switch (test) {
    case SeccompArgument::Test::Equal:
      return "SCMP_CMP_EQ";
    case SeccompArgument::Test::NotEqual:
      return "SCMP_CMP_NE";
    case SeccompArgument::Test::MaskedEqual:
      return "SCMP_CMP_MASKED_EQ";
  }
  return {};
}

llvm::json::Object ruleJson(const SeccompRule& rule) {
  llvm::json::Object json{{"names", llvm::json::Array(rule.names)},
                          {"action", rule.errorNumber == 0 ? "SCMP_ACT_ALLOW" : "SCMP_ACT_ERRNO"}};
  if (rule.errorNumber != 0) json["errnoRet"] = rule.errorNumber;
  if (rule.argument) {
    llvm::json::Object argument{{"index", int64_t(rule.argument->index)},
                                {"value", int64_t(rule.argument->value)},
                                {"op", nameOfTest(rule.argument->test)}};
    if (rule.argument->test == SeccompArgument::Test::MaskedEqual)
      argument["valueTwo"] = int64_t(rule.argument->wanted);
    json["args"] = llvm::json::Array{std::move(argument)};
  }
  return json;
}
}  // namespace

llvm::json::Value seccompJson(llvm::ArrayRef<StringRef> capabilities) {
  llvm::json::Array names, rules;
  for (const Architecture& architecture : architectures())
    for (uint32_t convention : architecture.conventions)
      if (StringRef name = nameOfConvention(convention); !name.empty()) names.push_back(name);
  for (const SeccompRule& rule : seccompRules())
    if (applies(rule, capabilities)) rules.push_back(ruleJson(rule));
  return llvm::json::Object{{"defaultAction", "SCMP_ACT_ERRNO"},
                            {"defaultErrnoRet", EPERM},
                            {"architectures", std::move(names)},
                            {"syscalls", std::move(rules)}};
}

llvm::Expected<llvm::ArrayRef<char>> seccompFilter(llvm::ArrayRef<StringRef> capabilities) {
  if (::prctl(PR_GET_SECCOMP) < 0)
    return fault(FaultKind::Unsupported, "the kernel has no seccomp; build it with CONFIG_SECCOMP_FILTER");
  static std::mutex mutex;
  static std::map<std::string, Code> compiled;
  std::vector<StringRef> sorted(capabilities.begin(), capabilities.end());
  llvm::sort(sorted);
  std::lock_guard lock(mutex);
  auto [entry, fresh] = compiled.try_emplace(llvm::join(sorted, ","));
  if (fresh) entry->second = compile(capabilities);
  const Code& code = entry->second;
  return llvm::ArrayRef(reinterpret_cast<const char*>(code.data()), code.size() * sizeof(sock_filter));
}

}  // namespace strata::runtime
