#include "builder/sources/git_reference.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {

using testing::must;
using Transport = GitReference::Transport;

std::optional<GitReference> parseGit(llvm::StringRef text, GitForm form = GitForm::Source) {
  return must(parseGitReference(text, form));
}
const std::string kFull(40, 'a');

TEST(GitReferenceTest, ADD_20_FormsOfARepository) {
  auto https = parseGit("https://example.com/org/x.git");
  ASSERT_TRUE(https);
  EXPECT_EQ(https->transport, Transport::Https);
  EXPECT_EQ(https->remote, "https://example.com/org/x.git");
  EXPECT_EQ(https->host, "example.com");
  EXPECT_EQ(parseGit("http://h:81/x.git")->host, "h:81");
  EXPECT_EQ(parseGit("git://h/anything")->transport, Transport::Git);
  EXPECT_EQ(parseGit("ssh://git@h:22/x")->remote, "ssh://git@h:22/x");
  auto scp = parseGit("git@example.com:org/x.git#v1:sub");
  ASSERT_TRUE(scp);
  EXPECT_EQ(scp->transport, Transport::Ssh);
  EXPECT_EQ(scp->remote, "git@example.com:org/x.git");
  EXPECT_EQ(scp->host, "example.com");
  EXPECT_EQ(scp->ref, "v1");
  EXPECT_EQ(scp->subdir, "sub");
}

TEST(GitReferenceTest, ADD_20_PlainUrlsAndPathsAreNoRepositories) {
  for (const char* text : {"https://h/x.git/", "https://h/x.gitx", "https://h/x", "http://h/a.git.zip", "./x", "../x",
                           ".git", "a/b@c:d", "dir/x.git", "C:\\x", "mailto:x", "@h:x", "ftp://h/x.git"})
    EXPECT_FALSE(parseGit(text)) << text;
}

TEST(GitReferenceTest, ADD_2_CTX_4_GithubWithoutSchemeIsARepositoryForContextsOnly) {
  EXPECT_FALSE(parseGit("github.com/org/repo"));
  auto context = parseGit("github.com/org/repo#main:dir", GitForm::Context);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->remote, "https://github.com/org/repo");
  EXPECT_EQ(context->ref, "main");
  EXPECT_EQ(context->subdir, "dir");
  EXPECT_FALSE(parseGit("github.community/x", GitForm::Context));
}

TEST(GitReferenceTest, ADD_21_TheFragmentSaysRefAndDirectory) {
  EXPECT_EQ(parseGit("https://h/x.git#v1")->ref, "v1");
  auto both = parseGit("https://h/x.git#feature/a:/b//./c/../d/");
  EXPECT_EQ(both->ref, "feature/a");
  EXPECT_EQ(both->subdir, "b/d");
  auto directory = parseGit("https://h/x.git#:dir");
  EXPECT_EQ(directory->ref, "");
  EXPECT_EQ(directory->subdir, "dir");
  EXPECT_EQ(parseGit("https://h/x.git#:../../etc")->subdir, "etc");
  EXPECT_EQ(parseGit("https://h/x.git#" + kFull)->ref, kFull);
}

TEST(GitReferenceTest, ADD_22_TheQuerySaysEverything) {
  auto all = parseGit("https://h/x.git?ref=v1&subdir=a/b&commit=AbC1&keep-git-dir&submodules=false&mtime=commit");
  EXPECT_EQ(all->ref, "v1");
  EXPECT_EQ(all->subdir, "a/b");
  EXPECT_EQ(all->checksum, "abc1");
  EXPECT_EQ(all->keepGitDir, true);
  EXPECT_EQ(all->submodules, false);
  EXPECT_TRUE(all->commitTime);
  EXPECT_EQ(parseGit("https://h/x.git?branch=main")->ref, "refs/heads/main");
  EXPECT_EQ(parseGit("https://h/x.git?branch=refs/heads/main")->ref, "refs/heads/main");
  EXPECT_EQ(parseGit("https://h/x.git?tag=v1")->ref, "refs/tags/v1");
  EXPECT_EQ(parseGit("git@h:x?keep-git-dir=0&checksum=ab")->keepGitDir, false);
  EXPECT_FALSE(parseGit("https://h/x.git?mtime=checkout")->commitTime);
  EXPECT_TRUE(parseGit("https://h/x.git?commit=" + kFull + "&fetch-by-commit")->fetchByCommit);
}

