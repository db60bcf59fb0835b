/* Calls the C interface with what it must refuse, and with what it must do, from several threads at once.
 *
 *   fuzz-interface COUNT SEED MODEL
 *
 * Every call is drawn from the seed and its number. A call gives a result with a known status and readable texts and
 * arrays, whatever it is given. */
#include <aimcc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define KEPT 8

static const char *model;
static unsigned char *model_bytes;
static size_t model_size;
static uint64_t count, seed;

/* What a thread has, and what all threads share: some of it released. */
typedef struct {
  uint64_t state;
  uint64_t counts[256];
} thread_state;
static void *shared[KEPT];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t draw(thread_state *t, uint64_t below) {
  t->state += 0x9E3779B97F4A7C15u;
  uint64_t z = t->state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (z ^ (z >> 31)) % below;
}

static const char *const words[] = {
    "--copies", "2", "--copies=0", "--routine", "refit", "global", "layers", "--device", "hermes-tdp", "quantized",
    "ideal", "nope", "--times", "0,1d", "0", "--seeds", "1", "--seed", "3", "--chip", "tiny", "hermes", "--set",
    "adc.bits=5", "adc.bits=x", "--dim", "N=1", "N=0", "--without", "drift", "--help", "--version", "--emit", "--",
    "-", "", "--residual", "--correct", "--calibrate-at", "--data", "\xff\xfe", "--max-memory", "1MiB",
    "--input-shape", "image=1x1x8x8", "--calibrate", "/dev/null", "--accuracy", "--faults", "stuck=1%",
};

static const char *word(thread_state *t) {
  return draw(t, 60) == 0 ? NULL : words[draw(t, sizeof words / sizeof *words)];
}

static int32_t follow(void *context, const char *title, double done, uint64_t total) {
  thread_state *t = context;
  /* Only its own thread may draw numbers; this one may be another. */
  return (strlen(title) + (uint64_t)done + total + (t != NULL)) % 11 == 0;
}

/* Options of which some make sense. */
static aimcc_options *options(thread_state *t, aimcc_options *made, const char **list) {
  if (draw(t, 2) == 0) return NULL;
  memset(made, 0, sizeof *made);
  made->word_count = draw(t, 5);
  for (size_t i = 0; i < made->word_count; i++) list[i] = word(t);
  if (draw(t, 3)) made->word_count = 0;
  if (draw(t, 4) == 0) {
    list[0] = "--device";
    list[1] = "quantized";
    made->word_count = 2;
  }
  made->words = draw(t, 40) == 0 ? NULL : list;
  if (draw(t, 80) == 0) made->word_count = SIZE_MAX;
  made->progress = draw(t, 2) ? follow : NULL;
  made->context = draw(t, 2) ? t : NULL;
  made->data_name = draw(t, 8) == 0 ? "\xc3\x28" : draw(t, 2) ? "data" : NULL;
  return made;
}

static const char *const types[] = {"f32", "f32", "f32", "u8", "i64", "f64", "bool", "f16", "i4", "", "\xff"};
static const char *const names[] = {"image", "x", "input_0", "y", "", "\xc3\x28", "logits", "input_1"};

/* Arrays of which some fit; pointers that are given lead to as many bytes as they say. */
static size_t arrays(thread_state *t, aimcc_array *list, int64_t (*shapes)[4], unsigned char *bytes, size_t size) {
  size_t number = draw(t, 4) ? 1 : draw(t, 4);
  for (size_t i = 0; i < number; i++) {
    aimcc_array *a = &list[i];
    int64_t fitting[4] = {1 + (int64_t)draw(t, 3), 1, 8, 8};
    for (int k = 0; k < 4; k++) {
      static const int64_t odd[] = {0, -1, INT64_MAX, INT64_MIN, 1, 8, (int64_t)1 << 33, 3};
      shapes[i][k] = draw(t, 60) ? fitting[k] : odd[draw(t, 8)];
    }
    a->name = draw(t, 30) ? names[i == 0 ? draw(t, 3) : draw(t, 8)] : NULL;
    a->type = draw(t, 30) ? types[draw(t, draw(t, 8) ? 4 : sizeof types / sizeof *types)] : NULL;
    a->rank = draw(t, 30) ? 4 : draw(t, 2) ? draw(t, 4) : SIZE_MAX;
    a->shape = draw(t, 30) ? shapes[i] : NULL;
    if (a->shape == NULL && a->rank <= 4) a->rank = draw(t, 2) ? 0 : a->rank;
    size_t element = a->type && strcmp(a->type, "u8") == 0 ? 1 : a->type && strcmp(a->type, "i64") == 0 ? 8 : 4;
    size_t wanted = (size_t)fitting[0] * 64 * element;
    a->byte_count = draw(t, 20) ? wanted : draw(t, size);
    if (a->byte_count > size) a->byte_count = size;
    a->data = draw(t, 30) ? bytes : NULL;
    if (a->data && draw(t, 60) == 0) a->byte_count = 0;
  }
  return number;
}

