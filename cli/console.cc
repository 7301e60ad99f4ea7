#include "cli/console.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/Support/raw_ostream.h>

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <cstdio>

namespace strata::cli {

namespace {

bool isFinalByte(char c) { return c >= 0x40 && c <= 0x7e; }

/// Length of the escape sequence that `text` (beginning with ESC) starts with. Source: ECMA-48, 5.4, 8.3.
size_t escapeLength(llvm::StringRef text) {
  if (text.size() < 2) return text.size();
  if (text[1] == '[') {  // control sequence: parameters, then one final byte
    size_t end = 2;
    while (end < text.size() && !isFinalByte(text[end])) ++end;
    return std::min(end + 1, text.size());
  }
  if (text[1] == ']' || text[1] == 'P' || text[1] == '_' || text[1] == '^') {  // a string up to BEL or ESC backslash
    for (size_t end = 2; end < text.size(); ++end) {
      if (text[end] == '\a') return end + 1;
      if (text[end] == '\x1b') return std::min(end + 2, text.size());
    }
    return text.size();
  }
  return 2;
}

}  // namespace

bool isTerminal(int fd) { return ::isatty(fd) == 1; }

ConsoleSize consoleSize(int fd) {
  winsize size{};
  ConsoleSize result;
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0) return result;
  if (size.ws_row > 0) result.rows = size.ws_row;
  if (size.ws_col > 0) result.columns = size.ws_col;
  return result;
}

std::string shownLine(llvm::StringRef line) {
  line = line.rtrim("\r\n");
  if (size_t overwritten = line.rfind('\r'); overwritten != llvm::StringRef::npos) line = line.substr(overwritten + 1);
  std::string text;
  for (size_t i = 0; i < line.size(); ++i) {
    bool c1 = line[i] == '\xc2' && i + 1 < line.size() && (line[i + 1] & 0xe0) == 0x80;  // U+0080 to U+009F
    if (line[i] == '\x1b')
      i += escapeLength(line.substr(i)) - 1;
    else if (c1)
      ++i;
    else if (line[i] == '\t')
      text += ' ';
    else
      text += line[i];
  }
  return printable(text);
}

llvm::Expected<bool> confirmRemoval(llvm::StringRef warning) {
  if (!isTerminal(STDIN_FILENO))
    return fault(FaultKind::Invalid, "refusing to remove anything unasked: standard input is no terminal; use --force");
  llvm::errs() << warning << "\nAre you sure you want to continue? [y/N] ";
  char answer[16] = {};
  if (!std::fgets(answer, sizeof answer, stdin)) return false;
  std::string text = llvm::StringRef(answer).trim().lower();
  return text == "y" || text == "yes";
}

std::string ask(llvm::StringRef question, Echo echo) {
  termios before{};
  bool hidden = echo == Echo::No && ::tcgetattr(STDIN_FILENO, &before) == 0;
  if (hidden) {
    termios silent = before;
    silent.c_lflag &= ~tcflag_t(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  llvm::errs() << question;  // whoever is asked may answer at once, and is neither shown nor flushed away
  std::string line;
  for (char c = 0; ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n';) line += c;
  if (hidden) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    llvm::errs() << "\n";
  }
  return llvm::StringRef(line).trim().str();
}

}  // namespace strata::cli