TEST(GitReferenceTest, ADD_22_UnknownEmptyAndRepeatedKeysAreErrors) {
  auto faultOf = [](llvm::StringRef query) {
    return testing::faultOf(parseGitReference(("https://h/x.git?" + query).str(), GitForm::Source)).message;
  };
  EXPECT_THAT(faultOf("depth=1"), ::testing::HasSubstr("unexpected query \"depth\""));
  for (const char* key : {"ref", "tag", "branch", "subdir", "commit", "checksum", "mtime"})
    EXPECT_THAT(faultOf(std::string(key) + "="), ::testing::HasSubstr("has no value")) << key;
  EXPECT_THAT(faultOf("ref=a&ref=a"), ::testing::HasSubstr("multiple values"));
  EXPECT_THAT(faultOf("mtime=never"), ::testing::HasSubstr("invalid mtime"));
  EXPECT_THAT(faultOf("submodules=maybe"), ::testing::HasSubstr("invalid boolean"));
}

TEST(GitReferenceTest, ADD_23_ContradictionsAreErrors) {
  auto faultOf = [](llvm::StringRef rest) {
    return testing::faultOf(parseGitReference(("https://h/x.git" + rest).str(), GitForm::Source)).message;
  };
  for (const char* rest : {"?ref=a#b", "?tag=v1#v2", "?branch=a#b", "?ref=v1&tag=v1", "?branch=a&ref=b"})
    EXPECT_THAT(faultOf(rest), ::testing::HasSubstr("ref conflicts")) << rest;
  EXPECT_THAT(faultOf("?branch=a&tag=b"), ::testing::HasSubstr("conflicts with tag"));
  EXPECT_THAT(faultOf("?subdir=a#:b"), ::testing::HasSubstr("subdir conflicts"));
  EXPECT_THAT(faultOf("?commit=ab&checksum=cd"), ::testing::HasSubstr("checksum conflicts"));
  EXPECT_EQ(parseGit("https://h/x.git?tag=v1#refs/tags/v1")->ref, "refs/tags/v1");
  EXPECT_EQ(parseGit("https://h/x.git?ref=a&subdir=./d#a:d")->subdir, "d");

  GitReference reference = *parseGit("https://h/x.git?checksum=abcd&keep-git-dir=true");
  EXPECT_FAULT_SAYING(applyFlags(reference, "ef", {}), FaultKind::Invalid, "checksum conflicts");
  EXPECT_FAULT_SAYING(applyFlags(reference, "", false), FaultKind::Invalid, "keep-git-dir conflicts");
  must(applyFlags(reference, "ABCD", true));
  GitReference plain = *parseGit("https://h/x.git");
  must(applyFlags(plain, "12ab", true));
  EXPECT_EQ(plain.checksum, "12ab");
  EXPECT_EQ(plain.keepGitDir, true);
}

TEST(GitReferenceTest, ADD_24_ChecksumsAreHexAndFetchByCommitNeedsAWholeOne) {
  auto faultOf = [](llvm::StringRef rest) {
    return testing::faultOf(parseGitReference(("https://h/x.git?" + rest).str(), GitForm::Source)).message;
  };
  EXPECT_THAT(faultOf("checksum=xyz"), ::testing::HasSubstr("invalid checksum"));
  EXPECT_THAT(faultOf("commit=abcd&fetch-by-commit=true"), ::testing::HasSubstr("full commit id"));
  EXPECT_THAT(faultOf("fetch-by-commit"), ::testing::HasSubstr("full commit id"));
  EXPECT_TRUE(isFullCommit(kFull));
  EXPECT_TRUE(isFullCommit(std::string(64, '0')));
  EXPECT_FALSE(isFullCommit("abcdef1"));
}

TEST(GitReferenceTest, WhatCouldBeAnOptionOrAnotherTransportIsRefused) {
  for (const char* text : {"https://h/x.git#--upload-pack=touch", "https://h/x.git?ref=-x", "ssh://-oProxyCommand=x/y",
                           "git@h:-x", "ssh://-x@h/y", "https://h/x.git#a..b", "git://h", "https://h/x.git#a b"}) {
    SCOPED_TRACE(text);
    EXPECT_FAULT(parseGitReference(text, GitForm::Source), FaultKind::Invalid);
  }
  for (const char* text : {"file:///tmp/x.git", "ext::sh -c x", "--upload-pack=x", "-x@h:y"})
    EXPECT_FALSE(parseGit(text)) << text;
}

TEST(GitReferenceTest, CredentialsAreNoPartOfTheRemote) {
  auto reference = parseGit("https://me:hush@h/x.git");
  EXPECT_EQ(reference->remote, "https://h/x.git");
  EXPECT_EQ(reference->userInfo, "me:hush");
  EXPECT_EQ(parseGit("ssh://me:hush@h/x")->remote, "ssh://me@h/x");
}

}  // namespace
}  // namespace strata::builder
