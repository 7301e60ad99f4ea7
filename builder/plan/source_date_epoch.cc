#include "builder/plan/planner.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

namespace {
constexpr llvm::StringLiteral kName = "SOURCE_DATE_EPOCH";

llvm::Error invalidEpoch(llvm::StringRef value) {
  return fault(FaultKind::Invalid, "invalid SOURCE_DATE_EPOCH: " + printable(value) +
                                       "; write seconds since 1970, context, or the name of a named context or stage");
}
}  // namespace

/// SDE-1, SDE-2: words are replaced by the number that they stand for, wherever the argument is read.
llvm::Error Planner::resolveEpoch() {
  auto given = options_.buildArgs.find(kName.str());
  bool isBuildArg = given != options_.buildArgs.end();
  llvm::StringRef value = isBuildArg ? llvm::StringRef(given->second) : globals_.find(kName).value_or("");
  if (value.empty()) return llvm::Error::success();
  auto epoch = epochOf(value);
  if (!epoch) return epoch.takeError();
  std::string number = *epoch ? std::to_string(**epoch) : "";
  if (isBuildArg) given->second = number;
  if (const Variable* global = globals_.get(kName)) globals_.set(kName, {number, true, global->where});
  return llvm::Error::success();
}

llvm::Expected<std::optional<int64_t>> Planner::epochOf(llvm::StringRef value) {
  int64_t seconds = 0;
  constexpr int64_t kLatest = std::numeric_limits<int64_t>::max() / 1'000'000'000;  // as nanoseconds
  if (!value.getAsInteger(10, seconds)) {
    if (seconds < -kLatest || seconds > kLatest) return invalidEpoch(value);
    return seconds;
  }
  if (value == "context") return options_.contextTime ? options_.contextTime() : std::nullopt;
  if (const NamedContext* context = namedContext(value, target_.platform))
    return context->remote && options_.remoteTime ? options_.remoteTime(*context->remote) : std::nullopt;
  auto stage = findStage(value, uint32_t(dockerfile_.stages.size()), /*ignoreCase=*/true);
  if (!stage) return invalidEpoch(value);
  auto source = onlySourceOf(dockerfile_.stages[*stage]);
  if (!source) return source.takeError();
  return options_.remoteTime ? options_.remoteTime(*source) : std::nullopt;
}

/// SDE-5: a stage that says nothing but where its files come from.
llvm::Expected<RemoteReference> Planner::onlySourceOf(const Stage& stage) {
  auto refuse = [&](const llvm::Twine& why) {
    return sourceFault(
        dockerfile_.source(), stage.range,
        "SOURCE_DATE_EPOCH: stage \"" + stage.name + "\" does not meet source-only requirements: " + why);
  };
  if (stage.image != "scratch") return refuse("it must be FROM scratch");
  const Instruction* add = nullptr;
  StageState state = StageState::fromScratch(target_.platform);
  Place place{.stage = stage.name, .fallback = stage.range};
  for (const Instruction& at : stage.instructions) {
    if (const auto* arg = std::get_if<ArgInstruction>(&at.body)) {
      if (auto error = applyArg(*arg, at, place, state)) return error;
      continue;
    }
    const auto* copy = std::get_if<CopyInstruction>(&at.body);
    if (!copy || !copy->add) return refuse("it may have ARG and ADD alone");
    if (add || copy->sources.size() != 1 || !copy->heredocs.empty()) return refuse("it needs exactly one remote ADD");
    add = &at;
  }
  if (!add) return refuse("it needs exactly one remote ADD");
  const auto& copy = std::get<CopyInstruction>(add->body);
  auto text = expand(copy.sources[0].text, state, *add, place);
  if (!text) return text.takeError();
  auto remote = remoteOf(*text, copy, *add, place, state);
  if (!remote) return remote.takeError();
  if (!*remote) return refuse("it needs exactly one remote ADD, of a URL or a git repository");
  return std::move(**remote);
}

}  // namespace strata::builder
