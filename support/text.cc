#include "support/text.h"

#include "support/fault.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/edit_distance.h>
#include <llvm/Support/Format.h>
#include <llvm/Support/raw_ostream.h>

#include <ctime>

namespace strata {

namespace {
template <typename... Args>
std::string formatted(const char* pattern, Args... args) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format(pattern, args...);
  return text;
}
}  // namespace

std::string humanSize(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  double value = double(bytes);
  unsigned unit = 0;
  while (value >= 1000 && unit < 6) value /= 1000, ++unit;
  return formatted("%.3g", value >= 999.5 ? double(int64_t(value + 0.5)) : value) + kUnits[unit];
}

std::string humanDuration(std::chrono::nanoseconds time) {
  double seconds = std::chrono::duration<double>(time).count();
  if (seconds < 59.95) return formatted("%.1fs", seconds);
  long whole = long(seconds + 0.5);
  if (whole < 3600) return formatted("%ldm%02lds", whole / 60, whole % 60);
  return formatted("%ldh%02ldm", whole / 3600, whole % 3600 / 60);
}

std::string humanAge(int64_t then, int64_t now) {
  int64_t age = std::max<int64_t>(0, now - then);
  auto count = [](int64_t number, llvm::StringRef unit) { return (llvm::Twine(number) + " " + unit + " ago").str(); };
  if (age < 1) return "Less than a second ago";
  if (age == 1) return "1 second ago";
  if (age < 60) return count(age, "seconds");
  if (age < 120) return "About a minute ago";
  if (age < 3600) return count(age / 60, "minutes");
  if (age < 7200) return "About an hour ago";
  if (age < 48 * 3600) return count(age / 3600, "hours");
  if (age < 14 * 86400) return count(age / 86400, "days");
  if (age < 60 * 86400) return count(age / (7 * 86400), "weeks");
  if (age < 2 * 365 * 86400) return count(age / (30 * 86400), "months");
  return count(age / (365 * 86400), "years");
}

std::string rfc3339(int64_t nanoseconds) {
  int64_t seconds = nanoseconds / 1'000'000'000, rest = nanoseconds % 1'000'000'000;
  if (rest < 0) rest += 1'000'000'000, --seconds;
  std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string result = text;
  if (rest) result += llvm::StringRef(formatted(".%09lld", static_cast<long long>(rest))).rtrim('0');
  return result + "Z";
}

llvm::Expected<int64_t> parseRfc3339(llvm::StringRef text) {
  std::tm parts{};
  std::string copy = text.str();
  const char* rest = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (!rest) return fault(FaultKind::Invalid, "'" + text + "' is not a time (2006-01-02T15:04:05Z)");
  int64_t fraction = 0;
  if (*rest == '.') {
    int64_t scale = 100'000'000;
    for (++rest; *rest >= '0' && *rest <= '9'; ++rest, scale /= 10) fraction += (*rest - '0') * scale;
  }
  int64_t offset = 0;
  if (*rest == '+' || *rest == '-') {
    int hours = 0, minutes = 0;
    if (std::sscanf(rest + 1, "%2d:%2d", &hours, &minutes) != 2)
      return fault(FaultKind::Invalid, "'" + text + "' is not a time: its offset is not +hh:mm");
    offset = (*rest == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
  } else if (*rest != 'Z' && *rest != 'z') {
    return fault(FaultKind::Invalid, "'" + text + "' is not a time: it names no zone");
  }
  int64_t seconds = int64_t(::timegm(&parts)) - offset, nanoseconds = 0;
  if (__builtin_mul_overflow(seconds, int64_t(1'000'000'000), &nanoseconds) ||
      __builtin_add_overflow(nanoseconds, fraction, &nanoseconds))
    return fault(FaultKind::Invalid, "'" + text + "' is not a time between the years 1678 and 2261");
  return nanoseconds;
}

int64_t nowNanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return int64_t(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

std::string nearest(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> candidates, bool ignoreCase) {
  llvm::StringRef best;
  unsigned bestRank = 6;  // distance 3 is too far
  auto folded = [&](llvm::StringRef text) { return ignoreCase ? text.lower() : text.str(); };
  std::string wanted = folded(word);
  for (llvm::StringRef candidate : candidates) {
    std::string name = folded(candidate);
    unsigned distance = llvm::StringRef(wanted).edit_distance(name);
    if (distance == 0) return "";
    // Of equally near ones the one that begins alike: RNU is RUN rather than ENV.
    unsigned rank = 2 * distance + (wanted.substr(0, 1) == name.substr(0, 1) ? 0 : 1);
    if (distance < 3 && rank < bestRank) best = candidate, bestRank = rank;
  }
  return best.str();
}

std::string didYouMean(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> candidates, bool ignoreCase) {
  std::string best = nearest(word, candidates, ignoreCase);
  return best.empty() ? "" : " (did you mean " + best + "?)";
}

std::string table(llvm::ArrayRef<std::vector<std::string>> rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], row[i].size());
    }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 3, ' ');
    }
    text += llvm::StringRef(line).rtrim(' ').str() + "\n";
  }
  return text;
}

std::string printable(llvm::StringRef text) {
  std::string shown;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f)
      shown += c;
    else
      shown += "\\x" + llvm::toHex(llvm::StringRef(&c, 1), true);
  }
  return shown;
}

llvm::Expected<llvm::json::Value> parseJson(llvm::StringRef text, size_t limit) {
  if (text.size() > limit)
    return fault(FaultKind::Invalid, "JSON document of " + llvm::Twine(text.size()) + " bytes is too large");
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {  // LLVM's parser recurses: a deep document would end the stack
    char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > 64) return fault(FaultKind::Invalid, "JSON document is nested more than 64 deep");
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  auto value = llvm::json::parse(text);
  if (!value) return fault(FaultKind::Invalid, "not valid JSON: " + llvm::toString(value.takeError()));
  return value;
}

std::string printJson(const llvm::json::Value& value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return text;
}

std::string printPrettyJson(const llvm::json::Value& value) {
  std::string text;
  llvm::raw_string_ostream out(text);
  llvm::json::OStream stream(out, 4);
  stream.value(value);
  return text;
}

}  // namespace strata
