#pragma once

/// What AddressSanitizer is told, which asks for it before anything else runs.
const char *__asan_default_options(void);
