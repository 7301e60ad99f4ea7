#include "cli/layer_browser.h"

#include "analyzer/browser/browser.h"
#include "cli/console.h"
#include "support/fault.h"

#include <unistd.h>
#include <climits>
#include <clocale>
#include <cstdlib>

#define NCURSES_NOMACROS
#include <curses.h>

namespace strata::cli {

namespace {
using analyzer::Key;
using analyzer::Style;

/// The whole terminal, until its owner goes.
class Terminal {
public:
  Terminal() : screen_(::newterm(nullptr, stdout, stdin)) {
    if (!screen_) return;
    ::set_term(screen_);
    ::raw();   // Ctrl+C is a key, too
    ::nonl();  // Ctrl+M is not Enter
    ::noecho();
    ::keypad(stdscr, TRUE);
    ::set_escdelay(25);
    ::curs_set(0);
    if (!::has_colors() || std::getenv("NO_COLOR")) return;
    ::start_color();
    ::use_default_colors();
    for (auto [style, colour] : {std::pair(Style::Added, COLOR_GREEN), std::pair(Style::Modified, COLOR_YELLOW),
                                 std::pair(Style::Removed, COLOR_RED), std::pair(Style::Bad, COLOR_RED)})
      ::init_pair(short(style), short(colour), -1);
    colours_ = true;
  }
  ~Terminal() {
    if (!screen_) return;
    ::endwin();
    ::delscreen(screen_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  bool works() const { return screen_ != nullptr; }
  void draw(const analyzer::Screen& screen) {
    ::erase();
    int row = 0;
    for (const analyzer::ScreenLine& line : screen.lines) {
      ::move(row++, 0);
      for (const analyzer::Piece& piece : line.pieces) {
        ::attrset(int(attributesOf(piece.style)));
        ::addnstr(piece.text.data(), int(piece.text.size()));
      }
    }
    ::refresh();
  }

private:
  chtype attributesOf(Style style) const {
    switch (style) {
      case Style::Plain:
        return A_NORMAL;
      case Style::Title:
        return A_BOLD;
      case Style::Quiet:
        return A_DIM;
      case Style::Chosen:
        return A_REVERSE;
      case Style::Added:
      case Style::Modified:
      case Style::Removed:
      case Style::Bad:
        break;
    }
    return colours_ ? chtype(COLOR_PAIR(int(style))) : style == Style::Bad ? A_BOLD : A_NORMAL;
  }

  SCREEN* screen_;
  bool colours_ = false;
};

Key keyOf(wint_t typed, bool isFunction) {
  using Kind = Key::Kind;
  if (isFunction) switch (typed) {
      case KEY_UP:
        return {Kind::Up, {}};
      case KEY_DOWN:
        return {Kind::Down, {}};
      case KEY_LEFT:
        return {Kind::Left, {}};
      case KEY_RIGHT:
        return {Kind::Right, {}};
      case KEY_PPAGE:
        return {Kind::PageUp, {}};
      case KEY_NPAGE:
        return {Kind::PageDown, {}};
      case KEY_HOME:
        return {Kind::Home, {}};
      case KEY_END:
        return {Kind::End, {}};
      case KEY_ENTER:
        return {Kind::Enter, {}};
      case KEY_BACKSPACE:
        return {Kind::Backspace, {}};
      default:
        return {};
    }
  switch (typed) {
    case 0:
      return {Kind::Control, " "};
    case '\t':
      return {Kind::Tab, {}};
    case 27:
      return {Kind::Escape, {}};
    case 8:
    case 127:
      return {Kind::Backspace, {}};
    default:
      break;
  }
  if (typed < 27) return {Kind::Control, std::string(1, char('a' + typed - 1))};
  char text[MB_LEN_MAX];
  int size = std::wctomb(text, wchar_t(typed));
  return {Kind::Text, size > 0 ? std::string(text, size_t(size)) : std::string()};
}
}  // namespace

llvm::Error browseLayers(const analyzer::Analysis& analysis) {
  if (!isTerminal(STDIN_FILENO) || !isTerminal(STDOUT_FILENO))
    return fault(FaultKind::Invalid, "--interactive needs a terminal; without it the report is printed");
  std::setlocale(LC_ALL, "");
  Terminal terminal;
  if (!terminal.works())
    return fault(FaultKind::Unsupported, "the terminal '" +
                                             llvm::Twine(std::getenv("TERM") ? std::getenv("TERM") : "") +
                                             "' is not known here (set TERM)");
  analyzer::Browser browser(analysis);
  for (;;) {
    terminal.draw(browser.draw(size_t(COLS), size_t(LINES)));
    wint_t typed = 0;
    int kind = ::get_wch(&typed);
    if (kind == ERR) return llvm::Error::success();  // the terminal is gone
    if (kind == KEY_CODE_YES && typed == KEY_RESIZE) continue;
    if (!browser.press(keyOf(typed, kind == KEY_CODE_YES))) return llvm::Error::success();
  }
}

}  // namespace strata::cli
