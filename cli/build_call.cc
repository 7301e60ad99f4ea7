#include "cli/build_call.h"

#include "builder/frontend/source_fault.h"
#include "builder/subrequest.h"
#include "cli/build_errors.h"
#include "support/csv.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Base64.h>

namespace strata::cli {

namespace {
using llvm::json::Array;
using llvm::json::Object;

struct Method {
  llvm::StringRef name, description;
};
constexpr Method kMethods[] = {
    {"check", "List what the build checks find"},
    {"outline", "List what the target can be given"},
    {"targets", "List the stages that can be built"},
    {"subrequests.describe", "List the questions that can be asked"},
};
constexpr llvm::StringLiteral kVersion = "1.0.0";

std::string base64(const builder::SourceText& source) { return llvm::encodeBase64(source.text()); }

/// Lines alone, as docker prints them.
Object locationOf(const builder::SourceRange& range) {
  auto line = [](uint32_t number) { return Object{{"line", int64_t(number)}}; };
  if (!range.known()) return {};
  Object only{{"start", line(range.firstLine())}, {"end", line(std::max(range.firstLine(), range.lastLine()))}};
  return Object{{"ranges", Array{std::move(only)}}};
}

void setUnlessEmpty(Object& object, llvm::StringRef key, llvm::StringRef value) {
  if (!value.empty()) object[key] = llvm::json::fixUTF8(value);
}

// check

Object toJson(const builder::LintWarning& warning) {
  const builder::LintRuleInfo& rule = builder::infoOf(warning.rule);
  return Object{{"ruleName", rule.name},
                {"description", rule.description},
                {"url", rule.url()},
                {"detail", llvm::json::fixUTF8(warning.message)},
                {"location", locationOf(warning.range)}};
}

/// The first error, as it comes back to be shown.
Object describeError(llvm::Error& error) {
  Object described;
  auto describe = [&](const llvm::ErrorInfoBase& one) {
    if (!described.empty()) return;
    const auto* placed = one.isA<builder::SourceFault>() ? static_cast<const builder::SourceFault*>(&one) : nullptr;
    described["message"] = llvm::json::fixUTF8(placed ? placed->cause().str() : one.message());
    described["location"] = locationOf(placed ? placed->range() : builder::SourceRange());
  };
  llvm::Error same = llvm::Error::success();
  llvm::handleAllErrors(std::move(error), [&](std::unique_ptr<llvm::ErrorInfoBase> one) {
    describe(*one);
    same = llvm::joinErrors(std::move(same), llvm::Error(std::move(one)));
  });
  error = std::move(same);
  return described;
}

void printCheckJson(builder::CheckAnswer& answer, llvm::raw_ostream& out) {
  Array warnings;
  for (const builder::LintWarning& warning : answer.report.warnings()) warnings.push_back(toJson(warning));
  Object source{{"filename", answer.source->name()}, {"language", "Dockerfile"}, {"data", base64(*answer.source)}};
  Object document{{"warnings", std::move(warnings)}, {"sources", Array{std::move(source)}}};
  if (answer.error) document["buildError"] = describeError(answer.error);
  out << printPrettyJson(std::move(document)) << "\n";
}

void printCheckText(const builder::CheckAnswer& answer, bool failed, llvm::raw_ostream& out) {
  std::vector<builder::LintWarning> warnings = answer.report.byLine();
  if (warnings.empty()) {
    if (!failed) out << "Check complete, no warnings found.\n";
    return;
  }
  out << "Check complete, " << warnings.size()
      << (warnings.size() == 1 ? " warning has been found!\n" : " warnings have been found!\n");
  for (const builder::LintWarning& warning : warnings) {
    const builder::LintRuleInfo& rule = builder::infoOf(warning.rule);
    out << "\nWARNING: " << rule.name << " - " << rule.url() << "\n"
        << printable(warning.message) << "\n"
        << answer.source->excerpt(warning.range);
  }
}

llvm::Expected<int> check(bool json, const builder::BuildRequest& request, layerfs::Store& store, Session& session) {
  auto answer = builder::checkBuild(request, store);
  if (!answer) return showExcerpts(answer.takeError(), session.err());
  bool failed = bool(answer->error);
  if (json)
    printCheckJson(*answer, session.out());
  else
    printCheckText(*answer, failed, session.out());
  session.out().flush();
  if (failed) return showExcerpts(std::move(answer->error), session.err());
  return answer->report.warnings().empty() ? 0 : 1;
}

// outline

Object toJson(const builder::OutlineArg& arg) {
  Object object{{"name", llvm::json::fixUTF8(arg.name)}, {"location", locationOf(arg.range)}};
  setUnlessEmpty(object, "description", arg.description);
  setUnlessEmpty(object, "value", arg.value.value_or(""));
  return object;
}

Array toJson(llvm::ArrayRef<builder::OutlineMount> mounts) {
  Array array;
  for (const builder::OutlineMount& mount : mounts) {
    Object object{{"name", llvm::json::fixUTF8(mount.id)}, {"location", locationOf(mount.range)}};
    if (mount.required) object["required"] = true;
    array.push_back(std::move(object));
  }
  return array;
}

void printOutlineJson(const builder::OutlineAnswer& answer, llvm::raw_ostream& out) {
  const builder::Outline& outline = answer.outline;
  Object document{{"sources", Array{base64(*answer.source)}}};
  setUnlessEmpty(document, "name", outline.name);
  setUnlessEmpty(document, "description", outline.description);
  Array args;
  for (const builder::OutlineArg& arg : outline.args) args.push_back(toJson(arg));
  auto add = [&](llvm::StringRef key, Array array) {
    if (!array.empty()) document[key] = std::move(array);
  };
  add("args", std::move(args));
  add("secrets", toJson(outline.secrets));
  add("ssh", toJson(outline.ssh));
  add("cache", toJson(outline.caches));
  out << printPrettyJson(std::move(document)) << "\n";
}

void printMounts(llvm::StringRef title, llvm::ArrayRef<builder::OutlineMount> mounts, llvm::raw_ostream& out) {
  if (mounts.empty()) return;
  std::vector<std::vector<std::string>> rows{{title.str(), "REQUIRED"}};
  for (const builder::OutlineMount& mount : mounts) rows.push_back({printable(mount.id), mount.required ? "true" : ""});
  out << table(rows) << "\n";
}

void printOutlineText(const builder::Outline& outline, llvm::raw_ostream& out) {
  if (!outline.name.empty())
    out << (outline.description.empty() ? "TARGET: " : "TARGET:      ") << outline.name << "\n";
  if (!outline.description.empty()) out << "DESCRIPTION: " << printable(outline.description) << "\n";
  if (!outline.name.empty()) out << "\n";
  if (!outline.args.empty()) {
    std::vector<std::vector<std::string>> rows{{"BUILD ARG", "VALUE", "DESCRIPTION"}};
    for (const builder::OutlineArg& arg : outline.args)
      rows.push_back({printable(arg.name), printable(arg.value.value_or("")), printable(arg.description)});
    out << table(rows) << "\n";
  }
  printMounts("SECRET", outline.secrets, out);
  printMounts("SSH", outline.ssh, out);
}

// targets

Object toJson(const builder::TargetInfo& target) {
  Object object{{"location", locationOf(target.range)}};
  setUnlessEmpty(object, "name", target.name);
  setUnlessEmpty(object, "description", target.description);
  setUnlessEmpty(object, "base", target.base);
  setUnlessEmpty(object, "platform", target.platform);
  if (target.isDefault) object["default"] = true;
  return object;
}

void printTargets(const builder::TargetsAnswer& answer, bool json, llvm::raw_ostream& out) {
  if (json) {
    Array targets;
    for (const builder::TargetInfo& target : answer.targets) targets.push_back(toJson(target));
    out << printPrettyJson(Object{{"targets", std::move(targets)}, {"sources", Array{base64(*answer.source)}}}) << "\n";
    return;
  }
  std::vector<std::vector<std::string>> rows{{"TARGET", "DESCRIPTION"}};
  for (const builder::TargetInfo& target : answer.targets) {
    std::string name = target.name;
    if (target.isDefault) name += name.empty() ? "(default)" : " (default)";
    rows.push_back({name, printable(target.description)});
  }
  out << table(rows);
}

void printMethods(bool json, llvm::raw_ostream& out) {
  std::vector<std::vector<std::string>> rows{{"NAME", "VERSION", "DESCRIPTION"}};
  Array array;
  for (const Method& method : kMethods) {
    rows.push_back({method.name.str(), kVersion.str(), method.description.str()});
    llvm::StringRef internal = method.name == "check" ? "lint" : method.name;
    array.push_back(Object{{"name", ("frontend." + internal).str()},
                           {"version", kVersion},
                           {"type", "rpc"},
                           {"description", method.description}});
  }
  if (json)
    out << printPrettyJson(std::move(array)) << "\n";
  else
    out << table(rows);
}

}  // namespace

llvm::Expected<BuildCall> parseCall(llvm::StringRef text) {
  auto fields = splitCsv(text);
  if (!fields) return withContext(fields.takeError(), "invalid call \"" + text + "\"");
  BuildCall call{.method = fields->empty() ? "" : fields->front()};
  if (call.method == "lint") call.method = "check";
  for (llvm::StringRef field : llvm::ArrayRef(*fields).drop_front(fields->empty() ? 0 : 1)) {
    if (field != "format=json" && field != "format=text")
      return fault(FaultKind::Invalid, "invalid call value: " + field + " (format=json or format=text)");
    call.json = field == "format=json";
  }
  std::vector<llvm::StringRef> names{"build"};
  for (const Method& method : kMethods) names.push_back(method.name);
  if (!llvm::is_contained(names, call.method))
    return fault(FaultKind::Invalid, "unsupported call \"" + call.method + "\"" + didYouMean(call.method, names) +
                                         ": use build, check, outline, targets or subrequests.describe");
  return call;
}

llvm::Expected<int> answerCall(const BuildCall& call, const builder::BuildRequest& request, Session& session) {
  if (call.method == "subrequests.describe") return printMethods(call.json, session.out()), 0;
  auto store = session.store();
  if (!store) return store.takeError();
  if (call.method == "check") return check(call.json, request, **store, session);
  if (call.method == "targets") {
    auto answer = builder::listTargets(request, **store);
    if (!answer) return showExcerpts(answer.takeError(), session.err());
    printTargets(*answer, call.json, session.out());
    return 0;
  }
  auto answer = builder::outlineBuild(request, **store);
  if (!answer) return showExcerpts(answer.takeError(), session.err());
  if (call.json)
    printOutlineJson(*answer, session.out());
  else
    printOutlineText(answer->outline, session.out());
  return 0;
}

}  // namespace strata::cli
