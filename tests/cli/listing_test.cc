#include "cli/listing.h"

#include "tests/support/testing.h"

namespace strata::cli {
namespace {

using strata::testing::must;

Listing makeListing() {
  Listing listing;
  listing.fields = {{"ID", "IMAGE ID"}, {"Tag", "TAG"}, {"Size", "SIZE"}};
  listing.columns = {"Tag", "ID"};
  listing.rows.push_back(llvm::json::Object{{"ID", "abc"}, {"Tag", "latest"}, {"Size", "1kB"}});
  listing.rows.push_back(llvm::json::Object{{"ID", "def"}, {"Tag", "v1"}, {"Size", "2kB"}});
  return listing;
}

std::string print(llvm::StringRef format) {
  std::string text;
  llvm::raw_string_ostream out(text);
  must(printListing(makeListing(), format, out));
  return text;
}

TEST(ListingTest, ATableHasTheColumnsInTheirOrder) {
  EXPECT_EQ(print(""), "TAG      IMAGE ID\nlatest   abc\nv1       def\n");
  EXPECT_EQ(print("table"), print(""));
}

TEST(ListingTest, ATemplateTableHasItsOwnColumnsAndTheirHeaders) {
  EXPECT_EQ(print("table {{.ID}}\\t{{.Size}}"), "IMAGE ID   SIZE\nabc        1kB\ndef        2kB\n");
}

TEST(ListingTest, JsonAndTemplatesTakeALineARow) {
  EXPECT_EQ(print("{{.Tag}}"), "latest\nv1\n");
  EXPECT_EQ(print("json"),
            "{\"ID\":\"abc\",\"Size\":\"1kB\",\"Tag\":\"latest\"}\n{\"ID\":\"def\",\"Size\":\"2kB\",\"Tag\":\"v1\"}\n");
}

TEST(ListingTest, AFieldThatIsNotThereIsAFault) {
  std::string text;
  llvm::raw_string_ostream out(text);
  EXPECT_FAULT_SAYING(printListing(makeListing(), "{{.Sizes}}", out), FaultKind::Invalid, "did you mean Size?");
}

}  // namespace
}  // namespace strata::cli
