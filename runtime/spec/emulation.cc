#include "runtime/spec/emulation.h"

#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/ScopeExit.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

#include <dirent.h>
#include <array>
#include <optional>

namespace strata::runtime {

using layerfs::Platform;
using llvm::StringRef;

namespace {
/// What an ELF header says of the processor.
struct ElfMachine {
  StringRef architecture;
  uint8_t bits;  ///< EI_CLASS: 1 or 2
  bool bigEndian;
  uint16_t number;  ///< e_machine
};
constexpr ElfMachine kMachines[] = {{"amd64", 2, false, 62}, {"386", 1, false, 3},       {"arm64", 2, false, 183},
                                    {"arm", 1, false, 40},   {"riscv64", 2, false, 243}, {"ppc64le", 2, false, 21},
                                    {"s390x", 2, true, 22},  {"loong64", 2, false, 258}, {"mips64le", 2, false, 8},
                                    {"mips64", 2, true, 8},  {"mipsle", 1, false, 8},    {"mips", 1, true, 8}};

/// The first 20 bytes of an executable of this machine.
std::array<uint8_t, 20> headerOf(const ElfMachine& machine) {
  std::array<uint8_t, 20> header{0x7f, 'E', 'L', 'F', machine.bits, uint8_t(machine.bigEndian ? 2 : 1), 1};
  auto put = [&](size_t at, uint16_t value) {
    header[at + (machine.bigEndian ? 1 : 0)] = uint8_t(value);
    header[at + (machine.bigEndian ? 0 : 1)] = uint8_t(value >> 8);
  };
  put(16, 2);  // ET_EXEC
  put(18, machine.number);
  return header;
}

/// One registered format.
struct Format {
  std::string interpreter, magic, mask;
  bool enabled = false, heldOpen = false;
  size_t offset = 0;

  bool takes(const ElfMachine& machine) const {
    if (!enabled || magic.empty() || offset + magic.size() > 20) return false;
    std::array<uint8_t, 20> header = headerOf(machine);
    for (size_t i = 0; i < magic.size(); ++i) {
      uint8_t mask = i < this->mask.size() ? uint8_t(this->mask[i]) : 0xff;
      if ((header[offset + i] & mask) != (uint8_t(magic[i]) & mask)) return false;
    }
    return true;
  }
};

Format parseFormat(StringRef text) {
  Format format;
  llvm::SmallVector<StringRef> lines;
  text.split(lines, '\n');
  for (StringRef line : lines) {
    auto [key, value] = line.split(' ');
    if (line == "enabled") format.enabled = true;
    if (key == "interpreter") format.interpreter = value.str();
    if (key == "flags:") format.heldOpen = value.contains('F');
    if (key == "offset" && value.getAsInteger(10, format.offset)) format.enabled = false;
    if (key == "magic" && !llvm::tryGetFromHex(value, format.magic)) format.enabled = false;
    if (key == "mask" && !llvm::tryGetFromHex(value, format.mask)) format.enabled = false;
  }
  return format;
}

std::vector<Format> formatsIn(StringRef registry) {
  std::vector<Format> formats;
  DIR* stream = ::opendir(registry.str().c_str());
  if (!stream) return formats;
  auto close = llvm::make_scope_exit([&] { ::closedir(stream); });
  while (dirent* entry = ::readdir(stream)) {
    StringRef name(entry->d_name);
    if (name.starts_with(".") || name == "register" || name == "status") continue;
    if (auto text = readFile(joinPath(registry, name), 64 << 10))
      formats.push_back(parseFormat(*text));
    else
      llvm::consumeError(text.takeError());  // unregistered meanwhile
  }
  return formats;
}

/// The processor itself: its own programs, also of other variants, and those of its 32-bit side.
bool isNative(StringRef architecture) {
  std::string own = layerfs::hostPlatform().architecture;
  return architecture == own || (own == "amd64" && architecture == "386") || (own == "arm64" && architecture == "arm");
}

const Format* formatFor(StringRef architecture, const std::vector<Format>& formats) {
  for (const ElfMachine& machine : kMachines)
    if (machine.architecture == architecture)
      for (const Format& format : formats)
        if (format.takes(machine)) return &format;
  return nullptr;
}
}  // namespace

llvm::Expected<Emulation> emulationFor(const Platform& platform, StringRef registry) {
  Platform wanted = layerfs::normalised(platform), host = layerfs::hostPlatform();
  if (wanted.os != host.os)
    return fault(FaultKind::Unsupported, "programs of " + wanted.str() + " do not run on " + host.str() +
                                             ": build the parts that run something in a stage with "
                                             "FROM --platform=$BUILDPLATFORM");
  if (isNative(wanted.architecture)) return Emulation{};
  std::vector<Format> formats = formatsIn(registry);
  if (const Format* format = formatFor(wanted.architecture, formats))
    return Emulation{.interpreter = format->interpreter, .heldOpen = format->heldOpen};
  return fault(FaultKind::Unsupported,
               "programs of " + wanted.str() + " do not run on " + host.str() +
                   ", and no emulator is registered for them: install qemu-user-static (which registers it with "
                   "binfmt_misc), or build in a stage with FROM --platform=$BUILDPLATFORM");
}

std::vector<Platform> runnablePlatforms(StringRef registry) {
  std::vector<Platform> platforms = {layerfs::hostPlatform()};
  std::vector<Format> formats = formatsIn(registry);
  for (const ElfMachine& machine : kMachines) {
    if (machine.architecture == platforms.front().architecture) continue;
    if (isNative(machine.architecture) || formatFor(machine.architecture, formats))
      platforms.push_back(layerfs::normalised({.os = "linux", .architecture = machine.architecture.str()}));
  }
  return platforms;
}

llvm::Error prepareEmulation(const Platform& platform, ContainerSpec& spec, StringRef registry) {
  auto emulation = emulationFor(platform, registry);
  if (!emulation) return emulation.takeError();
  if (!emulation->interpreter.empty() && !emulation->heldOpen)
    spec.mounts.push_back({.source = emulation->interpreter, .target = emulation->interpreter, .readOnly = true});
  return llvm::Error::success();
}

}  // namespace strata::runtime
