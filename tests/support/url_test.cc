#include "support/url.h"

#include "tests/support/testing.h"

namespace strata {
namespace {

using testing::must;

TEST(UrlTest, IsTakenApart) {
  Url url = must(parseUrl("HTTPS://me:pw@Example.COM:8443/a/b%20c?x=1#frag"));
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.userInfo, "me:pw");
  EXPECT_EQ(url.host, "example.com");
  EXPECT_EQ(url.port, "8443");
  EXPECT_EQ(url.path, "/a/b%20c");
  EXPECT_EQ(url.query, "x=1");
  EXPECT_EQ(url.fragment, "frag");
  EXPECT_EQ(url.bare(), "https://example.com:8443/a/b%20c");
  Url six = must(parseUrl("git://[::1]:9418/r"));
  EXPECT_EQ(six.host, "[::1]");
  EXPECT_EQ(six.port, "9418");
  EXPECT_EQ(must(parseUrl("http://h?q")).query, "q");
}

TEST(UrlTest, WhatIsNoUrlIsRefused) {
  for (const char* text : {"", "a/b", "//h/x", "http:///x", "http://h:x/", "http://-oProxyCommand=x/y", "http://a b/",
                           "http://h/a\nb", "1http://h/", "http://[zz]/"})
    EXPECT_FAULT(parseUrl(text), FaultKind::Invalid);
  EXPECT_FAULT_SAYING(parseUrl("http://user:secret@h:x/"), FaultKind::Invalid, "xxxxx:xxxxx@h");
}

TEST(UrlTest, EscapesAreDecodedButForNul) {
  EXPECT_EQ(percentDecoded("a%20b%2Fc%"), "a b/c%");
  EXPECT_EQ(percentDecoded("%zz%41%00"), "%zzA%00");
}

TEST(UrlTest, QueriesKeepTheirOrder) {
  auto pairs = queryPairs("b=1%262&a&b=x+y");
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[0], (std::pair<std::string, std::string>("b", "1&2")));
  EXPECT_EQ(pairs[1], (std::pair<std::string, std::string>("a", "")));
  EXPECT_EQ(pairs[2], (std::pair<std::string, std::string>("b", "x y")));
}

TEST(UrlTest, CredentialsAreRedactedAndNothingElse) {
  EXPECT_EQ(redactUrl("https://u:p@h/x@y"), "https://xxxxx:xxxxx@h/x@y");
  EXPECT_EQ(redactUrl("https://token@h/x"), "https://xxxxx@h/x");
  EXPECT_EQ(redactUrl("https://h/x@y"), "https://h/x@y");
  EXPECT_EQ(redactUrl("git@h:x"), "git@h:x");
  EXPECT_EQ(redactUrl("https://a@b@h?x"), "https://xxxxx@h?x");
  EXPECT_EQ(shownUrl("https://a@h/x?sig=secret"), "https://xxxxx@h/x?...");
  EXPECT_EQ(shownUrl("https://h/x"), "https://h/x");
}

}  // namespace
}  // namespace strata
