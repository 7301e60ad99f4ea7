#include "analyzer/browser/browser.h"

#include "tests/analyzer/image/image_layers.h"

namespace strata::analyzer {
namespace {

using strata::testing::must;
using ::testing::HasSubstr;
using ::testing::Not;
using KeyKind = Key::Kind;

class BrowserTest : public ImageLayersTest {
protected:
  BrowserTest() : analysis_(analyze()), browser_(analysis_) {}

  Analysis analyze() {
    auto image =
        makeImage({{"FROM base", {file("bin/tool", 5000), file("etc/motd", 10, 'a')}},
                   {"RUN make", {file("etc/motd", 20, 'b'), file("srv/data/large", 9000), file("srv/small", 3)}},
                   {"RUN rm", {removed("bin/tool"), file("srv/small", 4, 'y')}}});
    auto source = must(openStoredImage(image, store_->layers()));
    return must(analyzeImage(*source, {.store = store_.get()}));
  }
  void type(const std::string& text) {
    for (char c : text) EXPECT_TRUE(browser_.press({KeyKind::Text, std::string(1, c)}));
  }
  void press(KeyKind kind, const std::string& text = {}) { EXPECT_TRUE(browser_.press({kind, text})); }
  void control(char letter) { press(KeyKind::Control, std::string(1, letter)); }
  std::string screen(size_t columns = 120, size_t rows = 40) { return browser_.draw(columns, rows).text(); }
  /// The right side, modes and owners left out.
  std::vector<std::string> files() {
    std::vector<std::string> rows;
    std::string text = screen();
    llvm::SmallVector<llvm::StringRef> lines;
    llvm::StringRef(text).split(lines, '\n');
    for (llvm::StringRef line : llvm::ArrayRef(lines).drop_front(2)) {
      llvm::StringRef right = line.split(" | ").second;
      if (right.size() > 23) rows.push_back(right.drop_front(23).trim().str());
    }
    return rows;
  }

