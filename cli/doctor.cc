#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/template.h"
#include "runtime/host/host_report.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {
using llvm::json::Array;
using llvm::json::Object;

Object documentOf(const runtime::HostReport& report) {
  Array facts, abilities;
  for (const runtime::HostFact& fact : report.facts)
    facts.push_back(Object{{"Name", fact.name},
                           {"State", runtime::nameOf(fact.state)},
                           {"Value", llvm::json::fixUTF8(fact.value)},
                           {"Advice", llvm::json::fixUTF8(fact.advice)}});
  for (const runtime::Ability& one : report.abilities)
    abilities.push_back(Object{{"Name", one.name}, {"Able", one.able}, {"How", llvm::json::fixUTF8(one.how)}});
  return Object{{"Usable", report.isUsable()}, {"Facts", std::move(facts)}, {"Abilities", std::move(abilities)}};
}

void print(const runtime::HostReport& report, llvm::raw_ostream& out) {
  std::vector<std::vector<std::string>> facts = {{"THIS HOST", "STATE", "FOUND"}}, abilities = {{"TO", "", "HOW"}};
  for (const runtime::HostFact& fact : report.facts)
    facts.push_back({fact.name, runtime::nameOf(fact.state).str(), printable(fact.value)});
  for (const runtime::Ability& one : report.abilities)
    abilities.push_back({one.name, one.able ? "yes" : "no", printable(one.how)});
  out << table(facts) << "\n" << table(abilities);
  bool isFirst = true;
  for (const runtime::HostFact& fact : report.facts) {
    if (fact.advice.empty()) continue;
    out << (std::exchange(isFirst, false) ? "\nWhat would help:\n" : "") << "  " << fact.name << ": " << fact.advice
        << "\n";
  }
}

llvm::Expected<int> examine(const std::string& format, Session& session) {
  auto store = session.store();
  std::string storeFault;
  if (!store) storeFault = messageOf(store.takeError());
  runtime::HostReport report = runtime::examineHost(storeFault.empty() ? *store : nullptr, storeFault);
  if (format.empty())
    print(report, session.out());
  else if (llvm::Error error = printFormatted(format, documentOf(report), session.out()))
    return error;
  return report.isUsable() ? 0 : 1;
}

}  // namespace

Command doctorCommand() {
  return {.name = "doctor",
          .usage = "[OPTIONS]",
          .description = "Say what this host allows, what strata chose of it, and what would help",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto format = std::make_shared<std::string>();
            declared.text("-f,--format", *format, "Print by a Go template, or 'json'");
            return [format](Session& session, const Arguments&) { return examine(*format, session); };
          }};
}

}  // namespace strata::cli