static void *any(thread_state *t) {
  if (draw(t, 20) == 0) return NULL;
  if (draw(t, 20) == 0) return (void *)(uintptr_t)draw(t, UINT64_MAX);
  pthread_mutex_lock(&lock);
  void *handle = shared[draw(t, KEPT)];
  pthread_mutex_unlock(&lock);
  return handle;
}

/* Puts a handle where other threads take theirs, and releases the one that was there, in one of three ways. */
static void keep(thread_state *t, void *handle) {
  pthread_mutex_lock(&lock);
  size_t place = draw(t, KEPT);
  void *old = shared[place];
  shared[place] = handle;
  pthread_mutex_unlock(&lock);
  aimcc_release_network(old);
  aimcc_release_program(old);
  if (draw(t, 2)) aimcc_release_result(old);
}

/* Looks at all of a result; ends the process if it is not what the header says. */
static void examine(thread_state *t, aimcc_result *result) {
  int32_t status = aimcc_status(result);
  const char *report = aimcc_report(result), *told = aimcc_diagnostics(result);
  if (result == NULL || told == NULL || told[0] != '[' || (status == AIMCC_DONE && report == NULL)) {
    fprintf(stderr, "a result with status %d lacks texts\n", status);
    abort();
  }
  if (status != AIMCC_DONE && status != AIMCC_INPUT_FAULT && status != AIMCC_USAGE && status != AIMCC_STOPPED) {
    fprintf(stderr, "status %d: %s\n", status, told);
    abort();
  }
  t->counts[status & 255]++;
  uint64_t sum = strlen(told) + (report ? strlen(report) : 0);
  for (size_t i = 0; i < aimcc_array_count(result); i++) {
    aimcc_array a;
    if (aimcc_array_at(result, i, &a) != AIMCC_DONE) abort();
    sum += strlen(a.name) + strlen(a.type);
    for (size_t k = 0; k < a.rank; k++) sum += (uint64_t)a.shape[k];
    for (size_t k = 0; k < a.byte_count; k++) sum += ((const unsigned char *)a.data)[k];
  }
  aimcc_array none;
  if (aimcc_array_at(result, aimcc_array_count(result), &none) != AIMCC_USAGE) abort();
  if (aimcc_array_at(result, 0, NULL) != AIMCC_USAGE) abort();
  aimcc_network *network = aimcc_result_network(result);
  aimcc_program *program = aimcc_result_program(result);
  const void *bytes = NULL;
  size_t size = 0;
  if (program && aimcc_program_bytes(program, &bytes, &size) == AIMCC_DONE)
    for (size_t k = 0; k < size; k++) sum += ((const unsigned char *)bytes)[k];
  if (network) keep(t, network);
  if (program) keep(t, program);
  static volatile uint64_t sink;
  sink = sum;
  (void)sink;
  if (draw(t, 16)) aimcc_release_result(result);
  else keep(t, result);
}

