#include "support/http.h"

#include "support/process.h"
#include "tests/support/remote_server.h"

#include <thread>

namespace strata {
namespace {

using testing::must;
using testing::RemoteServer;

class FileSink : public DownloadSink {
public:
  llvm::Error write(llvm::StringRef bytes) override {
    text += bytes;
    return llvm::Error::success();
  }
  llvm::Error restart() override {
    ++restarts;
    text.clear();
    return llvm::Error::success();
  }
  std::string text;
  int restarts = 0;
};

class HttpTest : public ::testing::Test {
protected:
  llvm::Expected<HttpResponse> get(const std::string& url, ByteSink* sink = nullptr) {
    return client_.send({.url = url}, sink, cancel_);
  }
  HttpClient client_{HttpClient::Options{.connectTimeout = std::chrono::seconds(5),
                                         .stallTimeout = std::chrono::seconds(2),
                                         .retryPause = std::chrono::milliseconds(1)}};
  RemoteServer server_;
  CancelToken cancel_;
};

TEST(HttpPreparationTest, AProgramThatLeavesAtOnceLeavesWell) {
  for (int i = 0; i < 30; ++i)
    EXPECT_EXIT(
        {
          { HttpPreparation loading; }
          std::exit(0);
        },
        ::testing::ExitedWithCode(0), "");
}

TEST_F(HttpTest, GetsAFileWithItsHeaders) {
  server_.file("f", "hello");
  server_.behave("/f", {{"etag", "\"1\""}, {"headers", llvm::json::Object{{"X-Odd", "a: b"}}}});
  StringSink sink;
  HttpResponse response = must(get(server_.url("/f"), &sink));
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.succeeded());
  EXPECT_EQ(sink.text, "hello");
  EXPECT_EQ(response.header("etag"), "\"1\"");
  EXPECT_EQ(response.header("x-odd"), "a: b");
  EXPECT_EQ(response.header("nothing"), std::nullopt);
}

TEST_F(HttpTest, SendsHeadersMethodsAndBodies) {
  StringSink sink;
  must(client_.send({.method = "HEAD", .url = server_.url("/f"), .headers = {{"X-A", "1"}, {"X-Empty", ""}}}, nullptr,
                    cancel_));
  EXPECT_EQ(must(client_.send({.method = "PUT", .url = server_.url("/p"), .body = "text"}, &sink, cancel_)).status,
            201);
  StringSource upload("streamed");
  HttpRequest request{.method = "PUT", .url = server_.url("/p")};
  request.upload = &upload;
  request.uploadSize = 8;
  must(client_.send(request, &sink, cancel_));
  EXPECT_EQ(sink.text, "textstreamed");
  auto seen = server_.requests();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].method, "HEAD");
  EXPECT_EQ(seen[0].header("x-a"), "1");
  EXPECT_TRUE(seen[0].headers.get("x-empty"));
  EXPECT_EQ(seen[1].method, "PUT");
}

TEST_F(HttpTest, AStatusIsAnAnswerAndItsTextIsKept) {
  StringSink sink;
  HttpResponse response = must(get(server_.url("/none"), &sink));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.text, "status 404\n");
  EXPECT_EQ(sink.text, "");
  EXPECT_FAULT_SAYING(statusFault("GET", "http://u:p@h/x", response), FaultKind::NotFound, "404 Not Found");
  response.status = 503;
  EXPECT_FAULT(statusFault("GET", "http://h/x", response), FaultKind::Unavailable);
  response.status = 401;
  EXPECT_FAULT(statusFault("GET", "http://h/x", response), FaultKind::Denied);
}

TEST_F(HttpTest, FollowsRedirectsWithinHttp) {
  server_.file("f", "there");
  server_.behave("/a", {{"redirect", "/b"}});
  server_.behave("/b", {{"redirect", server_.url("/f")}});
  server_.behave("/loop", {{"redirect", "/loop"}});
  server_.behave("/file", {{"redirect", "file:///etc/passwd"}});
  StringSink sink;
  HttpResponse response = must(get(server_.url("/a"), &sink));
  EXPECT_EQ(sink.text, "there");
  EXPECT_EQ(response.url, server_.url("/f"));
  EXPECT_FAULT(get(server_.url("/loop")), FaultKind::Invalid);
  EXPECT_FAULT(get(server_.url("/file")), FaultKind::Invalid);
}

TEST_F(HttpTest, CredentialsDoNotFollowToAnotherHost) {
  RemoteServer other;
  other.file("f", "x");
  server_.behave("/a", {{"redirect", other.url("/f")}});
  must(client_.send({.url = server_.url("/a"), .headers = {{"Authorization", "Bearer t"}}}, nullptr, cancel_));
  EXPECT_EQ(server_.requests()[0].header("authorization"), "Bearer t");
  EXPECT_EQ(other.requests()[0].header("authorization"), "");
}

TEST_F(HttpTest, OnlyHttpAndOnlyCleanRequestsAreSent) {
  for (const char* url : {"file:///etc/passwd", "ftp://h/x", "gopher://h/x", "/etc/passwd", "http://h/a b", "-x"})
    EXPECT_FAULT(get(url), FaultKind::Invalid);
  HttpRequest request{.url = server_.url("/f"), .headers = {{"X", "a\r\nY: b"}}};
  EXPECT_FAULT(client_.send(request, nullptr, cancel_), FaultKind::Invalid);
}

