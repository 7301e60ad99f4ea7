#pragma once
/// \file A proxy before a registry that breaks what passes: tests/support/fault_proxy.py, which says what it can do.

#include "support/http.h"
#include "support/text.h"
#include "tests/support/registry_server.h"

#include <llvm/Support/JSON.h>

#include <string>

namespace strata::testing {

class FaultProxy {
public:
  explicit FaultProxy(const RegistryServer& server)
      : log_(server.directory() + "/proxy.log"),
        daemon_({"python3", STRATA_SOURCE_DIR "/tests/support/fault_proxy.py",
                 llvm::StringRef(server.domain()).rsplit(':').second.str(), log_},
                server.directory() + "/proxy.errors", &port_) {}

  std::string domain() const { return "127.0.0.1:" + port_; }
  /// What happens from now on.
  void plan(llvm::json::Array faults) {
    HttpRequest request{
        .method = "PUT", .url = "http://" + domain() + "/_faults", .body = printJson(std::move(faults))};
    must(client_.send(request, nullptr, cancel_));
  }
  /// Faults that no request has met.
  size_t left() {
    StringSink body;
    must(client_.send({.url = "http://" + domain() + "/_faults"}, &body, cancel_));
    return must(parseJson(body.text)).getAsArray()->size();
  }
  /// "GET /v2/ 200" and so on, a line a request.
  std::string log() const { return pathExists(log_) ? must(readFile(log_)) : ""; }
  void forgetLog() {
    if (::truncate(log_.c_str(), 0) != 0) ADD_FAILURE() << log_;
  }

private:
  std::string log_, port_;
  Daemon daemon_;
  HttpClient client_;
  CancelToken cancel_;
};

}  // namespace strata::testing
