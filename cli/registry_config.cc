#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/template.h"
#include "registry/report.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {
using llvm::json::Array;
using llvm::json::Object;
using registry::PlaceReport;
using registry::RegistryReport;

struct RegistryConfigOptions {
  std::string format;
};

// --- JSON ---

Array saidJson(const std::vector<registry::Said>& all) {
  Array array;
  for (const registry::Said& said : all) array.push_back(Object{{"value", said.value}, {"source", said.file}});
  return array;
}

Array filesJson(const std::vector<registry::LookedAt>& all) {
  Array array;
  for (const registry::LookedAt& file : all) array.push_back(Object{{"path", file.path}, {"there", file.there}});
  return array;
}

Array aliasesJson(const std::map<std::string, registry::Said>& aliases) {
  Array array;
  for (const auto& [name, said] : aliases)
    array.push_back(Object{{"name", name}, {"value", said.value}, {"source", said.file}});
  return array;
}

Object placeJson(const PlaceReport& place) {
  return Object{{"place", place.place},
                {"mirror", place.mirror},
                {"insecure", place.insecure},
                {"byTag", place.tags},
                {"byDigest", place.digests},
                {"url", place.ping.url},
                {"answers", place.ping.answers()},
                {"status", place.ping.status},
                {"asksFor", place.ping.asksFor},
                {"problem", place.ping.problem},
                {"milliseconds", int64_t(place.ping.time.count())}};
}

Object certificatesJson(const registry::Certificates& certificates) {
  Array authorities, pairs;
  for (const std::string& path : certificates.authorities) authorities.push_back(path);
  for (const auto& pair : certificates.pairs)
    pairs.push_back(Object{{"certificate", pair.certificate}, {"key", pair.key}});
  return Object{{"looked", filesJson(certificates.places)},
                {"authorities", std::move(authorities)},
                {"clients", std::move(pairs)}};
}

Object credentialJson(const RegistryReport& report) {
  const registry::FoundCredential& found = report.credential;
  Object object{{"looked", filesJson(found.files)}, {"known", bool(found.credential)}};
  if (!report.credentialProblem.empty()) object["problem"] = report.credentialProblem;
  if (!found.credential) return object;
  object["user"] = found.credential->user;
  object["token"] = !found.credential->identityToken.empty();
  object["source"] = found.helper.empty() ? found.file : found.helper;
  object["key"] = found.key;
  return object;
}

Object documentOf(const RegistryReport& report) {
  Array places;
  for (const PlaceReport& place : report.places) places.push_back(placeJson(place));
  Object document{{"name", report.name},
                  {"looked", filesJson(report.files)},
                  {"searched", saidJson(report.searched)},
                  {"aliases", aliasesJson(report.aliases)},
                  {"credentials", credentialJson(report)},
                  {"certificates", certificatesJson(report.certificates)},
                  {"proxy", Object{{"variables", saidJson(report.proxy.variables)}, {"used", report.proxy.used}}},
                  {"places", std::move(places)},
                  {"entry", nullptr},
                  {"answering", nullptr}};
  if (report.entry)
    document["entry"] = Object{{"prefix", report.entry->prefix},
                               {"location", report.entry->location},
                               {"insecure", report.entry->insecure},
                               {"blocked", report.entry->blocked},
                               {"file", report.entry->file}};
  if (const PlaceReport* place = report.answering()) document["answering"] = place->place;
  return document;
}

// --- Text ---

void printLooked(const std::vector<registry::LookedAt>& files, llvm::raw_ostream& out) {
  for (const registry::LookedAt& file : files)
    out << "  " << printable(file.path) << (file.there ? "" : "  (not there)") << "\n";
}

void printEntry(const RegistryReport& report, llvm::raw_ostream& out) {
  out << "Settings:\n";
  printLooked(report.files, out);
  if (!report.entry) {
    out << "  no file names this registry: defaults\n";
    return;
  }
  const registry::RegistryEntry& entry = *report.entry;
  out << "  from " << entry.file << ":\n    prefix    " << printable(entry.prefix) << "\n";
  if (!entry.location.empty()) out << "    location  " << printable(entry.location) << "\n";
  out << "    insecure  " << (entry.insecure ? "true" : "false") << "\n    blocked   "
      << (entry.blocked ? "true" : "false") << "\n";
}