  Analysis analysis_;
  Browser browser_;
};

TEST_F(BrowserTest, ShowsWhatEachLayerChanged) {
  EXPECT_THAT(files(), ::testing::ElementsAre("5kB + bin/", "5kB +   tool", "10B + etc/", "10B +   motd"));
  press(KeyKind::Down);
  EXPECT_THAT(files(), ::testing::ElementsAre("5kB   bin/", "5kB     tool", "20B ~ etc/", "20B ~   motd", "9kB + srv/",
                                              "9kB +   data/", "9kB +     large", "3B +   small"));
  press(KeyKind::Down);
  press(KeyKind::Down);
  EXPECT_THAT(screen(), HasSubstr("RUN rm"));
  EXPECT_THAT(files(), ::testing::ElementsAre("0B ~ bin/", "5kB -   tool", "20B   etc/", "20B     motd", "9kB ~ srv/",
                                              "9kB     data/", "9kB       large", "4B ~   small"));
}

TEST_F(BrowserTest, ComparesWithTheLowestLayer) {
  press(KeyKind::End);
  control('a');
  EXPECT_THAT(files(), ::testing::Contains("4B +   small"));
  EXPECT_THAT(files(), ::testing::Contains("20B ~   motd"));
  control('l');
  EXPECT_THAT(files(), ::testing::Contains("4B ~   small"));
}

TEST_F(BrowserTest, HidesWhatNobodyWantsToSee) {
  press(KeyKind::End);
  press(KeyKind::Tab);
  control('u');
  EXPECT_THAT(files(), ::testing::ElementsAre("0B ~ bin/", "5kB -   tool", "9kB ~ srv/", "4B ~   small"));
  EXPECT_THAT(screen(), HasSubstr("without unmodified"));
  control('r');
  EXPECT_THAT(files(), ::testing::ElementsAre("0B ~ bin/", "9kB ~ srv/", "4B ~   small"));
  control('m');
  EXPECT_THAT(screen(), HasSubstr("nothing to show"));
  control('u');
  control('m');
  control('r');
  EXPECT_EQ(files().size(), 8u);
}

TEST_F(BrowserTest, FoldsAndSorts) {
  press(KeyKind::End);
  press(KeyKind::Tab);
  type(" ");
  EXPECT_THAT(files().front(), HasSubstr("bin/ ..."));
  EXPECT_EQ(files().size(), 7u);
  press(KeyKind::Right);
  EXPECT_EQ(files().size(), 8u);
  press(KeyKind::Control, " ");
  EXPECT_EQ(files().size(), 3u);
  control('o');
  EXPECT_THAT(files().front(), HasSubstr("srv/ ..."));
  press(KeyKind::Control, " ");
  EXPECT_EQ(files().size(), 8u);
}

TEST_F(BrowserTest, FiltersWhileOneTypes) {
  press(KeyKind::End);
  control('f');
  type("LAR");
  EXPECT_THAT(screen(), HasSubstr("filter: lar_"));
  EXPECT_THAT(files(), ::testing::ElementsAre("9kB ~ srv/", "9kB     data/", "9kB       large"));
  press(KeyKind::Backspace);
  press(KeyKind::Backspace);
  press(KeyKind::Backspace);
  type("data/");
  EXPECT_EQ(files().size(), 3u);
  control('m');  // the Enter key
  EXPECT_THAT(screen(), HasSubstr("with 'data/'"));
  type("j");
  press(KeyKind::Escape);
  EXPECT_EQ(files().size(), 8u);
}

TEST_F(BrowserTest, TellsWhatIsWastedAndWhatKeysDo) {
  EXPECT_THAT(screen(), HasSubstr("5.01kB wasted here"));
  type("w");
  EXPECT_THAT(screen(), HasSubstr("layer 1, deleted later"));
  type("?");
  EXPECT_THAT(screen(), HasSubstr("fold all"));
  EXPECT_FALSE(browser_.press({KeyKind::Text, "q"}));
  EXPECT_FALSE(browser_.press({KeyKind::Control, "c"}));
}

TEST_F(BrowserTest, FitsEveryTerminal) {
  for (size_t columns : {1, 10, 40, 79, 200, 500})
    for (size_t rows : {1, 2, 3, 5, 24, 100}) {
      Screen drawn = browser_.draw(columns, rows);
      EXPECT_LE(drawn.lines.size(), std::max<size_t>(rows, 2)) << columns << "x" << rows;
      for (const ScreenLine& line : drawn.lines) EXPECT_LE(line.used(), columns) << columns << "x" << rows;
    }
}

TEST_F(BrowserTest, ALongListScrolls) {
  MadeLayer many;
  for (int i = 0; i < 500; ++i) many.push_back(file("file" + std::to_string(1000 + i), 1));
  auto image = makeImage({{"COPY many", many}});
  auto source = must(openStoredImage(image, store_->layers()));
  Analysis analysis = must(analyzeImage(*source, {.store = store_.get()}));
  Browser browser(analysis);
  browser.press({KeyKind::Tab, {}});
  browser.draw(100, 24);
  for (int i = 0; i < 3; ++i) browser.press({KeyKind::PageDown, {}});
  EXPECT_THAT(browser.draw(100, 24).text(), Not(HasSubstr("file1000")));
  browser.press({KeyKind::End, {}});
  EXPECT_THAT(browser.draw(100, 24).text(), HasSubstr("file1499"));
  browser.press({KeyKind::Home, {}});
  EXPECT_THAT(browser.draw(100, 24).text(), HasSubstr("file1000"));
}

TEST(ScreenLine, WideAndCombiningCharactersTakeTheirColumns) {
  ScreenLine line(5);
  line.add("\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2");  // two columns each: the third has no room
  EXPECT_EQ(line.used(), 4u);
  line.add("e\xcc\x81x");  // e with an accent
  EXPECT_EQ(line.used(), 5u);
}

}  // namespace
}  // namespace strata::analyzer
