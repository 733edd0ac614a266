#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CKernelEmulator.h"

extern char **environ;

enum { most_arguments = 64 };

static const char *const options[] = {
    "-std=c++17", "-O1", "-ffreestanding", "-nostdinc", "-nostdlib", "-shared", "-fPIC",
    "-fvisibility=hidden", "-fno-exceptions", "-fno-rtti", "-fno-math-errno",
    "-fno-strict-aliasing", "-ffp-contract=off", "-fno-stack-protector",
    // Loads and stores stay as wide as they are written, for their alignment to be checked.
    "-fno-vectorize", "-fno-slp-vectorize",
    // Tables of lines that `image_line` reads.
    "-gdwarf-4", "-gline-tables-only", "-fno-color-diagnostics", "-w", NULL,
};

/// So that every load and store is reported by a call, even next to another one of the same address.
static const char *const options_to_report[] = {
    "-fsanitize=kernel-address", "-mllvm", "-asan-instrumentation-with-call-threshold=0",
    "-mllvm", "-asan-opt-same-temp=0", "-mllvm", "-asan-stack=0", "-mllvm", "-asan-globals=0",
    "-mllvm", "-asan-kernel-mem-intrinsic-prefix=1", NULL,
};

/// What lies behind a kernel's text: the image's part of the interface. The text itself comes along for messages. Takes
/// the file of the text, and the entry point's name.
static const char trailer[] =
    "\n#line 1 \"trailer\"\n"
    "__asm__(\".pushsection .rodata\\n.hidden emulated_text\\n.globl emulated_text\\n\"\n"
    "        \"emulated_text:\\n.incbin \\\"%1$s\\\"\\n.byte 0\\n.popsection\\n\");\n"
    "extern \"C\" __attribute__((visibility(\"hidden\")))\n"
    "const char emulated_text[], __ehdr_start, _end;\n"
    "emulated_interface emulated = {\n"
    "    sizeof(emulated_interface), \"%2$s\", emulated_text, &__ehdr_start, &_end,\n"
    "    [](void **parameters) { emulated_enter(%2$s, parameters); }, emulated_count(%2$s),\n"
    "    [](void **parameters, int index) { return emulated_pointer(%2$s, parameters, index); }};\n";

static emulator_output __attribute__((format(printf, 1, 2))) failure(const char *format, ...) {
  emulator_output result = {0};
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&result.message, format, arguments) < 0) abort();
  va_end(arguments);
  return result;
}

void emulator_free(emulator_output output) {
  free(output.bytes);
  free(output.message);
}

/// The bytes of a file, with a zero behind them; null if it cannot be read.
static uint8_t *contents(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  size_t capacity = 1 << 16;
  uint8_t *bytes = malloc(capacity);
  for (*count = 0; bytes;) {
    const size_t read = fread(bytes + *count, 1, capacity - 1 - *count, file);
    if (read == 0) break;
    *count += read;
    if (*count == capacity - 1) bytes = realloc(bytes, capacity *= 2);
  }
  fclose(file);
  if (bytes) bytes[*count] = 0;
  return bytes;
}

/// A directory of its own with the files of one compilation.
typedef struct {
  char *directory, *source, *text, *image, *output;
} workplace;

static char *__attribute__((format(printf, 1, 2))) formatted(const char *format, ...) {
  char *result;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&result, format, arguments) < 0) abort();
  va_end(arguments);
  return result;
}

static bool enter(workplace *place) {
  const char *parent = getenv("TMPDIR");
  place->directory = formatted("%s/kernel-XXXXXX", parent && *parent ? parent : "/tmp");
  if (!mkdtemp(place->directory)) {
    free(place->directory);
    return false;
  }
  place->source = formatted("%s/kernel.cpp", place->directory);
  place->text = formatted("%s/kernel.txt", place->directory);
  place->image = formatted("%s/kernel.so", place->directory);
  place->output = formatted("%s/output.txt", place->directory);
  return true;
}

