#include "builder/frontend/device_flag.h"

#include "builder/frontend/mount_flag.h"
#include "support/csv.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::builder {

namespace {
/// "vendor/class=dev" is a name although it has a '='.
bool isQualifiedName(llvm::StringRef field) { return field.split('=').first.contains('/'); }

llvm::Error setName(RunDevice& device, llvm::StringRef name) {
  if (!device.name.empty()) return fault(FaultKind::Invalid, "device name already set to " + device.name);
  if (name.empty()) return fault(FaultKind::Invalid, "device name can not be blank");
  device.name = name.str();
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<RunDevice> parseDeviceFlag(llvm::StringRef value) {
  auto fields = splitCsv(value);
  if (!fields) return withContext(fields.takeError(), "failed to parse csv devices");
  RunDevice device;
  for (llvm::StringRef field : *fields) {
    CsvOption option = parseCsvOption(field);
    if (isQualifiedName(field)) {
      if (auto error = setName(device, field)) return error;
    } else if (option.key == "required") {
      auto required = option.hasValue ? booleanOf(option.value) : true;
      if (!required) return fault(FaultKind::Invalid, "invalid value for required: " + option.value);
      device.required = *required;
    } else if (!option.hasValue || option.key == "name") {
      if (auto error = setName(device, option.hasValue ? llvm::StringRef(option.value) : field)) return error;
    } else {
      return fault(FaultKind::Invalid, "unexpected key '" + option.key + "' in '" + field + "'" +
                                           didYouMean(option.key, {"name", "required"}, true));
    }
  }
  return device;
}

}  // namespace strata::builder