TEST_F(HttpTest, AServerThatIsNotThereIsUnavailableAndItsPasswordUntold) {
  auto seen = testing::faultOf(get("http://me:hush@127.0.0.1:1/x"));
  EXPECT_EQ(seen.kind, FaultKind::Unavailable);
  EXPECT_THAT(seen.message, ::testing::Not(::testing::HasSubstr("hush")));
}

TEST_F(HttpTest, AStalledServerIsGivenUp) {
  server_.behave("/slow", {{"delay", 20}});
  EXPECT_FAULT(get(server_.url("/slow")), FaultKind::Unavailable);
}

TEST_F(HttpTest, StoppingDoesNotWaitForTheServer) {
  server_.behave("/slow", {{"delay", 20}});
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cancel_.cancel();
  });
  auto began = std::chrono::steady_clock::now();
  EXPECT_FAULT(get(server_.url("/slow")), FaultKind::Cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(1500));
  stopper.join();
}

TEST_F(HttpTest, ADownloadGoesOnWhereItBroke) {
  std::string content(300'000, 'x');
  for (size_t i = 0; i < content.size(); ++i) content[i] = char('a' + i % 23);
  server_.file("big", content);
  server_.behave("/big", {{"etag", "\"1\""}, {"cut", llvm::json::Array{100'000, 50'000}}});
  FileSink sink;
  EXPECT_TRUE(must(client_.download({.url = server_.url("/big")}, sink, cancel_)).succeeded());
  EXPECT_EQ(sink.text, content);
  EXPECT_EQ(sink.restarts, 0);
  auto seen = server_.requests();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[1].header("range"), "bytes=100000-");
  EXPECT_EQ(seen[1].header("if-range"), "\"1\"");
  EXPECT_EQ(seen[2].header("range"), "bytes=150000-");
}

TEST_F(HttpTest, ADownloadBeginsAnewWhereTheServerCannotGoOn) {
  server_.file("f", "0123456789");
  server_.behave("/f", {{"etag", "\"1\""}, {"cut", llvm::json::Array{4}}, {"noRanges", true}});
  FileSink sink;
  must(client_.download({.url = server_.url("/f")}, sink, cancel_));
  EXPECT_EQ(sink.text, "0123456789");
  EXPECT_EQ(sink.restarts, 1);
  server_.file("g", "0123456789");
  server_.behave("/g", {{"cut", llvm::json::Array{4}}});  // nothing to tell one version from another
  FileSink second;
  must(client_.download({.url = server_.url("/g")}, second, cancel_));
  EXPECT_EQ(second.text, "0123456789");
  EXPECT_EQ(second.restarts, 1);
}

TEST_F(HttpTest, ADownloadThatNeverGetsFurtherIsGivenUp) {
  server_.file("f", "0123456789");
  server_.behave("/f", {{"etag", "\"1\""}, {"cut", llvm::json::Array{4, 0, 0, 0, 0, 0, 0}}});
  FileSink sink;
  EXPECT_FAULT(client_.download({.url = server_.url("/f")}, sink, cancel_), FaultKind::Unavailable);
}

TEST_F(HttpTest, WhatTheSinkFaultsIsTheFault) {
  class FullDisk : public ByteSink {
    llvm::Error write(llvm::StringRef) override { return fault(FaultKind::Io, "disk full"); }
  } sink;
  server_.file("f", "x");
  EXPECT_FAULT_SAYING(get(server_.url("/f"), &sink), FaultKind::Io, "disk full");
}

TEST_F(HttpTest, CertificatesAreChecked) {
  TempDir keys = testing::makeTempDir();
  std::string key = keys.path() + "/key", certificate = keys.path() + "/certificate";
  auto made = must(runProcess(
      {.argv = {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate}}));
  ASSERT_EQ(made.exitCode, 0) << made.errors;
  RemoteServer server({certificate, key});
  server.file("f", "secure");
  EXPECT_FAULT(get(server.url("/f")), FaultKind::Denied);
  ::setenv("SSL_CERT_FILE", certificate.c_str(), 1);
  StringSink sink;
  auto response = client_.send({.url = server.url("/f")}, &sink, cancel_);
  ::unsetenv("SSL_CERT_FILE");
  EXPECT_EQ(must(std::move(response)).status, 200);
  EXPECT_EQ(sink.text, "secure");
}

TEST_F(HttpTest, AProxyOfTheEnvironmentIsUsedUnlessExempted) {
  server_.file("f", "through");
  ::setenv("http_proxy", server_.url("").c_str(), 1);
  auto asked = get("http://nowhere.invalid/f");
  ::setenv("no_proxy", "nowhere.invalid", 1);
  auto direct = get("http://nowhere.invalid/f");
  ::unsetenv("no_proxy");
  ::unsetenv("http_proxy");
  must(std::move(asked));
  EXPECT_EQ(server_.requests()[0].path, "http://nowhere.invalid/f");
  EXPECT_FAULT(std::move(direct), FaultKind::Unavailable);
}

TEST_F(HttpTest, DatesAreRead) {
  EXPECT_EQ(parseHttpDate("Wed, 21 Oct 2015 07:28:00 GMT"), 1445412480);
  EXPECT_EQ(parseHttpDate("no date"), std::nullopt);
}

}  // namespace
}  // namespace strata