static void leave(workplace *place) {
  char *const files[] = {place->source, place->text, place->image, place->output};
  for (int i = 0; i < 4; i++) {
    unlink(files[i]);
    free(files[i]);
  }
  rmdir(place->directory);
  free(place->directory);
}

/// Runs the first of clang++ and clang on PATH with arguments of which it is to become the first, and waits for it. Its
/// output goes into the file. Whether it was found; its exit status, or -1 if it ended by a signal.
static bool run_compiler(const char *arguments[], const char *output, int *status) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  static const char *const compilers[] = {"clang++", "clang"};
  pid_t process;
  bool is_running = false;
  for (int i = 0; i < 2 && !is_running; i++) {
    arguments[0] = compilers[i];
    is_running =
        posix_spawnp(&process, compilers[i], &actions, NULL, (char **)arguments, environ) == 0;
  }
  posix_spawn_file_actions_destroy(&actions);
  if (!is_running) return false;
  int ended;
  while (waitpid(process, &ended, 0) < 0)
    if (errno != EINTR) return *status = -1, true;
  *status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  return true;
}

static int append(const char *arguments[], int count, const char *const more[]) {
  while (*more) arguments[count++] = *more++;
  arguments[count] = NULL;
  return count;
}

/// The contents of `made`, if the compiler succeeds.
static emulator_output compiled(const workplace *place, const char *arguments[], const char *made) {
  int status;
  if (!run_compiler(arguments, place->output, &status)) {
    emulator_output result = failure("neither clang++ nor clang is on PATH");
    result.has_no_compiler = true;
    return result;
  }
  emulator_output result = {0};
  if (status == 0) result.bytes = contents(made, &result.count);
  if (result.bytes) return result;
  size_t length;
  uint8_t *output = contents(place->output, &length);
  result = failure(
      "%s ended with status %d\n%s", arguments[0], status, output ? (char *)output : "");
  free(output);
  return result;
}

static bool write_sources(const workplace *place, const char *text, size_t count, const char *name) {
  FILE *source = fopen(place->source, "wb"), *copy = fopen(place->text, "wb");
  bool is_written = source && copy;
  if (is_written) {
    fprintf(source, "#line 1 \"%s\"\n", name);
    fwrite(text, 1, count, source);
    fprintf(source, trailer, place->text, name);
    fwrite(text, 1, count, copy);
    is_written = !ferror(source) && !ferror(copy);
  }
  if (source) is_written = fclose(source) == 0 && is_written;
  if (copy) is_written = fclose(copy) == 0 && is_written;
  return is_written;
}

emulator_output emulator_compile(
    const char *text, size_t count, const char *name, bool reports_accesses) {
  workplace place;
  if (!enter(&place)) return failure("no directory could be made in TMPDIR: %s", strerror(errno));
  const char *arguments[most_arguments];
  int used = append(arguments, 1, options);
  if (reports_accesses) used = append(arguments, used, options_to_report);
  append(arguments, used, (const char *const[]){"-o", place.image, place.source, NULL});
  emulator_output result = write_sources(&place, text, count, name)
                               ? compiled(&place, arguments, place.image)
                               : failure("the text could not be written to %s", place.directory);
  leave(&place);
  return result;
}

emulator_output emulator_compiler_identity(bool reports_accesses) {
  workplace place;
  if (!enter(&place)) return failure("no directory could be made in TMPDIR: %s", strerror(errno));
  const char *arguments[] = {NULL, "--version", NULL};
  emulator_output version = compiled(&place, arguments, place.output);
  leave(&place);
  if (!version.bytes) return version;
  char *words = formatted("%.*s", (int)strcspn((char *)version.bytes, "\n"), (char *)version.bytes);
  for (int set = 0; set <= reports_accesses; set++)
    for (const char *const *option = set ? options_to_report : options; *option; option++) {
      char *longer = formatted("%s %s", words, *option);
      free(words);
      words = longer;
    }
  emulator_free(version);
  emulator_output result = {0};
  result.bytes = (uint8_t *)formatted("%s\n%s", words, trailer);
  result.count = strlen((char *)result.bytes);
  free(words);
  return result;
}
