#include "builder/sources/http_source.h"

#include "support/database.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"
#include "support/url.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <fcntl.h>
#include <sys/stat.h>

namespace strata::builder {

/// What a server said of a URL, and what its content was then.
struct HttpSource::Known {
  std::string etag, lastModified;
  HttpFile file;
};

llvm::Expected<std::unique_ptr<HttpSource>> HttpSource::open(const SourcePlace& place, const CancelToken& cancel) {
  auto error = place.database->migrate(
      "sources", {"CREATE TABLE http_sources (url BLOB PRIMARY KEY, etag TEXT NOT NULL, last_modified TEXT NOT NULL, "
                  "content BLOB NOT NULL, modified INTEGER NOT NULL)"});
  if (error) return error;
  return std::unique_ptr<HttpSource>(new HttpSource(place, cancel));
}

/// By its digest: a URL may hold a password, which the database is not to keep.
llvm::Expected<std::optional<HttpSource::Known>> HttpSource::findKnown(const HttpReference& reference) {
  auto query =
      place_.database->prepare("SELECT etag, last_modified, content, modified FROM http_sources WHERE url = ?");
  if (!query) return query.takeError();
  auto row = query->bind(digestOf(reference.url)).step();
  if (!row) return row.takeError();
  if (!*row) return std::nullopt;
  return Known{query->text(0).str(), query->text(1).str(), {query->digest(2), query->integer(3)}};
}

llvm::Error HttpSource::keepKnown(const HttpReference& reference, const Known& known) {
  auto insert = place_.database->prepare("INSERT OR REPLACE INTO http_sources VALUES (?, ?, ?, ?, ?)");
  if (!insert) return insert.takeError();
  insert->bind(digestOf(reference.url)).bind(known.etag).bind(known.lastModified);
  return insert->bind(known.file.content).bind(known.file.modified).run();
}

namespace {
std::string nameOf(const HttpFile& file) {
  return Hasher().field("strata-http-1").field(file.content.raw()).number(uint64_t(file.modified)).finish().hex();
}
}  // namespace

std::string HttpSource::directoryOf(const HttpFile& file) const {
  return joinPath(joinPath(place_.directory, "http"), nameOf(file));
}

llvm::Expected<bool> HttpSource::isWhole(const std::string& directory) {
  auto fd = openFile(joinPath(directory, kFileName), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!fd) {
    llvm::consumeError(fd.takeError());
    return false;
  }
  struct stat status;
  if (::fstat(fd->get(), &status) != 0) return errnoFault("stat " + directory);
  if (!S_ISREG(status.st_mode)) return false;
  FdSource source(fd->get());
  HashingSink hashed;
  if (auto size = copyAll(source, hashed); !size) return size.takeError();
  return llvm::StringRef(directory).ends_with("/" + nameOf({hashed.finish(), int64_t(status.st_mtim.tv_sec)}));
}

/// A damaged file is as good as none.
llvm::Expected<bool> HttpSource::isThere(const HttpFile& file) {
  std::string directory = directoryOf(file);
  if (!pathExists(directory)) return false;
  auto whole = isWhole(directory);
  if (!whole || *whole) return whole;
  place_.database->reportDamage({"source", "http/" + nameOf(file), "it is not the file that was downloaded"});
  if (auto error = removeTree(directory)) return error;
  return false;
}

Digest HttpSource::identityOf(const HttpReference& reference, const HttpFile& file) {
  Hasher hasher;
  hasher.field("strata-http-file-1").field(file.content.raw()).field(fileNameOf(reference.url));
  // What a checksum names needs no look at the server, so its time may be unknown.
  return hasher.number(reference.checksum ? 0 : uint64_t(file.modified)).finish();
}

/// ADD-15: what authenticates at this host.
llvm::Expected<HttpRequest> HttpSource::requestFor(const HttpReference& reference) {
  auto url = parseUrl(reference.url);
  if (!url) return url.takeError();
  HttpRequest request{.url = reference.url};
  std::vector<std::string> ids;
  for (const std::string& host : {url->authority(), url->host})
    for (const char* kind : {"HTTP_AUTH_HEADER_", "HTTP_AUTH_TOKEN_"}) ids.push_back(kind + host);
  auto secret = firstSecret(place_, ids);
  if (!secret) return secret.takeError();
  if (*secret) {
    bool isHeader = llvm::StringRef((*secret)->id).starts_with("HTTP_AUTH_HEADER_");
    request.headers.emplace_back("Authorization", (isHeader ? "" : "Bearer ") + (*secret)->value);
  }
  return request;
}

namespace {
/// A file in the making that knows its digest.
class StagedFile : public DownloadSink {
public:
  static llvm::Expected<std::unique_ptr<StagedFile>> make(const std::string& path) {
    auto fd = openFile(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!fd) return fd.takeError();
    return std::unique_ptr<StagedFile>(new StagedFile(std::move(*fd)));
  }
  llvm::Error write(llvm::StringRef bytes) override {
    hasher_.update(bytes);
    return FdSink(fd_.get()).write(bytes);
  }
  llvm::Error restart() override {
    hasher_ = Hasher();
    if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0) return errnoFault("begin again");
    return llvm::Error::success();
  }
  Digest finish() { return hasher_.finish(); }
  llvm::Error setModified(int64_t seconds) {
    timespec times[2] = {{time_t(seconds), 0}, {time_t(seconds), 0}};
    if (::fchmod(fd_.get(), 0600) != 0 || ::futimens(fd_.get(), times) != 0) return errnoFault("set the file's time");
    return llvm::Error::success();
  }

private:
  explicit StagedFile(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
  Hasher hasher_;
};

llvm::Error checkDigest(const HttpReference& reference, const Digest& content) {
  if (!reference.checksum || *reference.checksum == content) return llvm::Error::success();
  return fault(FaultKind::Invalid, printable(redactUrl(reference.url)) + ": digest mismatch " + content.str() + ": " +
                                       reference.checksum->str() + " was expected");
}
}  // namespace

/// One GET, which an unchanged file answers with 304.
llvm::Expected<HttpFile> HttpSource::bring(const HttpReference& reference, const Known* known) {
  auto request = requestFor(reference);
  if (!request) return request.takeError();
  if (known && !known->etag.empty())
    request->headers.emplace_back("If-None-Match", known->etag);
  else if (known && !known->lastModified.empty())
    request->headers.emplace_back("If-Modified-Since", known->lastModified);

  auto stage = TempDir::make(place_.staging, "http-");
  if (!stage) return stage.takeError();
  std::string made = joinPath(stage->path(), "file");
  if (auto error = makeDirectories(made)) return error;
  auto file = StagedFile::make(joinPath(made, kFileName));
  if (!file) return file.takeError();
  auto response = client_.download(*request, **file, cancel_);
  if (!response) return response.takeError();
  if (known && response->status == 304) return known->file;
  if (!response->succeeded()) return statusFault("GET", reference.url, *response);

  Known now;
  now.etag = response->header("etag").value_or("").str();
  now.lastModified = response->header("last-modified").value_or("").str();
  now.file = {(*file)->finish(), parseHttpDate(now.lastModified).value_or(0)};
  if (auto error = checkDigest(reference, now.file.content)) return error;
  if (auto error = (*file)->setModified(now.file.modified)) return error;
  if (auto error = makeDirectories(joinPath(place_.directory, "http"))) return error;
  if (auto error = putInPlace(made, directoryOf(now.file))) return error;
  if (auto error = keepKnown(reference, now)) return error;
  return now.file;
}

llvm::Expected<HttpFile> HttpSource::ask(const HttpReference& reference) {
  auto known = findKnown(reference);
  if (!known) return known.takeError();
  bool asks = *known && (!(*known)->etag.empty() || !(*known)->lastModified.empty());
  auto file = bring(reference, asks ? &**known : nullptr);
  if (!file) return file.takeError();
  if (auto error = checkDigest(reference, file->content)) return error;
  return file;
}

llvm::Expected<HttpFile> HttpSource::resolve(const HttpReference& reference) {
  if (reference.checksum) {
    auto known = findKnown(reference);
    if (!known) return known.takeError();
    if (*known && (*known)->file.content == *reference.checksum) return (*known)->file;
    return HttpFile{*reference.checksum, 0};
  }
  std::lock_guard lock(mutex_);
  if (auto asked = asked_.find(reference.url); asked != asked_.end()) return asked->second;
  auto file = ask(reference);
  if (file) asked_[reference.url] = *file;
  return file;
}

llvm::Expected<std::string> HttpSource::fetch(const HttpReference& reference, const HttpFile& file) {
  auto there = isThere(file);
  if (!there) return there.takeError();
  if (*there) return directoryOf(file);
  auto brought = bring(reference, nullptr);
  if (!brought) return brought.takeError();
  if (brought->content != file.content)
    return fault(FaultKind::Unavailable,
                 printable(redactUrl(reference.url)) + " changed while the build was running; build again");
  return directoryOf(*brought);
}

llvm::Expected<std::optional<int64_t>> HttpSource::lastModified(const HttpReference& reference) {
  auto file = resolve(HttpReference{reference.url, {}});
  if (!file) return file.takeError();
  return file->modified == 0 ? std::nullopt : std::optional(file->modified);
}

}  // namespace strata::builder
