#include "products.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

// The values of the interface CBLAS.
enum { row_major = 101, not_transposed = 111 };

static void (*sgemm)(
    int order, int transpose_a, int transpose_b, int rows, int columns, int depth, float alpha,
    const float *a, int a_step, const float *b, int b_step, float beta, float *c, int c_step);
static char reason[512];

static void load(void) {
  // Threads are ours: those of the library would only contend with them.
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library) *(void **)&sgemm = dlsym(library, "cblas_sgemm");
  if (!sgemm) {
    const char *error = dlerror();
    snprintf(reason, sizeof reason, "%s", error ? error : "it has no cblas_sgemm");
    return;
  }
  void (*set_num_threads)(int) = NULL;
  *(void **)&set_num_threads = dlsym(library, "openblas_set_num_threads");
  if (set_num_threads) set_num_threads(1);
}

const char *load_openblas(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return sgemm ? NULL : reason;
}

void single_product(
    int rows, int columns, int depth, const float *a, int a_step, const float *b, int b_step,
    float *c, int c_step) {
  sgemm(
      row_major, not_transposed, not_transposed, rows, columns, depth, 1, a, a_step, b, b_step, 0,
      c, c_step);
}
