#include "builder/frontend/unicode.h"

#include <gtest/gtest.h>

#include <string>

namespace strata::builder {
namespace {
TEST(Unicode, CharactersAreReadStrictly) {
  std::pair<llvm::StringRef, Character> cases[] = {{"a", {'a', 1}},
                                                   {"\xc3\xa4x", {0xe4, 2}},
                                                   {"\xe2\x82\xac", {0x20ac, 3}},
                                                   {"\xf0\x9f\x98\x80", {0x1f600, 4}},
                                                   {"\xc3", {kNoCodePoint + 0xc3, 1}},
                                                   {"\xc0\x80", {kNoCodePoint + 0xc0, 1}},
                                                   {"\xed\xa0\x80", {kNoCodePoint + 0xed, 1}},
                                                   {"\xf4\x90\x80\x80", {kNoCodePoint + 0xf4, 1}},
                                                   {"\xff", {kNoCodePoint + 0xff, 1}}};
  for (auto [text, expected] : cases) {
    Character seen = firstCharacter(text);
    EXPECT_EQ(seen.point, expected.point);
    EXPECT_EQ(seen.width, expected.width);
    std::string again;
    if (seen.valid()) appendUtf8(again, seen.point);
    EXPECT_EQ(again, seen.valid() ? text.take_front(seen.width).str() : "");
  }
}
TEST(Unicode, VAR_7_LettersOfEveryScript) {
  for (uint32_t letter : {0x61, 0x5a, 0xaa, 0xe4, 0x3b1, 0x436, 0x5d0, 0x623, 0x905, 0x3042, 0x4e2d, 0xac00, 0x10330})
    EXPECT_TRUE(isLetter(letter)) << letter;
  for (uint32_t other : {0x30, 0x5f, 0x2d, 0x5b, 0x60, 0xd7, 0xf7, 0x301, 0x2160, 0x20ac, 0x2028, 0x3000, 0x1f600, 0xe000})
    EXPECT_FALSE(isLetter(other)) << other;
  EXPECT_TRUE(isDigit(0x663));
  EXPECT_FALSE(isDigit(0xb2));  // a number, no decimal digit
}
TEST(Unicode, WhatCanBeShown) {
  for (uint32_t point : {0x20, 0x7e, 0xa1, 0x301, 0x20ac, 0x1f600}) EXPECT_TRUE(isShown(point)) << point;
  for (uint32_t point : {0x1f, 0x7f, 0x85, 0xa0, 0xad, 0x200b, 0x2028, 0x3000, 0xe000, 0xfeff, 0xffff, 0xe0001})
    EXPECT_FALSE(isShown(point)) << point;
}
TEST(Unicode, SpacesAreTrimmedAtBothEnds) {
  EXPECT_EQ(trimSpace(" \t\xc2\xa0"
                      "a\xe2\x80\x83"
                      "b\xc2\x85\xe3\x80\x80\n"),
            "a\xe2\x80\x83"
            "b");
  EXPECT_EQ(trimSpace("\xa0"
                      "a\xa0"),
            "\xa0"
            "a\xa0");  // no characters
  EXPECT_EQ(trimSpace("\xe2\x80\x83"), "");
}
}  // namespace
}  // namespace strata::builder