std::string whoIs(const registry::Credential& credential) {
  if (credential.user.empty()) return "a token";
  return "user " + printable(credential.user) + (credential.identityToken.empty() ? "" : " with a token");
}

void printShortNames(const RegistryReport& report, llvm::raw_ostream& out) {
  out << "Short names:\n";
  for (const registry::Said& registry : report.searched)
    out << "  searched in " << printable(registry.value) << ", from " << registry.file << "\n";
  if (report.searched.empty()) out << "  without an alias they are docker.io's\n";
  for (const auto& [name, said] : report.aliases)
    out << "  " << printable(name) << " is " << printable(said.value) << ", from " << said.file << "\n";
}

void printCredential(const RegistryReport& report, llvm::raw_ostream& out) {
  const registry::FoundCredential& found = report.credential;
  out << "Credentials:\n";
  printLooked(found.files, out);
  if (!report.credentialProblem.empty())
    out << "  " << report.credentialProblem << "\n";
  else if (!found.credential)
    out << "  none: anonymous\n";
  else
    out << "  " << whoIs(*found.credential) << ", from " << (found.helper.empty() ? found.file : found.helper) << " ("
        << printable(found.key) << ")\n";
}

void printCertificates(const registry::Certificates& certificates, llvm::raw_ostream& out) {
  out << "Certificates:\n";
  printLooked(certificates.places, out);
  for (const std::string& path : certificates.authorities) out << "  trusted beside the system's: " << path << "\n";
  for (const auto& pair : certificates.pairs) out << "  ours: " << pair.certificate << " with " << pair.key << "\n";
  if (certificates.authorities.empty() && certificates.pairs.empty()) out << "  the system's alone\n";
}

void printProxy(const registry::ProxyReport& proxy, llvm::raw_ostream& out) {
  out << "Proxy:\n";
  for (const registry::Said& variable : proxy.variables)
    out << "  " << variable.file << "=" << printable(variable.value) << "\n";
  out << "  " << (proxy.used ? "used: " + printable(*proxy.used) : std::string("none is used")) << "\n";
}

void printPlace(const PlaceReport& place, const RegistryReport& report, llvm::raw_ostream& out) {
  out << "  " << printable(place.place) << "  " << (place.mirror ? "mirror" : "registry");
  if (place.insecure) out << ", insecure";
  if (!place.tags) out << ", by digest alone";
  if (!place.digests) out << ", by tag alone";
  out << "\n    " << (place.ping.url.empty() ? "" : place.ping.url + ": ");
  if (place.ping.answers())
    out << "answers in " << place.ping.time.count() << " ms"
        << (place.ping.asksFor.empty() ? "" : ", asks for a login: " + printable(place.ping.asksFor));
  else
    out << place.ping.problem;
  out << (&place == report.answering() ? "  <- pulls by tag go here" : "") << "\n";
}

void printReport(const RegistryReport& report, llvm::raw_ostream& out) {
  out << "Registry: " << printable(report.name) << "\n";
  printEntry(report, out);
  printShortNames(report, out);
  printCredential(report, out);
  printCertificates(report.certificates, out);
  printProxy(report.proxy, out);
  out << "Places, in the order of asking:\n";
  for (const PlaceReport& place : report.places) printPlace(place, report, out);
  if (report.blocked()) out << "Blocked: nothing is pulled or pushed.\n";
}

llvm::Expected<int> registryConfig(const RegistryConfigOptions& options, Session& session, const Arguments& arguments) {
  auto report = registry::reportOn(arguments[0], session.cancel());
  if (!report) return report.takeError();
  if (options.format.empty())
    printReport(*report, session.out());
  else if (options.format == "json")
    session.out() << printPrettyJson(documentOf(*report)) << "\n";
  else if (auto error = printFormatted(options.format, documentOf(*report), session.out()))
    return error;
  return report->blocked() || report->answering() ? 0 : kTransferFailed;
}

}  // namespace

Command registryConfigCommand() {
  return {.name = "config",
          .usage = "[OPTIONS] HOST[/PATH]",
          .description = "Show what decides how a registry is spoken to, and what it answers",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<RegistryConfigOptions>();
            declared.text("-f,--format", options->format, "'json' or a Go template");
            return [options](Session& session, const Arguments& arguments) {
              return registryConfig(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
