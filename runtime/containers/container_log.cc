#include "runtime/containers/container_log.h"

#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/Support/ConvertUTF.h>
#include <llvm/Support/JSON.h>

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr size_t kLongestPart = 16 << 10;  // docker's

bool isPlain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

/// The text of a JSON string. Most output is plain, and passes without being looked at twice.
void appendEscaped(StringRef text, std::string& json) {
  if (!llvm::json::isUTF8(text)) return appendEscaped(llvm::json::fixUTF8(text), json);
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && (isPlain(text[end]) || (text[end] & 0x80))) ++end;
    json.append(text.data() + at, end - at);
    if (end == text.size()) return;
    switch (text[end]) {
      case '"':
        json += "\\\"";
        break;
      case '\\':
        json += "\\\\";
        break;
      case '\n':
        json += "\\n";
        break;
      case '\r':
        json += "\\r";
        break;
      case '\t':
        json += "\\t";
        break;
      default: {
        static constexpr char kDigits[] = "0123456789abcdef";
        json += "\\u00";
        json += kDigits[uint8_t(text[end]) >> 4];
        json += kDigits[text[end] & 15];
      }
    }
    at = end + 1;
  }
}

void appendEntry(LogStream stream, StringRef text, const std::string& time, std::string& entries) {
  entries += "{\"log\":\"";
  appendEscaped(text, entries);
  entries +=
      stream == LogStream::Output ? "\",\"stream\":\"stdout\",\"time\":\"" : "\",\"stream\":\"stderr\",\"time\":\"";
  entries += time;
  entries += "\"}\n";
}
}  // namespace

llvm::Expected<LogWriter> LogWriter::open(const std::string& path) {
  auto file = openFile(path, O_WRONLY | O_CREAT | O_APPEND, 0640);
  if (!file) return file.takeError();
  return LogWriter(std::move(*file));
}

void LogWriter::take(LogStream stream, StringRef bytes, std::string& entries) {
  const std::string now = rfc3339(nowNanoseconds());
  std::string& waiting = waiting_[int(stream)];
  while (!bytes.empty()) {
    size_t end = bytes.find('\n');
    size_t length = end == StringRef::npos ? bytes.size() : end + 1;
    length = std::min(length, kLongestPart - waiting.size());
    bool isWhole = bytes[length - 1] == '\n' || waiting.size() + length == kLongestPart;
    if (!isWhole || !waiting.empty()) waiting.append(bytes.data(), length);
    if (isWhole) {
      appendEntry(stream, waiting.empty() ? bytes.take_front(length) : StringRef(waiting), now, entries);
      waiting.clear();
    }
    bytes = bytes.drop_front(length);
  }
}

void LogWriter::write(LogStream stream, StringRef bytes) {
  std::string entries;
  take(stream, bytes, entries);
  for (StringRef rest = entries; !rest.empty();) {
    ssize_t put = ::write(file_.get(), rest.data(), rest.size());
    if (put < 0 && errno != EINTR) return;
    if (put > 0) rest = rest.drop_front(size_t(put));
  }
}

void LogWriter::finish() {
  const std::string now = rfc3339(nowNanoseconds());
  std::string entries;
  for (LogStream stream : {LogStream::Output, LogStream::Errors}) {
    std::string& waiting = waiting_[int(stream)];
    if (!waiting.empty()) appendEntry(stream, waiting, now, entries);
    waiting.clear();
  }
  if (!entries.empty() && ::write(file_.get(), entries.data(), entries.size()) < 0) return;
}

std::optional<LogEntry> logEntryFrom(StringRef line) {
  auto json = llvm::json::parse(line);
  if (!json) {
    llvm::consumeError(json.takeError());
    return std::nullopt;
  }
  const llvm::json::Object* object = json->getAsObject();
  if (!object) return std::nullopt;
  auto text = object->getString("log"), time = object->getString("time");
  if (!text || !time) return std::nullopt;
  auto moment = parseRfc3339(*time);
  if (!moment) {
    llvm::consumeError(moment.takeError());
    return std::nullopt;
  }
  LogStream stream = object->getString("stream") == StringRef("stderr") ? LogStream::Errors : LogStream::Output;
  return LogEntry{stream, text->str(), *moment};
}

}  // namespace strata::runtime
