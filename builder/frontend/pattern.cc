#include "builder/frontend/pattern.h"

#include "builder/frontend/unicode.h"
#include "support/fault.h"

#include <llvm/ADT/BitVector.h>
#include <llvm/ADT/STLExtras.h>

#include <map>
#include <numeric>
#include <optional>

namespace strata::builder {

namespace {
constexpr uint32_t kAny = UINT32_MAX;
constexpr size_t kLongestPattern = 1 << 16;  ///< as long as a line can be: what values in values make has no end

/// A value as characters, and where each stands in its bytes; what is no UTF-8 counts byte by byte.
struct Characters {
  explicit Characters(llvm::StringRef text) {
    for (size_t at = 0; at < text.size();) {
      Character character = firstCharacter(text.drop_front(at));
      points.push_back(character.point);
      offsets.push_back(at);
      at += character.width;
    }
    offsets.push_back(text.size());
  }
  std::vector<uint32_t> points;
  std::vector<size_t> offsets;  ///< one more than there are characters
};

/// Finds segments in one value, all places of a segment at once: bit p stands for "fits at character p", and a whole
/// machine word of places is tried with one operation.
class Finder {
public:
  explicit Finder(llvm::ArrayRef<uint32_t> value) : value_(value), byCharacter_(value.size()) {
    std::iota(byCharacter_.begin(), byCharacter_.end(), 0);
    llvm::stable_sort(byCharacter_, [&](uint32_t a, uint32_t b) { return value_[a] < value_[b]; });
  }

  llvm::BitVector placesOf(llvm::ArrayRef<uint32_t> segment) {
    llvm::BitVector places(unsigned(value_.size() + 1), true);
    for (uint32_t character : llvm::reverse(segment)) {
      places >>= 1;
      if (character != kAny) keepWhere(character, places);
      if (places.none()) break;
    }
    return places;
  }

private:
  llvm::ArrayRef<uint32_t> whereIs(uint32_t character) const {
    auto begin = llvm::partition_point(byCharacter_, [&](uint32_t at) { return value_[at] < character; });
    auto end = std::partition_point(begin, byCharacter_.end(), [&](uint32_t at) { return value_[at] == character; });
    return {byCharacter_.data() + (begin - byCharacter_.begin()), size_t(end - begin)};
  }

  void keepWhere(uint32_t character, llvm::BitVector& places) {
    llvm::ArrayRef<uint32_t> where = whereIs(character);
    auto fill = [&](llvm::BitVector& set) {
      for (uint32_t at : where) set.set(at);
    };
    if (where.size() < value_.size() / 64) {  // so few that no set of them need be kept
      llvm::BitVector rare(places.size());
      fill(rare);
      places &= rare;
      return;
    }
    auto [found, isNew] = frequent_.try_emplace(character, places.size());
    if (isNew) fill(found->second);
    places &= found->second;
  }

  llvm::ArrayRef<uint32_t> value_;
  std::vector<uint32_t> byCharacter_;             ///< places, sorted by what stands there
  std::map<uint32_t, llvm::BitVector> frequent_;  ///< 64 at most
};

/// The end of a match of `segments` that begins at `begin`, where the first segment is known to fit. Every segment but
/// the last takes the first place it can: none is left with less room by that.
template <typename Segments>
std::optional<size_t> endOfMatch(const Segments& segments, Finder& finder, size_t begin, bool longest) {
  size_t at = begin + segments[0].size();
  for (size_t i = 1; i < segments.size(); ++i) {
    llvm::BitVector places = finder.placesOf(segments[i]);
    bool takesLast = longest && i + 1 == segments.size();
    int place = takesLast ? places.find_last() : places.find_first_in(unsigned(at), places.size());
    if (place < 0 || size_t(place) < at) return std::nullopt;
    at = size_t(place) + segments[i].size();
  }
  return at;
}

template <typename Segments>
size_t prefixLength(const Segments& segments, llvm::ArrayRef<uint32_t> value, bool longest) {
  Finder finder(value);
  if (!finder.placesOf(segments[0])[0]) return 0;
  return endOfMatch(segments, finder, 0, longest).value_or(0);
}
}  // namespace

llvm::Expected<ShellPattern> ShellPattern::parse(llvm::StringRef text) {
  if (text.size() > kLongestPattern)
    return fault(FaultKind::Invalid, "a pattern of more than " + llvm::Twine(kLongestPattern) + " bytes");
  ShellPattern pattern;
  pattern.hasLineEnd_ = text.contains('\n');
  auto& segments = pattern.segments_;
  segments.emplace_back();
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '*') {
      bool again = segments.size() > 1 && segments.back().empty();
      if (!again) segments.emplace_back();
      ++at;
    } else if (text[at] == '?') {
      segments.back().push_back(kAny);
      ++at;
    } else {
      if (text[at] == '\\' && (++at == text.size() || !llvm::StringRef("*?\\}/").contains(text[at])))
        return fault(FaultKind::Invalid, "invalid escape in pattern '" + text + "'");
      Character character = firstCharacter(text.drop_front(at));
      segments.back().push_back(character.point);
      at += character.width;
    }
  }
  return pattern;
}

