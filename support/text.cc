#include "support/text.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringSwitch.h>
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
  // 999.5 and more would be shown as 1e+03: it is 1 of the next unit.
  while (value >= 999.5 && unit < 6) value /= 1000, ++unit;
  return formatted("%.3g", value) + kUnits[unit];
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
  int64_t hours = (age + 1800) / 3600;  // docker rounds hours, and counts everything longer in them
  if (hours == 1) return "About an hour ago";
  if (hours < 48) return count(hours, "hours");
  if (hours < 14 * 24) return count(hours / 24, "days");
  if (hours < 60 * 24) return count(hours / (7 * 24), "weeks");
  if (hours < 2 * 365 * 24) return count(hours / (30 * 24), "months");
  return count(age / (365 * 86400), "years");
}

std::string rfc3339(int64_t nanoseconds) {
  int64_t seconds = nanoseconds / kSecond, rest = nanoseconds % kSecond;
  if (rest < 0) rest += kSecond, --seconds;
  std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string result = text;
  if (rest) result += llvm::StringRef(formatted(".%09lld", static_cast<long long>(rest))).rtrim('0');
  return result + "Z";
}

namespace {
/// Takes exactly `count` digits off the front.
bool takeDigits(llvm::StringRef& text, size_t count, int& number) {
  llvm::StringRef digits = text.take_front(count);
  if (digits.size() != count || !llvm::all_of(digits, llvm::isDigit)) return false;
  text = text.drop_front(count);
  return !digits.getAsInteger(10, number);
}

/// "2006-01-02T15:04:05" off the front, with every part in its range.
bool takeDateAndTime(llvm::StringRef& text, std::tm& parts) {
  bool good = takeDigits(text, 4, parts.tm_year) && text.consume_front("-") && takeDigits(text, 2, parts.tm_mon) &&
              text.consume_front("-") && takeDigits(text, 2, parts.tm_mday) && text.consume_front_insensitive("t") &&
              takeDigits(text, 2, parts.tm_hour) && text.consume_front(":") && takeDigits(text, 2, parts.tm_min) &&
              text.consume_front(":") && takeDigits(text, 2, parts.tm_sec);
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  std::tm same = parts;
  if (!good || parts.tm_hour > 23 || parts.tm_min > 59 || parts.tm_sec > 60) return false;
  same.tm_sec = 0;  // a leap second may be the first of the next month
  ::timegm(&same);  // brings 31 February to March
  return same.tm_mon == parts.tm_mon && same.tm_mday == parts.tm_mday;
}

/// ".25" off the front, in nanoseconds; what is finer is dropped.
bool takeFraction(llvm::StringRef& text, int64_t& nanoseconds) {
  if (!text.consume_front(".")) return true;
  llvm::StringRef digits = text.take_while(llvm::isDigit);
  text = text.drop_front(digits.size());
  int64_t scale = 100'000'000;
  for (char digit : digits.take_front(9)) nanoseconds += (digit - '0') * scale, scale /= 10;
  return !digits.empty();
}

/// "Z" or "+hh:mm", to the end; seconds east of Greenwich.
bool takeZone(llvm::StringRef text, int64_t& offset) {
  if (text == "Z" || text == "z") return true;
  int hours = 0, minutes = 0;
  int64_t sign = text.starts_with("-") ? -1 : 1;
  if (!text.consume_front("-") && !text.consume_front("+")) return false;
  if (!takeDigits(text, 2, hours) || !text.consume_front(":") || !takeDigits(text, 2, minutes)) return false;
  offset = sign * (hours * 3600 + minutes * 60);
  return text.empty() && hours < 24 && minutes < 60;
}
}  // namespace

llvm::Expected<int64_t> parseRfc3339(llvm::StringRef text) {
  std::tm parts{};
  llvm::StringRef rest = text;
  int64_t fraction = 0, offset = 0, nanoseconds = 0;
  if (!takeDateAndTime(rest, parts) || !takeFraction(rest, fraction) || !takeZone(rest, offset))
    return fault(FaultKind::Invalid, "'" + printable(text) + "' is not a time (2006-01-02T15:04:05Z)");
  if (__builtin_mul_overflow(int64_t(::timegm(&parts)) - offset, kSecond, &nanoseconds) ||
      __builtin_add_overflow(nanoseconds, fraction, &nanoseconds))
    return fault(FaultKind::Invalid, "'" + text + "' is a time outside the years 1678 to 2262");
  return nanoseconds;
}

int64_t nowNanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return int64_t(now.tv_sec) * kSecond + now.tv_nsec;
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

namespace {
/// Bytes that begin a character: names in any script stay in their columns.
size_t charactersIn(llvm::StringRef text) {
  return size_t(llvm::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}
}  // namespace

std::optional<bool> booleanOf(llvm::StringRef text) {
  return llvm::StringSwitch<std::optional<bool>>(text)
      .Cases("1", "t", "T", "TRUE", "true", "True", true)
      .Cases("0", "f", "F", "FALSE", "false", "False", false)
      .Default(std::nullopt);
}

std::string table(llvm::ArrayRef<std::vector<std::string>> rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], charactersIn(row[i]));
    }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - charactersIn(row[i]) + 3, ' ');
    }
    text += llvm::StringRef(line).rtrim(' ').str() + "\n";
  }
  return text;
}

namespace {
/// Length in bytes of the UTF-8 character that `text` begins with; 0 if it is none.
size_t characterLength(llvm::StringRef text, uint32_t& character) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  size_t length = byte(0) < 0x80   ? 1
                  : byte(0) < 0xc2 ? 0
                  : byte(0) < 0xe0 ? 2
                  : byte(0) < 0xf0 ? 3
                  : byte(0) < 0xf5 ? 4
                                   : 0;
  if (length == 0 || length > text.size()) return 0;
  character = length == 1 ? byte(0) : byte(0) & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    character = character << 6 | (byte(i) & 0x3f);
  }
  static constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  bool surrogate = character >= 0xd800 && character < 0xe000;
  return character < kLeast[length] || character > 0x10ffff || surrogate ? 0 : length;
}

/// Controls, those of ISO 6429 in their UTF-8 form among them, and what turns the direction of writing.
bool isHarmful(uint32_t character) {
  return character < 0x20 || (character >= 0x7f && character < 0xa0) || (character >= 0x202a && character <= 0x202e) ||
         (character >= 0x2066 && character <= 0x2069);
}
}  // namespace

std::string printable(llvm::StringRef text) {
  std::string shown;
  while (!text.empty()) {
    uint32_t character = 0;
    size_t length = characterLength(text, character);
    bool good = length > 0 && !isHarmful(character);
    llvm::StringRef bytes = text.take_front(std::max<size_t>(length, 1));
    if (good)
      shown += bytes;
    else
      for (char byte : bytes) shown += "\\x" + llvm::toHex(llvm::StringRef(&byte, 1), true);
    text = text.drop_front(bytes.size());
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
