#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*check)(const uint8_t *, size_t));
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);
int FuzzInputs_main(int count, char **arguments);

/// What Swift's package manager takes for the main function of an executable FuzzInputs: that of libFuzzer, unless
/// Swift emits one.
__attribute__((weak)) int FuzzInputs_main(int count, char **arguments) {
  return LLVMFuzzerRunDriver(&count, &arguments, LLVMFuzzerTestOneInput);
}