std::string ShellPattern::withoutPrefix(llvm::StringRef value, bool longest) const {
  Characters characters(hasLineEnd_ ? value : value.split('\n').first);
  return value.drop_front(characters.offsets[prefixLength(segments_, characters.points, longest)]).str();
}

/// The same from the other end: everything turned round.
std::string ShellPattern::withoutSuffix(llvm::StringRef value, bool longest) const {
  size_t lastLine = hasLineEnd_ ? 0 : value.rfind('\n') + 1;  // npos + 1: there is but one
  Characters characters(value.drop_front(lastLine));
  std::vector<Segment> segments(segments_.rbegin(), segments_.rend());
  for (Segment& segment : segments) std::reverse(segment.begin(), segment.end());
  std::reverse(characters.points.begin(), characters.points.end());
  size_t length = prefixLength(segments, characters.points, longest);
  return value.take_front(lastLine + characters.offsets[characters.points.size() - length]).str();
}

/// Behind the longest match of a pattern with '*' there is no other: its last segment was found at its last place.
std::vector<ShellPattern::Span> ShellPattern::findInPart(llvm::StringRef part, bool all) const {
  Characters characters(part);
  Finder finder(characters.points);
  llvm::BitVector begins = finder.placesOf(segments_[0]);
  std::vector<Span> spans;
  for (int begin = begins.find_first(); begin >= 0;) {
    std::optional<size_t> end = endOfMatch(segments_, finder, size_t(begin), /*longest=*/true);
    if (!end) break;
    spans.push_back({characters.offsets[size_t(begin)], characters.offsets[*end]});
    if (!all || segments_.size() > 1) break;
    begin = begins.find_first_in(unsigned(*end), begins.size());
  }
  return spans;
}

std::vector<ShellPattern::Span> ShellPattern::find(llvm::StringRef value, bool all) const {
  if (hasLineEnd_) return findInPart(value, all);
  std::vector<Span> spans;
  for (size_t begin = 0; begin <= value.size();) {
    llvm::StringRef line = value.drop_front(begin).split('\n').first;
    for (auto [from, to] : findInPart(line, all)) spans.push_back({begin + from, begin + to});
    if (!all && !spans.empty()) break;
    begin += line.size() + 1;
  }
  return spans;
}

llvm::Expected<std::string> ShellPattern::replaced(llvm::StringRef value, llvm::StringRef by, bool all,
                                                   size_t limit) const {
  std::vector<Span> spans = empty() ? std::vector<Span>{{0, 0}} : find(value, all);  // VAR-25
  if (value.size() + spans.size() * by.size() > limit)
    return fault(FaultKind::Invalid, "a replacement makes more than " + llvm::Twine(limit) + " bytes");
  std::string result;
  size_t done = 0;
  for (auto [begin, end] : spans) {
    result += value.slice(done, begin);
    result += by;
    done = end;
  }
  result += value.drop_front(done);
  return result;
}

}  // namespace strata::builder
