#include "runtime/spec/seccomp.h"

#include "runtime/spec/container_spec.h"
#include "support/text.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <cerrno>

namespace strata::runtime {
namespace {
using strata::testing::must;
using ::testing::HasSubstr;
using ::testing::Not;

/// The error of `call` in a child under the filter; 0: it was let through and succeeded.
int errorUnder(llvm::ArrayRef<llvm::StringRef> capabilities, llvm::function_ref<long()> call) {
  auto filter = must(seccompFilter(capabilities));
  pid_t child = ::fork();
  if (child == 0) {
    sock_fprog program{static_cast<unsigned short>(filter.size() / sizeof(sock_filter)),
                       const_cast<sock_filter*>(reinterpret_cast<const sock_filter*>(filter.data()))};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
      ::_exit(250);
    errno = 0;
    long result = call();
    ::_exit(result >= 0 ? 0 : errno);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}
int errorUnder(llvm::function_ref<long()> call) { return errorUnder(defaultCapabilities(), call); }

TEST(SeccompFilter, LetsOrdinaryCallsThrough) {
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_getpid); }), 0);
  EXPECT_EQ(errorUnder([] { return long(::open("/dev/null", O_RDWR)); }), 0);
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); }), 0);
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_personality, 0xffffffffUL); }), 0);
  EXPECT_EQ(errorUnder([] { return long(::fork()); }), 0);
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_fchmod, -1, 0); }), EBADF);
}

TEST(SeccompFilter, ForbidsWhatTouchesTheHost) {
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_unshare, CLONE_NEWUSER); }), EPERM);
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_mount, "a", "/nowhere", "tmpfs", 0, 0); }), EPERM);
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_keyctl, 0, 0, 0, 0, 0); }), EPERM);
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_bpf, 0, 0, 0); }), EPERM);
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_io_uring_setup, 0, 0); }), EPERM);
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_reboot, 0, 0, 0, 0); }), EPERM);
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0); }), EPERM);
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_personality, 0x0040000UL); }), EPERM);
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_socket, AF_VSOCK, SOCK_STREAM, 0); }), EPERM);
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_socket, 0x100000000UL | AF_VSOCK, SOCK_STREAM, 0); }), EPERM)
      << "the kernel drops the high word";
}

TEST(SeccompFilter, AnswersNewCallsSoThatLibcFallsBack) {
  EXPECT_EQ(errorUnder([] { return ::syscall(SYS_clone3, 0, 0); }), ENOSYS);
  EXPECT_EQ(errorUnder([] { return ::syscall(9999); }), ENOSYS);
  EXPECT_EQ(errorUnder([] { return ::syscall(452, -1, "x", 0, 0); }), EBADF) << "fchmodat2, which libseccomp 2.5 lacks";
}

TEST(SeccompFilter, CapabilitiesOpenTheirCalls) {
  EXPECT_EQ(errorUnder({"CAP_SYS_ADMIN"}, [] { return ::syscall(SYS_mount, 0, 0, 0, 0, 0); }), EFAULT);
  EXPECT_NE(errorUnder({"CAP_SYS_ADMIN"}, [] { return ::syscall(SYS_clone3, 0, 0); }), ENOSYS);
  EXPECT_EQ(errorUnder({}, [] { return ::syscall(SYS_chroot, "/"); }), EPERM);
  EXPECT_EQ(errorUnder({"CAP_SYS_CHROOT"}, [] { return ::syscall(SYS_chroot, "/nowhere"); }), ENOENT);
}

TEST(SeccompFilter, IsCompiledOnce) {
  EXPECT_EQ(must(seccompFilter(defaultCapabilities())).data(), must(seccompFilter(defaultCapabilities())).data());
}

TEST(SeccompJson, HoldsTheRulesOfTheseCapabilitiesOnly) {
  std::string json = printJson(seccompJson(defaultCapabilities()));
  EXPECT_THAT(json, HasSubstr("\"SCMP_ACT_ERRNO\""));
  EXPECT_THAT(json, HasSubstr("SCMP_CMP_MASKED_EQ"));
  EXPECT_THAT(json, HasSubstr("2114060288"));
  EXPECT_THAT(json, HasSubstr("chroot"));
  EXPECT_THAT(json, Not(HasSubstr("\"mount\"")));
  EXPECT_THAT(printJson(seccompJson(llvm::StringRef("CAP_SYS_ADMIN"))), HasSubstr("\"mount\""));
}

}  // namespace
}  // namespace strata::runtime
