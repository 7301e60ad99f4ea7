#pragma once
/// \file Files from http and https. What a server said of a file (ETag, Last-Modified) is kept in the store's database
/// and asked again in every build, so that an unchanged file is not brought again. Files lie in the store, immutable,
/// as `sources/http/<content and time>/context`, mode 0600, with the time that the server gave. Source: spec ADD-9 to
/// ADD-15.

#include "builder/sources/remote_reference.h"
#include "builder/sources/source_place.h"
#include "support/cancel.h"
#include "support/digest.h"
#include "support/http.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace strata::builder {

struct HttpFile {
  Digest content;
  int64_t modified = 0;  ///< seconds since 1970 as the server said, else 0
};

/// One build's view: a URL is asked about once. Any thread.
class HttpSource {
public:
  /// The name of the file in the directory that fetch() gives (NCTX-11).
  static constexpr llvm::StringLiteral kFileName = "context";

  static llvm::Expected<std::unique_ptr<HttpSource>> open(const SourcePlace& place, const CancelToken& cancel);

  /// What is there now: asks the server, and brings the file if it is not known. With a checksum nothing is asked.
  /// Faults: Invalid (`digest mismatch`); NotFound, Denied, Unavailable as the server answers.
  llvm::Expected<HttpFile> resolve(const HttpReference& reference);

  /// What the file is named by: content, name and, if no checksum says it all, time (ADD-11).
  static Digest identityOf(const HttpReference& reference, const HttpFile& file);

  /// The directory of the store that holds the file, which is brought if it is not there. Faults: as resolve().
  llvm::Expected<std::string> fetch(const HttpReference& reference, const HttpFile& file);

  /// When the server says that the file changed; brings it if need be.
  llvm::Expected<std::optional<int64_t>> lastModified(const HttpReference& reference);

  /// Whether a directory below `sources/http` has the file that its name says.
  static llvm::Expected<bool> isWhole(const std::string& directory);

private:
  struct Known;
  HttpSource(const SourcePlace& place, const CancelToken& cancel) : place_(place), cancel_(cancel) {}
  llvm::Expected<HttpFile> ask(const HttpReference& reference);
  llvm::Expected<HttpFile> bring(const HttpReference& reference, const Known* known);
  llvm::Expected<HttpRequest> requestFor(const HttpReference& reference);
  llvm::Expected<std::optional<Known>> findKnown(const HttpReference& reference);
  llvm::Error keepKnown(const HttpReference& reference, const Known& known);
  std::string directoryOf(const HttpFile& file) const;
  llvm::Expected<bool> isThere(const HttpFile& file);

  const SourcePlace& place_;
  const CancelToken& cancel_;
  HttpClient client_;
  std::mutex mutex_;
  std::map<std::string, HttpFile> asked_;  ///< by URL
};

}  // namespace strata::builder
