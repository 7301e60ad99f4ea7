#include "layerfs/erofs_mount.h"

#include "layerfs/erofs_writer.h"
#include "layerfs/fs_context.h"
#include "layerfs/host_note.h"
#include "layerfs/layer_tar.h"
#include "layerfs/overlay_mount.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/StringSwitch.h>
#include <llvm/Support/FormatVariadic.h>

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace strata::layerfs {

llvm::StringRef nameOf(TarForm form) {
  constexpr llvm::StringLiteral names[] = {"erofs-file", "erofs-loop", "dir"};
  return names[size_t(form)];
}

llvm::Expected<TarForm> parseTarForm(llvm::StringRef name) {
  for (TarForm form : {TarForm::File, TarForm::Loop, TarForm::Unpacked})
    if (name == nameOf(form)) return form;
  return fault(FaultKind::Invalid, "no layer form '" + printable(name) + "'; there are erofs-file, erofs-loop and dir" +
                                       didYouMean(name, {"erofs-file", "erofs-loop", "dir"}));
}

namespace {
/// A loop device on a file, which the kernel frees when its last user is gone.
class LoopDevice {
public:
  static llvm::Expected<LoopDevice> attach(const std::string& path) {
    auto file = openFile(path, O_RDONLY);
    if (!file) return file.takeError();
    auto control = openFile("/dev/loop-control", O_RDWR);
    if (!control) return control.takeError();
    constexpr int kTries = 64;  // others take free devices too
    for (int i = 0; i < kTries; ++i) {
      int number = ::ioctl(control->get(), LOOP_CTL_GET_FREE);
      if (number < 0) return errnoFault("find a free loop device");
      LoopDevice device;
      device.path_ = "/dev/loop" + std::to_string(number);
      auto opened = openFile(device.path_, O_RDONLY);
      if (!opened) return opened.takeError();
      device.fd_ = std::move(*opened);
      // Past the page cache where the file's disk can: what is read is kept once, for the mounted files.
      if (device.configure(file->get(), LO_FLAGS_DIRECT_IO) || device.configure(file->get(), 0)) return device;
      if (errno != EBUSY) return errnoFault("set up " + device.path_);
    }
    return fault(FaultKind::Unavailable, "every loop device was taken by others");
  }
  const std::string& path() const { return path_; }

private:
  LoopDevice() = default;
  bool configure(int file, uint32_t flags) {
    loop_config config{};
    config.fd = uint32_t(file);
    config.block_size = 512;
    config.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR | flags;
    return ::ioctl(fd_.get(), LOOP_CONFIGURE, &config) == 0;
  }

  std::string path_;
  UniqueFd fd_;
};

llvm::Expected<UniqueFd> mountErofs(const std::string& index, const std::string& tar) {
  auto context = FsContext::open("erofs");
  if (!context) return context.takeError();
  if (auto error = context->setPath("source", index)) return error;
  if (auto error = context->setPath("device", tar)) return error;
  if (auto error = context->flag("ro")) return error;  // a loop device on a file opened for reading is not opened else
  return context->mount(MOUNT_ATTR_RDONLY);
}
}  // namespace

llvm::Expected<UniqueFd> mountTar(const TarImage& image, TarForm form) {
  if (form == TarForm::File) return mountErofs(image.index, image.tar);
  auto index = LoopDevice::attach(image.index);
  if (!index) return index.takeError();
  auto tar = LoopDevice::attach(image.tar);
  if (!tar) return tar.takeError();
  return mountErofs(index->path(), tar->path());
}

namespace {
constexpr llvm::StringLiteral kProbe = "a file in a tar\n";

/// A layer of one file.
llvm::Error writeProbe(const TarImage& image) {
  LayerEntry entry{.path = "probe", .kind = EntryKind::File, .mode = 0644, .size = kProbe.size()};
  StringSink tar, index;
  LayerTarWriter writer(tar);
  StringSource content(kProbe);
  if (auto error = writer.add(entry, &content)) return error;
  if (auto error = writer.finish()) return error;
  if (auto error = writeFileAtomically(image.tar, tar.text)) return error;
  LayerIndex tree;
  if (auto error = tree.add(entry, {.data = 512})) return error;
  if (auto error = writeErofs(tree, -1, tar.text.size(), index)) return error;
  return writeFileAtomically(image.index, index.text);
}

/// As a snapshot would do it: below an overlay.
llvm::Error tryForm(TarForm form, const std::string& directory) {
  TarImage image{directory + "/index", directory + "/tar"};
  if (auto error = writeProbe(image)) return error;
  auto mounted = mountTar(image, form);
  if (!mounted) return mounted.takeError();
  OverlayMount overlay;
  overlay.lowers = {{.path = "/proc/self/fd/" + std::to_string(mounted->get()), .tar = image, .form = form},
                    {.path = directory}};
  auto merged = mountOverlay(overlay);
  if (!merged) return merged.takeError();
  auto file = openFile("probe", O_RDONLY, 0, merged->get());
  if (!file) return file.takeError();
  auto text = readFd(file->get(), 4096);
  if (!text) return text.takeError();
  if (*text != kProbe) return fault(FaultKind::Unsupported, "a file read back through EROFS is not what was written");
  return llvm::Error::success();
}

llvm::Expected<TarForm> probeForms(const std::string& staging, llvm::ArrayRef<TarForm> forms) {
  std::string reasons;
  for (TarForm form : forms) {
    if (form == TarForm::Unpacked) return form;
    auto directory = TempDir::make(staging, "probe-");
    if (!directory) return directory.takeError();
    auto error = tryForm(form, directory->path());
    if (!error) return form;
    reasons = nameOf(form).str() + " does not work here: " + messageOf(std::move(error));
  }
  return fault(FaultKind::Unsupported, reasons);
}
}  // namespace

llvm::Expected<TarForm> TarForms::best() {
  std::lock_guard lock(mutex_);
  if (best_) return *best_;
  auto found = find();
  if (found) best_ = *found;
  return found;
}

llvm::Expected<TarForm> TarForms::find() {
  if (!forced_.empty()) {
    auto form = parseTarForm(forced_);
    if (!form) return form;
    return probeForms(staging_, {*form});
  }
  HostNote note(staging_, lasting_, "tar-form");
  if (auto known = note.read())
    for (TarForm form : {TarForm::File, TarForm::Loop, TarForm::Unpacked})
      if (*known == nameOf(form)) return form;
  auto form = probeForms(staging_, {TarForm::File, TarForm::Loop, TarForm::Unpacked});
  if (form)
    if (auto error = note.write(nameOf(*form))) return error;
  return form;
}

}  // namespace strata::layerfs
