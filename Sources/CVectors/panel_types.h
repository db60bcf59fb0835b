// panel_bodies.h for both types of elements, in files that say how many of them a processor takes together, SINGLES and
// DOUBLES, and how it is called, PROCESSOR.

#include <string.h>

#include "panel_products.h"

#pragma STDC FP_CONTRACT OFF
// No vector leaves the file.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))
#define JOINED(name, type, processor) name##_##type##_##processor
#define JOIN(name, type, processor) JOINED(name, type, processor)

#define ELEMENT float
#define PRODUCTS panel_products_f32
#define TARGET panel_products_f32_target
#define NAME(name) JOIN(name, f32, PROCESSOR)
#define PART SINGLES
#include "panel_bodies.h"

#define ELEMENT double
#define PRODUCTS panel_products_f64
#define TARGET panel_products_f64_target
#define NAME(name) JOIN(name, f64, PROCESSOR)
#define PART DOUBLES
#include "panel_bodies.h"
