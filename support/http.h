#pragma once
/// \file Requests over http and https, streamed, with redirects, resumption of what breaks off, proxies from the
/// environment, and the system's certificates (or those that $SSL_CERT_FILE and $SSL_CERT_DIR name). libcurl does the
/// work (http_exchange.cc is its door) and is loaded at first use. User and password of a URL never show in a message.

#include "support/bytes.h"
#include "support/cancel.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace strata {
class HttpConnections;

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::string> body;  ///< sent as it is
  ByteSource* upload = nullptr;     ///< or streamed, `uploadSize` bytes of it
  uint64_t uploadSize = 0;
  bool followRedirects = true;  ///< to http and https alone, 10 at most; credentials do not go to another host
};

struct HttpResponse {
  int status = 0;
  std::string url;                                           ///< after redirects
  std::vector<std::pair<std::string, std::string>> headers;  ///< of the last response; names in lower case
  std::string text;                                          ///< what a response without success said, cut at 64 KiB

  bool succeeded() const { return status >= 200 && status < 300; }
  std::optional<llvm::StringRef> header(llvm::StringRef lowerCaseName) const;
};

/// Where a download goes: it may have to begin anew, when the server cannot go on where it broke off.
class DownloadSink : public ByteSink {
public:
  /// Forgets all that was written.
  [[nodiscard]] virtual llvm::Error restart() = 0;
};

/// The body of a response, read by whoever asked for it. Memory: 256 KiB at most, whatever the server sends.
class HttpStream : public ByteSource {
public:
  /// Status and headers are there from the beginning; of a response without success also its text, and no body.
  virtual const HttpResponse& response() const = 0;
};

/// The body of a request, written by whoever makes it; each write goes out before it returns. A write faults
/// Unavailable if the server answered before the end: finish() then has the answer.
class HttpUpload : public ByteSink {
public:
  /// Ends the body and waits for the answer. Faults: as HttpClient::send().
  virtual llvm::Expected<HttpResponse> finish() = 0;
};

/// Any thread; connections are kept and used again.
class HttpClient {
public:
  struct Options {
    std::string userAgent = "strata";
    std::chrono::seconds connectTimeout{30};
    std::chrono::seconds stallTimeout{60};  ///< without a single byte
    std::chrono::milliseconds retryPause{500};
    bool verify = true;           ///< false: any certificate will do
    std::string authorities;      ///< certificates in PEM that are trusted beside the system's
    std::string certificateFile;  ///< PEM; who we are to the server
    std::string keyFile;
  };
  HttpClient();
  explicit HttpClient(Options options);
  ~HttpClient();

  /// One exchange. `body` gets what a successful response brings, and may be null to drop it. Any status is an answer.
  /// Faults: Invalid for a URL or header that must not be sent; Unavailable when the server cannot be reached or the
  /// connection breaks; Denied when its certificate cannot be trusted; Cancelled; Unsupported without libcurl; what
  /// `body` or `upload` fault.
  llvm::Expected<HttpResponse> send(const HttpRequest& request, ByteSink* body, const CancelToken& cancel);

  /// A GET whose broken connections are taken up again where they broke, as long as the server says that the file is
  /// the same (a strong ETag or Last-Modified); after that from the beginning. Gives up after three attempts in a row
  /// that brought nothing. Faults: as send().
  llvm::Expected<HttpResponse> download(const HttpRequest& request, DownloadSink& sink, const CancelToken& cancel);

  /// One exchange whose body is pulled; returns when the headers are there. The stream is for one thread at a time and
  /// ends before the client. Faults: as send().
  llvm::Expected<std::unique_ptr<HttpStream>> open(const HttpRequest& request, const CancelToken& cancel);
  /// One exchange whose body is pushed: `size` bytes of it, or an unknown number (chunked transfer coding). As open().
  llvm::Expected<std::unique_ptr<HttpUpload>> upload(const HttpRequest& request, std::optional<uint64_t> size,
                                                     const CancelToken& cancel);

private:
  using OnHeaders = llvm::function_ref<llvm::Error(const HttpResponse&)>;
  llvm::Expected<HttpResponse> exchange(const HttpRequest& request, ByteSink* body, OnHeaders onHeaders,
                                        const CancelToken& cancel);

  Options options_;
  std::unique_ptr<HttpConnections> connections_;
};

/// Loads libcurl on a thread of its own, which takes longer than most answers: for who is about to ask somebody and has
/// other things to do first. Waits for it in the end: the program must not leave while a library is being loaded,
/// since what its libraries clean up then is what they are still setting up.
class HttpPreparation {
public:
  HttpPreparation();
  ~HttpPreparation();
  HttpPreparation(const HttpPreparation&) = delete;
  HttpPreparation& operator=(const HttpPreparation&) = delete;

private:
  std::thread thread_;
};

/// What an unsuccessful status means: 404 and 410 NotFound, 401 and 403 Denied, 408, 429 and 5xx Unavailable, else
/// Invalid; "GET <url>: 404 Not Found".
[[nodiscard]] llvm::Error statusFault(llvm::StringRef method, llvm::StringRef url, const HttpResponse& response);

/// "Wed, 21 Oct 2015 07:28:00 GMT" in seconds since 1970; nothing for what is no such date. Source: RFC 9110, 5.6.7.
std::optional<int64_t> parseHttpDate(llvm::StringRef text);

}  // namespace strata
