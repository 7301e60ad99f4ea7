#include "registry/client.h"

#include "registry/login.h"
#include "registry/report.h"
#include "tests/support/environment.h"
#include "tests/support/registry_server.h"

namespace strata::registry {
namespace {
using strata::testing::Environment;
using strata::testing::makeTempDir;
using strata::testing::must;
using strata::testing::RegistryServer;
using strata::testing::writeFile;

/// A user with nothing but what the test gives it.
class ClientTest : public ::testing::Test {
protected:
  Repository& repository(Client& client, const std::string& name, Client::Use use = Client::Use::Pull) {
    return *must(client.repository(must(parseReference(name)), use));
  }
  void registriesConf(const std::string& text) { writeFile(home_.path() + "/containers/registries.conf", text); }
  void certificate(const RegistryServer& server, const std::string& file) {
    writeFile(home_.path() + "/containers/certs.d/" + server.domain() + "/" + file,
              must(readFile(server.directory() + "/" + file)));
  }
  static void pushDocument(Repository& repository, llvm::StringRef tag, const std::string& config) {
    layerfs::Descriptor blob{
        .mediaType = layerfs::media::kOciConfig.str(), .digest = digestOf(config), .size = config.size()};
    must(repository.pushBlob(blob, config));
    layerfs::Manifest manifest{.config = blob, .layers = {}, .annotations = {}};
    must(repository.pushManifest(printManifest(manifest), manifest.mediaType, tag));
  }
  static std::string configOf(Repository& repository, llvm::StringRef tag) {
    auto manifest = must(layerfs::parseManifest(must(repository.manifest(tag)).text));
    return must(readAll(*must(repository.openBlob(manifest.config)), 1000));
  }

