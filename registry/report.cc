#include "registry/report.h"

#include "registry/login.h"
#include "support/fault.h"

namespace strata::registry {

namespace {
constexpr std::chrono::seconds kPatience{5};

std::string asksFor(const HttpResponse& response) {
  for (Challenge& challenge : parseChallenges(response.header("www-authenticate").value_or(""))) {
    if (challenge.scheme != "bearer") return challenge.scheme;
    std::string service = challenge.parameters["service"];
    return "bearer from " + challenge.parameters["realm"] + (service.empty() ? "" : " (service " + service + ")");
  }
  return "";
}

Ping ping(llvm::StringRef domain, bool insecure, const HttpClient::Options& http, const CancelToken& cancel) {
  Ping result;
  auto began = std::chrono::steady_clock::now();
  Server::Options options{.insecure = insecure, .http = http};
  options.http.connectTimeout = options.http.stallTimeout = kPatience;
  Host host(std::make_shared<Server>(domain.str(), std::move(options)), cancel);
  auto origin = host.origin();
  result.url = (origin ? *origin : domain.str()) + "/v2/";
  auto answer = origin ? host.http().send({.url = result.url}, nullptr, cancel) : origin.takeError();
  result.time = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  if (!answer) {
    result.problem = messageOf(answer.takeError());
    return result;
  }
  result.status = answer->status;
  if (answer->status == 401) result.asksFor = asksFor(*answer);
  if (!result.answers()) result.problem = messageOf(registryFault("GET", *answer));
  return result;
}

llvm::Error askPlaces(RegistryReport& report, const CancelToken& cancel) {
  for (PlaceReport& place : report.places) {
    if (auto error = cancel.check()) return error;
    std::string domain = llvm::StringRef(place.place).split('/').first.str();
    auto certificates = findCertificates(domain);
    if (!certificates) return certificates.takeError();
    auto http = certificates->options();
    if (!http) return http.takeError();
    place.ping = ping(domain, place.insecure, *http, cancel);
  }
  return cancel.check();
}

/// "quay.example/team/app:1" leads to "quay.example" and to "quay.example/team".
bool leadsTo(llvm::StringRef name, llvm::StringRef place) {
  return name.consume_front(place) && (name.empty() || llvm::StringRef("/:@").contains(name.front()));
}

void listPlaces(RegistryReport& report) {
  if (report.entry)
    for (const MirrorEntry& mirror : report.entry->mirrors)
      report.places.push_back({.place = report.entry->rewritten(report.name, mirror.location),
                               .mirror = true,
                               .insecure = mirror.insecure,
                               .tags = mirror.tags,
                               .digests = mirror.digests});
  report.places.push_back(
      {.place = report.entry ? report.entry->rewritten(report.name, report.entry->location) : report.name,
       .insecure = report.entry && report.entry->insecure});
}
}  // namespace

const PlaceReport* RegistryReport::answering() const {
  if (blocked()) return nullptr;
  for (const PlaceReport& place : places)
    if (place.tags && place.ping.answers()) return &place;
  return nullptr;
}

llvm::Expected<RegistryReport> reportOn(llvm::StringRef name, const CancelToken& cancel) {
  RegistryReport report;
  std::string domain = registryNamed(name);
  name.consume_front("https://");
  name.consume_front("http://");
  llvm::StringRef path = name.split('/').second.rtrim('/');
  report.name = domain + (path.empty() ? "" : "/" + path.str());
  auto conf = loadRegistriesConf();
  if (!conf) return conf.takeError();
  report.files = conf->files;
  report.searched = conf->searched;
  for (const auto& [name, said] : conf->aliases)
    if (leadsTo(said.value, report.name)) report.aliases.emplace(name, said);
  if (const RegistryEntry* entry = conf->find(report.name)) report.entry = *entry;
  auto credential = lookUpCredential(domain, path);
  if (credential)
    report.credential = std::move(*credential);
  else
    report.credentialProblem = messageOf(credential.takeError());
  auto certificates = findCertificates(domain);
  if (!certificates) return certificates.takeError();
  report.certificates = std::move(*certificates);
  listPlaces(report);
  if (report.blocked())
    for (PlaceReport& place : report.places) place.ping.problem = "blocked: not asked";
  else if (auto error = askPlaces(report, cancel))
    return error;
  const Ping& own = report.places.back().ping;
  report.proxy =
      proxyFor(llvm::StringRef(own.url).starts_with("http:") ? "http" : "https", domain.substr(0, domain.find(':')));
  return report;
}

}  // namespace strata::registry
