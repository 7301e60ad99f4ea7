#include "support/digest.h"

#include "tests/support/testing.h"

#include <unordered_set>

namespace strata::testing {
namespace {

constexpr llvm::StringLiteral kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr llvm::StringLiteral kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Digest, IsSha256) {
  EXPECT_EQ(digestOf("").hex(), kEmpty);
  EXPECT_EQ(digestOf("abc").hex(), kAbc);
  EXPECT_EQ(digestOf("abc").str(), "sha256:" + kAbc.str());
  EXPECT_EQ(digestOf("abc").shortHex(), "ba7816bf8f01");
}

TEST(Digest, IsReadBack) {
  EXPECT_EQ(must(Digest::parse("sha256:" + kAbc.str())), digestOf("abc"));
  EXPECT_EQ(must(Digest::parseHex(kAbc)), digestOf("abc"));
}

TEST(Digest, RefusesWhatIsNotOneByte) {
  std::string hex = kAbc.str();
  EXPECT_FAULT(Digest::parse(hex), FaultKind::Invalid);
  EXPECT_FAULT(Digest::parse(""), FaultKind::Invalid);
  EXPECT_FAULT(Digest::parse("sha256:"), FaultKind::Invalid);
  EXPECT_FAULT(Digest::parse("sha256:" + hex.substr(1)), FaultKind::Invalid);
  EXPECT_FAULT(Digest::parse("sha256:" + hex + "0"), FaultKind::Invalid);
  EXPECT_FAULT(Digest::parse("sha256:" + llvm::StringRef(hex).upper()), FaultKind::Invalid);
  EXPECT_FAULT(Digest::parse("sha256:../" + hex.substr(3)), FaultKind::Invalid);
  EXPECT_FAULT(Digest::parse("SHA256:" + hex), FaultKind::Unsupported);
  EXPECT_FAULT_SAYING(Digest::parse("sha512:" + hex), FaultKind::Unsupported, "sha512");
}

TEST(Digest, NoneIsNoContentsDigest) {
  EXPECT_FALSE(bool(Digest()));
  EXPECT_TRUE(bool(digestOf("")));
}

TEST(Digest, OrdersAsItsHexDigits) {
  std::set<Digest> digests = {digestOf("a"), digestOf("b"), digestOf("c"), digestOf("d")};
  std::set<std::string> hexes;
  for (const Digest& digest : digests) hexes.insert(digest.hex());
  EXPECT_TRUE(std::equal(digests.begin(), digests.end(), hexes.begin(),
                         [](const Digest& digest, const std::string& hex) { return digest.hex() == hex; }));
  EXPECT_EQ(std::unordered_set(digests.begin(), digests.end(), 8, DigestHash()).size(), 4u);
}

TEST(Hasher, TakesBytesInAnyPieces) {
  EXPECT_EQ(Hasher().update("a").update("").update("bc").finish(), digestOf("abc"));
}

TEST(Hasher, FieldsDoNotRunIntoEachOther) {
  EXPECT_NE(Hasher().field("ab").field("c").finish(), Hasher().field("a").field("bc").finish());
  EXPECT_NE(Hasher().field("").finish(), Hasher().finish());
  EXPECT_EQ(Hasher().field("ab").finish(), digestOf(llvm::StringRef("\2\0\0\0\0\0\0\0ab", 10)));
}

TEST(Hasher, GoesOnFromAState) {
  std::string bytes(64 * 5, 'x');
  for (size_t done : {0, 64, 128, 320}) {
    Hasher hasher;
    hasher.update(llvm::StringRef(bytes).take_front(done));
    Hasher::State state = hasher.state();
    EXPECT_EQ(state.bytes, done);
    EXPECT_EQ(Hasher(state).update(llvm::StringRef(bytes).drop_front(done)).update("end").finish(),
              digestOf(bytes + "end"));
  }
  Hasher far(Hasher::State{.words = Hasher().state().words, .bytes = uint64_t(5) << 30});
  EXPECT_EQ(far.state().bytes, uint64_t(5) << 30);
}

TEST(Hasher, MovesWithWhatItHasSeen) {
  Hasher first;
  first.update("ab");
  Hasher second = std::move(first);
  EXPECT_EQ(second.update("c").finish(), digestOf("abc"));
}

}  // namespace
}  // namespace strata::testing
