#include "layerfs/erofs_xattrs.h"

#include "layerfs/erofs_format.h"
#include "layerfs/overlay_format.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/MathExtras.h>

namespace strata::layerfs::erofs {

namespace {
constexpr size_t kLargestBody = sizeof(XattrHeader) + 4 * (size_t(UINT16_MAX) - 1);

struct Prefix {
  llvm::StringLiteral text;
  uint8_t number;
};
constexpr Prefix kPrefixes[] = {
    {"user.", 1}, {"system.posix_acl_access", 2}, {"system.posix_acl_default", 3}, {"trusted.", 4}, {"security.", 6}};

template <typename T>
void put(std::string& to, const T& record) {
  to.append(reinterpret_cast<const char*>(&record), sizeof(record));
}

llvm::Error pack(std::string& to, llvm::StringRef name, llvm::StringRef value) {
  for (const Prefix& prefix : kPrefixes) {
    llvm::StringRef rest = name;
    if (!rest.consume_front(prefix.text)) continue;
    if (rest.size() > UINT8_MAX || value.size() > UINT16_MAX) break;
    put(to, XattrEntry{uint8_t(rest.size()), prefix.number, ulittle16_t(uint16_t(value.size()))});
    to += rest;
    to += value;
    to.resize((to.size() + 3) / 4 * 4);
    return llvm::Error::success();
  }
  return fault(FaultKind::Invalid, "extended attribute " + printable(name) + " of " + llvm::Twine(value.size()) +
                                       " bytes cannot be part of a mounted layer");
}
}  // namespace

bool holdsXattr(EntryKind kind, llvm::StringRef name) {
  bool settable = kind == EntryKind::File || kind == EntryKind::Directory || !name.starts_with("user.");
  return settable && llvm::any_of(kPrefixes, [&](const Prefix& prefix) { return name.starts_with(prefix.text); });
}

llvm::Expected<std::string> packXattrs(const LayerIndex::Xattrs* xattrs, bool opaque) {
  std::string body;
  if (!opaque && (!xattrs || xattrs->empty())) return body;
  put(body, XattrHeader{});
  if (opaque)
    if (auto error = pack(body, "trusted.overlay.opaque", "y")) return error;
  if (xattrs)
    for (const auto& [name, value] : *xattrs)
      if (auto error = pack(body, name, value)) return error;
  if (body.size() > kLargestBody) return fault(FaultKind::Invalid, "more than 256 KiB of extended attributes");
  return body;
}

namespace {
struct Xattr {
  std::string name;
  llvm::StringRef value;
};

/// Takes the first entry off `packed`.
std::optional<Xattr> takeXattr(llvm::StringRef& packed) {
  if (packed.size() < sizeof(XattrEntry)) return std::nullopt;
  const auto& entry = *reinterpret_cast<const XattrEntry*>(packed.data());
  size_t size = sizeof(entry) + entry.nameLength + entry.valueSize;
  const auto* prefix = llvm::find_if(kPrefixes, [&](const Prefix& one) { return one.number == entry.prefix; });
  if (prefix == std::end(kPrefixes) || llvm::alignTo(size, 4) > packed.size()) return std::nullopt;
  llvm::StringRef rest = packed.substr(sizeof(entry), entry.nameLength);
  if (rest.contains('\0')) return std::nullopt;
  Xattr xattr{(prefix->text + rest).str(), packed.slice(sizeof(entry) + entry.nameLength, size)};
  packed = packed.drop_front(llvm::alignTo(size, 4));
  return xattr;
}
}  // namespace

std::optional<UnpackedXattrs> unpackXattrs(llvm::StringRef packed) {
  UnpackedXattrs all;
  if (packed.empty()) return all;
  if (packed.size() < sizeof(XattrHeader)) return std::nullopt;
  if (reinterpret_cast<const XattrHeader*>(packed.data())->sharedCount != 0) return std::nullopt;
  for (packed = packed.drop_front(sizeof(XattrHeader)); !packed.empty();) {
    auto xattr = takeXattr(packed);
    if (!xattr) return std::nullopt;
    all.opaque |= isOpaqueXattr(xattr->name) && xattr->value == "y";
    if (!xattrTravels(xattr->name)) continue;
    if (!all.xattrs.try_emplace(std::move(xattr->name), xattr->value.str()).second) return std::nullopt;
  }
  return all;
}

}  // namespace strata::layerfs::erofs