  TempDir home_ = makeTempDir();
  Environment environment_{{"XDG_CONFIG_HOME", home_.path()},
                           {"DOCKER_CONFIG", home_.path()},
                           {"REGISTRY_AUTH_FILE", ""},
                           {"CONTAINERS_REGISTRIES_CONF", ""}};
  CancelToken cancel_;
  Client::Options quick_{.retries = {.attempts = 2, .pause = std::chrono::milliseconds(5)}};
};

TEST_F(ClientTest, MirrorsAreAskedFirstAndTheRegistryWhatTheyLack) {
  RegistryServer origin, mirror;
  Client plain(cancel_, quick_);
  pushDocument(repository(plain, origin.domain() + "/app"), "both", "{\"from\":\"origin\"}");
  pushDocument(repository(plain, origin.domain() + "/app"), "one", "{\"only\":\"origin\"}");
  pushDocument(repository(plain, mirror.domain() + "/copy/app"), "both", "{\"from\":\"mirror\"}");
  registriesConf("[[registry]]\nlocation = \"" + origin.domain() +
                 "\"\n[[registry.mirror]]\nlocation = \"127.0.0.1:1\"\n[[registry.mirror]]\nlocation = \"" +
                 mirror.domain() + "/copy\"\n");
  Client client(cancel_, quick_);
  Repository& app = repository(client, origin.domain() + "/app");
  EXPECT_EQ(configOf(app, "both"), "{\"from\":\"mirror\"}");
  EXPECT_EQ(configOf(app, "one"), "{\"only\":\"origin\"}");
  auto seen = strata::testing::faultOf(app.manifest("none"));
  EXPECT_EQ(seen.kind, FaultKind::NotFound);
  EXPECT_THAT(seen.message, ::testing::HasSubstr(mirror.domain()));

  pushDocument(app, "pushed", "{\"x\":1}");
  EXPECT_FALSE(must(repository(plain, mirror.domain() + "/copy/app").resolve("pushed")));
  EXPECT_TRUE(must(repository(client, origin.domain() + "/app", Client::Use::Push).resolve("pushed")));
}

TEST_F(ClientTest, AMirrorForDigestsIsNotAskedForTags) {
  RegistryServer origin, mirror;
  Client plain(cancel_, quick_);
  pushDocument(repository(plain, origin.domain() + "/app"), "v1", "{\"from\":\"origin\"}");
  pushDocument(repository(plain, mirror.domain() + "/app"), "v1", "{\"from\":\"mirror\"}");
  registriesConf("[[registry]]\nlocation = \"" + origin.domain() + "\"\nmirror-by-digest-only = true\n" +
                 "[[registry.mirror]]\nlocation = \"" + mirror.domain() + "\"\n");
  Client client(cancel_, quick_);
  Repository& app = repository(client, origin.domain() + "/app");
  EXPECT_EQ(configOf(app, "v1"), "{\"from\":\"origin\"}");
  Digest mirrored = must(repository(plain, mirror.domain() + "/app").resolve("v1"))->digest;
  EXPECT_EQ(configOf(app, mirrored.str()), "{\"from\":\"mirror\"}");
}

TEST_F(ClientTest, ABlockedRegistryIsRefusedNamingTheFile) {
  registriesConf("[[registry]]\nprefix = \"evil.example\"\nblocked = true\n");
  Client client(cancel_, quick_);
  EXPECT_FAULT_SAYING(client.repository(must(parseReference("evil.example/app"))), FaultKind::Denied,
                      "registries.conf");
}

TEST_F(ClientTest, ACertificateOfAnUnknownAuthorityIsRefusedUntilItIsTrusted) {
  RegistryServer server(RegistryServer::Access::Tls);
  {
    Client client(cancel_, quick_);
    EXPECT_FAULT_SAYING(repository(client, server.domain() + "/app").resolve("v1"), FaultKind::Denied, "certificate");
  }
  {
    Client insecure(cancel_, {.insecure = true, .retries = quick_.retries});
    EXPECT_EQ(must(repository(insecure, server.domain() + "/app").resolve("v1")), std::nullopt);
  }
  certificate(server, "ca.crt");
  Client client(cancel_, quick_);
  pushDocument(repository(client, server.domain() + "/app"), "v1", "{\"tls\":1}");
  EXPECT_EQ(configOf(repository(client, server.domain() + "/app"), "v1"), "{\"tls\":1}");
}

TEST_F(ClientTest, OurCertificateIsShownWhereItIsAskedFor) {
  RegistryServer server(RegistryServer::Access::MutualTls);
  certificate(server, "ca.crt");
  {
    Client client(cancel_, quick_);
    EXPECT_FAULT_SAYING(repository(client, server.domain() + "/app").resolve("v1"), FaultKind::Denied,
                        "it may want a certificate of ours");
  }
  certificate(server, "client.cert");
  {
    Client client(cancel_, quick_);
    EXPECT_FAULT_SAYING(client.repository(must(parseReference(server.domain() + "/app"))), FaultKind::Invalid,
                        "client.cert has no key");
  }
  certificate(server, "client.key");
  Client client(cancel_, quick_);
  EXPECT_EQ(must(repository(client, server.domain() + "/app").resolve("v1")), std::nullopt);
}

TEST_F(ClientTest, ALoginIsVerified) {
  RegistryServer password(RegistryServer::Access::Password), token(RegistryServer::Access::Token), open;
  Client client(cancel_, quick_);
  Credential right{.user = "ada", .password = "open sesame"}, wrong{.user = "ada", .password = "guess"};
  EXPECT_EQ(must(verifyLogin(client, password.domain(), right)), right);
  EXPECT_FAULT(verifyLogin(client, password.domain(), wrong), FaultKind::Denied);
  EXPECT_FAULT(verifyLogin(client, token.domain(), wrong), FaultKind::Denied);
  Credential kept = must(verifyLogin(client, token.domain(), right));
  EXPECT_EQ(kept.identityToken, "refresh me");
  EXPECT_EQ(kept.password, "");
  EXPECT_EQ(must(verifyLogin(client, open.domain(), wrong)), wrong);
  EXPECT_FAULT(verifyLogin(client, "127.0.0.1:1", right), FaultKind::Unavailable);
  for (const char* hub : {"", "docker.io", "https://index.docker.io/v1/", "registry-1.docker.io"})
    EXPECT_EQ(registryNamed(hub), "docker.io");
  EXPECT_EQ(registryNamed("https://reg.example:1/v2/"), "reg.example:1");
}

TEST_F(ClientTest, AShortNameIsFoundAtTheFirstPlaceThatHasIt) {
  RegistryServer empty, full;
  Client plain(cancel_, quick_);
  pushDocument(repository(plain, full.domain() + "/app", Client::Use::Push), "1", "{}");
  auto searched = [&](llvm::StringRef first) {
    registriesConf(("unqualified-search-registries = [\"" + first + "\", \"" + full.domain() + "\"]\n").str());
  };
  searched(empty.domain());
  EXPECT_EQ(must(Client(cancel_, quick_).find("app:1")).canonical(), full.domain() + "/app:1");
  EXPECT_EQ(must(Client(cancel_, quick_).find("app:2")).canonical(), empty.domain() + "/app:2");
  searched("127.0.0.1:1");
  EXPECT_EQ(must(Client(cancel_, quick_).find("app:1")).canonical(), full.domain() + "/app:1");
  EXPECT_FAULT_SAYING(Client(cancel_, quick_).find("app:2"), FaultKind::Unavailable, "127.0.0.1:1");
}

TEST_F(ClientTest, TheReportTellsWhichShortNamesLeadThere) {
  registriesConf(
      "unqualified-search-registries = [\"127.0.0.1:1\"]\n[aliases]\n\"a\" = \"127.0.0.1:1/team/a\"\n"
      "\"b\" = \"127.0.0.1:1/teams/b\"\n\"c\" = \"127.0.0.1:12/team/c\"\n");
  auto names = [&](llvm::StringRef place) {
    std::string all;
    for (const auto& [name, said] : must(reportOn(place, cancel_)).aliases) all += name;
    return all;
  };
  EXPECT_EQ(names("127.0.0.1:1"), "ab");
  EXPECT_EQ(names("127.0.0.1:1/team"), "a");
}

TEST_F(ClientTest, TheReportTellsWhichPlaceAnswers) {
  RegistryServer mirror, origin(RegistryServer::Access::Token);
  registriesConf("[[registry]]\nlocation = \"" + origin.domain() +
                 "\"\n[[registry.mirror]]\nlocation = \"127.0.0.1:1\"\n[[registry.mirror]]\nlocation = \"" +
                 mirror.domain() + "\"\n");
  writeFile(home_.path() + "/config.json", "{\"auths\":{\"" + origin.domain() + "\":{\"username\":\"ada\"}}}");
  Environment proxies{{"http_proxy", "http://u:secret@proxy.example:1"}, {"no_proxy", "127.0.0.1"}};
  RegistryReport report = must(reportOn(origin.domain() + "/team", cancel_));
  ASSERT_EQ(report.places.size(), 3u);
  EXPECT_FALSE(report.places[0].ping.answers());
  ASSERT_TRUE(report.answering());
  EXPECT_EQ(report.answering()->place, mirror.domain() + "/team");
  EXPECT_EQ(report.places[2].ping.status, 401);
  EXPECT_THAT(report.places[2].ping.asksFor, ::testing::HasSubstr("/token (service registry)"));
  EXPECT_EQ(report.credential.credential->user, "ada");
  EXPECT_EQ(report.proxy.used, std::nullopt);
  EXPECT_THAT(report.proxy.variables[0].value, ::testing::Not(::testing::HasSubstr("secret")));
}
}  // namespace
}  // namespace strata::registry
