#include "registry/transport/endpoint.h"

#include "support/fault.h"
#include "tests/support/environment.h"
#include "tests/support/remote_server.h"

namespace strata::registry {
namespace {
using llvm::json::Object;
using strata::testing::Environment;
using strata::testing::makeTempDir;
using strata::testing::must;
using strata::testing::RemoteServer;

/// A server that plays the registry, for what docker-registry cannot be made to do.
class EndpointTest : public ::testing::Test {
protected:
  Endpoint endpoint(const RemoteServer& server, std::optional<Credential> credential = {}) {
    auto host = std::make_shared<Host>(std::make_shared<Server>(server.authority(), Server::Options()), cancel_);
    return Endpoint(std::move(host), "app", {.attempts = 2, .pause = std::chrono::milliseconds(1)}, false,
                    std::move(credential));
  }

  TempDir home_ = makeTempDir();
  Environment environment_{{"DOCKER_CONFIG", home_.path()}};
  RemoteServer server_, other_;
  CancelToken cancel_;
  const Credential ada_{.user = "ada", .password = "open sesame"};
  const char* const kBasic = "Basic YWRhOm9wZW4gc2VzYW1l";
};

TEST_F(EndpointTest, ARedirectDoesNotCarryOurLoginToAnotherHost) {
  other_.file("blob", "bytes");
  server_.file("v2/app/here", "same host");
  server_.behave("/v2/app/blobs/x",
                 {{"auth", kBasic}, {"challenge", "Basic realm=\"r\""}, {"redirect", other_.url("/blob")}});
  server_.behave("/v2/app/blobs/y", {{"redirect", "/v2/app/here"}});
  server_.behave("/v2/app/blobs/loop", {{"redirect", "/v2/app/blobs/loop"}});
  Endpoint app = endpoint(server_, ada_);
  EXPECT_EQ(must(app.send({.where = "blobs/x"})).text, "bytes");
  EXPECT_EQ(other_.requests().back().header("authorization"), "");
  EXPECT_EQ(server_.requests().back().header("authorization"), kBasic);
  EXPECT_EQ(must(app.send({.where = "blobs/y"})).text, "same host");
  EXPECT_EQ(server_.requests().back().header("authorization"), kBasic);
  EXPECT_FAULT_SAYING(app.send({.where = "blobs/loop"}), FaultKind::Invalid, "too many redirects");
}

TEST_F(EndpointTest, AnUploadElsewhereDoesNotCarryOurLogin) {
  server_.behave("/v2/app/blobs/x", {{"auth", kBasic}, {"challenge", "Basic realm=\"r\""}});
  server_.file("v2/app/blobs/x", "x");
  Endpoint app = endpoint(server_, ada_);
  must(app.send({.where = "blobs/x"}));
  auto upload = must(app.upload({.method = "PUT", .where = other_.url("/upload")}, 5));
  must(upload->write("bytes"));
  EXPECT_EQ(must(upload->finish()).status, 201);
  EXPECT_EQ(other_.requests().back().header("authorization"), "");
}

/// Registries of this machine may name a realm over http; a remote one may not.
TEST_F(EndpointTest, APasswordIsNotSentInTheClear) {
  Host host(std::make_shared<Server>("reg.example", Server::Options()), cancel_);
  Tokens tokens("reg.example", "app", host.plainAllowed(), host.http(), cancel_, ada_);
  HttpResponse refusal{.status = 401,
                       .headers = {{"www-authenticate", "Bearer realm=\"http://elsewhere.example/token\""}}};
  must(tokens.refused(refusal, ""));
  EXPECT_FAULT_SAYING(tokens.authorization({"repository:app:pull"}), FaultKind::Denied, "in the clear");
}

TEST_F(EndpointTest, AnUnknownKindOfLoginIsNamed) {
  server_.behave("/v2/app/x", {{"auth", "none"}, {"challenge", "Negotiate"}});
  EXPECT_FAULT_SAYING(endpoint(server_).send({.where = "x"}), FaultKind::Denied, "Negotiate");
  server_.behave("/v2/app/y", {{"auth", "none"}});
  EXPECT_FAULT_SAYING(endpoint(server_).send({.where = "y"}), FaultKind::Denied, "(none named)");
}

TEST(RegistryFault, TellsWhatTheRegistrySays) {
  HttpResponse response{.status = 403,
                        .url = "https://reg.example/v2/",
                        .text = R"({"errors":[{"code":"DENIED","message":"requested access is denied"}]})"};
  EXPECT_FAULT_SAYING(registryFault("PUT", response), FaultKind::Denied, "(denied: requested access is denied)");
  response.text = "<html>";
  EXPECT_FAULT_SAYING(registryFault("PUT", response), FaultKind::Denied, "403 Forbidden");
}
}  // namespace
}  // namespace strata::registry
