#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has an instruction for CRC-32C.
bool has_crc32c(void);

/// What the state `state` of a CRC-32C is after `count` bytes more, by that instruction.
uint32_t crc32c_after(uint32_t state, const void *bytes, size_t count);
