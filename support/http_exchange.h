#pragma once
/// \file One request under way over libcurl, step by step: what HttpClient's three forms (send, open, upload) stand on.

#include "support/http.h"

namespace strata {

/// libcurl's connections, kept for the next exchange with the same server. Any thread.
class HttpConnections {
public:
  HttpConnections();
  ~HttpConnections();

private:
  friend class HttpExchange;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The other side of an exchange: takes what comes and gives what is to be sent.
class HttpPeer {
public:
  virtual ~HttpPeer() = default;
  /// Once, before the first byte of the body.
  virtual llvm::Error onHeaders(const HttpResponse&) { return llvm::Error::success(); }
  /// Of a response with success. False: not now; the same bytes come again after HttpExchange::goOn().
  virtual llvm::Expected<bool> onBody(llvm::StringRef) { return true; }
  /// More of the request's body: 0 is the end; nothing: not now, until goOn().
  virtual llvm::Expected<std::optional<size_t>> fill(char*, size_t) { return 0; }
};

/// Used by one thread at a time. Ending it before its end closes its connection.
class HttpExchange {
public:
  enum class Body { None, Sized, Chunked };
  /// Nothing is sent yet. `connections`, `options` and `peer` are borrowed. `size`: of a Sized body.
  /// Faults: Invalid for a URL or header that must not be sent; Unsupported without libcurl.
  static llvm::Expected<std::unique_ptr<HttpExchange>> make(HttpRequest request, Body body, uint64_t size,
                                                            const HttpClient::Options& options,
                                                            HttpConnections& connections, HttpPeer& peer);
  ~HttpExchange();

  /// Goes on until `enough` or the end. Faults: as HttpClient::send().
  [[nodiscard]] llvm::Error advance(const CancelToken& cancel, llvm::function_ref<bool()> enough);
  [[nodiscard]] llvm::Error finish(const CancelToken& cancel);
  /// The peer can take or give again.
  void goOn();
  bool over() const;
  HttpResponse& response();

private:
  struct State;
  explicit HttpExchange(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace strata
