#include "builder/settings/ssh.h"

#include "support/process.h"
#include "tests/support/testing.h"

#include <sys/socket.h>
#include <sys/un.h>

namespace strata::builder {
namespace {
using testing::must;
using testing::writeFile;

class Ssh : public ::testing::Test {
protected:
  std::string key(const std::string& name, const std::string& passphrase, const char* format = "RFC4716") {
    if (!findProgram("ssh-keygen")) return "";
    std::string path = joinPath(directory_.path(), name);
    must(runProcess(
        {.argv = {"ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m", format, "-N", passphrase, "-f", path}}));
    return path;
  }
  std::string socket(const std::string& name) {
    std::string path = joinPath(directory_.path(), name);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return path;
  }
  TempDir directory_ = testing::makeTempDir();
};

TEST_F(Ssh, CLI_5_AnIdWithoutAValueIsTheUsersAgent) {
  std::string path = socket("agent");
  ::setenv("SSH_AUTH_SOCK", path.c_str(), 1);
  SshSource source = must(parseSsh("default"));
  EXPECT_EQ(source.id, "default");
  EXPECT_EQ(source.socket, path);
  EXPECT_EQ(must(parseSsh("work")).id, "work");
  ::unsetenv("SSH_AUTH_SOCK");
  EXPECT_FAULT_SAYING(parseSsh("default"), FaultKind::Invalid, "make sure SSH_AUTH_SOCK is set");
}

TEST_F(Ssh, CLI_5_ASocketOrKeysAndNotBoth) {
  std::string one = key("one", ""), two = key("two", "", "PEM"), agent = socket("agent");
  if (one.empty()) GTEST_SKIP() << "package openssh-client is not installed";
  EXPECT_EQ(must(parseSsh("id=" + agent)).socket, agent);
  EXPECT_EQ(must(parseSsh("id=" + one + "," + two)).keys, (std::vector<std::string>{one, two}));
  EXPECT_FAULT(parseSsh("id=" + agent + "," + one), FaultKind::Invalid);
  EXPECT_FAULT(parseSsh("id=" + agent + "," + agent), FaultKind::Invalid);
  EXPECT_FAULT(parseSsh("id=" + directory_.path() + "/nowhere"), FaultKind::NotFound);
  EXPECT_FAULT_SAYING(parseSsh("id=" + one + ".pub"), FaultKind::Invalid, "neither a private key");
}

TEST_F(Ssh, MNT_34_KeysWithAPassphraseAreRefused) {
  for (const char* format : {"RFC4716", "PEM", "PKCS8"}) {
    std::string locked = key(std::string("locked-") + format, "a passphrase", format);
    if (locked.empty()) GTEST_SKIP() << "package openssh-client is not installed";
    EXPECT_FAULT_SAYING(parseSsh("id=" + locked), FaultKind::Invalid, "passphrase");
  }
}

}  // namespace
}  // namespace strata::builder
