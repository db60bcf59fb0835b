#include "panel_products.h"

#if defined(__x86_64__)
#define ON_X86(PRODUCTS) PRODUCTS
#define HAS_LEVEL(level) __builtin_cpu_supports(level)
#else
#define ON_X86(PRODUCTS) 0
#define HAS_LEVEL(level) false
#endif

#define CHOICE(TYPE)                                                                                        \
  extern const struct panel_products_##TYPE products_##TYPE##_any, products_##TYPE##_avx2,                 \
      products_##TYPE##_avx512;                                                                            \
                                                                                                           \
  const struct panel_products_##TYPE *panel_products_##TYPE##_for(enum vector_processor processor) {       \
    switch (processor) {                                                                                   \
    case vectors_of_avx2: return HAS_LEVEL("avx2") ? ON_X86(&products_##TYPE##_avx2) : 0;                  \
    case vectors_of_avx512: return HAS_LEVEL("x86-64-v4") ? ON_X86(&products_##TYPE##_avx512) : 0;         \
    default: return &products_##TYPE##_any;                                                                \
    }                                                                                                      \
  }                                                                                                        \
                                                                                                           \
  const struct panel_products_##TYPE *panel_products_##TYPE##_here(void) {                                 \
    for (int processor = vectors_of_avx512; processor > vectors_of_any; --processor) {                     \
      const struct panel_products_##TYPE *products = panel_products_##TYPE##_for(processor);               \
      if (products) return products;                                                                       \
    }                                                                                                      \
    return &products_##TYPE##_any;                                                                         \
  }

CHOICE(f32)
CHOICE(f64)