static aimcc_result *call(thread_state *t, unsigned char *bytes, size_t size) {
  aimcc_options made;
  aimcc_array given[4], typical[4];
  int64_t shapes[8][4];
  const char *list[8];
  size_t number = arrays(t, given, shapes, bytes, size), others = draw(t, 3) ? 0 : arrays(t, typical, shapes + 4, bytes, size);
  aimcc_array *first = draw(t, 40) ? given : NULL, *second = draw(t, 10) ? typical : NULL;
  size_t n = draw(t, 80) ? number : SIZE_MAX;
  aimcc_options *told = options(t, &made, list);
  switch (draw(t, 12)) {
    case 0: return aimcc_read_network(draw(t, 3) ? model : word(t));
    case 1: {
      size_t length = draw(t, 4) ? model_size : draw(t, model_size);
      unsigned char *copy = malloc(length + 1);
      memcpy(copy, model_bytes, length);
      for (uint64_t k = draw(t, 3) ? 0 : draw(t, 20); k > 0 && length > 0; k--) copy[draw(t, length)] = (unsigned char)draw(t, 256);
      aimcc_result *result = aimcc_read_network_bytes(draw(t, 30) ? copy : NULL, length, draw(t, 20) ? "given.onnx" : NULL);
      free(copy);
      return result;
    }
    case 2: return aimcc_read_program(word(t));
    case 3: {
      void *handle = any(t);
      const void *found = NULL;
      size_t length = 0;
      unsigned char *copy = NULL;
      pthread_mutex_lock(&lock);
      /* The bytes go with the program, which another thread may release. */
      if (aimcc_program_bytes(handle, &found, &length) == AIMCC_DONE && draw(t, 4)) {
        copy = malloc(length + 1);
        memcpy(copy, found, length);
      }
      pthread_mutex_unlock(&lock);
      if (copy == NULL) return aimcc_read_program_bytes(bytes, draw(t, size), "given.aimc");
      for (uint64_t k = draw(t, 3) ? 0 : draw(t, 6); k > 0 && length > 0; k--) copy[draw(t, length)] ^= (unsigned char)draw(t, 256);
      aimcc_result *result = aimcc_read_program_bytes(copy, length, draw(t, 20) ? "given.aimc" : NULL);
      free(copy);
      return result;
    }
    case 4: case 5: return aimcc_compile(any(t), second, others, told);
    case 6: case 7: return aimcc_run(any(t), first, n, told);
    case 8: case 9: return aimcc_simulate(any(t), first, n, told);
    case 10: return aimcc_evaluate(any(t), first, n, second, others, told);
    default: return aimcc_evaluate_program(any(t), first, n, told);
  }
}

static void *work(void *given) {
  thread_state *t = given;
  size_t size = 4096;
  unsigned char *bytes = malloc(size);
  for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)draw(t, draw(t, 2) ? 256 : 2);
  for (uint64_t i = 0; i < count / THREADS; i++) {
    if (draw(t, 50) == 0) {
      void *handle = any(t);
      aimcc_status(handle), aimcc_report(handle), aimcc_diagnostics(handle);
      aimcc_array_count(handle), aimcc_program_bytes(handle, NULL, NULL);
    }
    examine(t, call(t, bytes, size));
  }
  free(bytes);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  count = strtoull(argv[1], NULL, 10), seed = strtoull(argv[2], NULL, 10), model = argv[3];
  if (aimcc_interface() != AIMCC_INTERFACE || strlen(aimcc_version()) == 0) return 1;
  FILE *file = fopen(model, "rb");
  if (file == NULL) return 1;
  model_bytes = malloc(1 << 20);
  model_size = fread(model_bytes, 1, 1 << 20, file);
  fclose(file);
  pthread_t threads[THREADS];
  static thread_state states[THREADS];
  for (int i = 0; i < THREADS; i++) {
    states[i].state = seed * 1000003 + (uint64_t)i;
    pthread_create(&threads[i], NULL, work, &states[i]);
  }
  uint64_t counts[256] = {0}, calls = 0;
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    for (int k = 0; k < 256; k++) counts[k] += states[i].counts[k], calls += states[i].counts[k];
  }
  for (int i = 0; i < KEPT; i++) {
    aimcc_release_network(shared[i]);
    aimcc_release_program(shared[i]);
    aimcc_release_result(shared[i]);
  }
  free(model_bytes);
  printf("%llu calls: %llu done, %llu faults of inputs, %llu of usage, %llu stopped\n", (unsigned long long)calls,
         (unsigned long long)counts[AIMCC_DONE], (unsigned long long)counts[AIMCC_INPUT_FAULT],
         (unsigned long long)counts[AIMCC_USAGE], (unsigned long long)counts[AIMCC_STOPPED]);
  return counts[AIMCC_DONE] == 0;
}
