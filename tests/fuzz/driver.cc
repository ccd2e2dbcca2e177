// Runs a fuzz target without a fuzzer: TARGET CORPUS-FOLDER|FILE [ITERATIONS] [--seed N].
// See README.md.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "mutate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

// Of the sanitizers, where they are linked in: called before they end the process.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

namespace fs = std::filesystem;

constexpr unsigned kSecondsPerInput = 10;
constexpr size_t kMaxSize = 64 * 1024;

// The input in hand, for the signal handler; it can be reached in no other way.
const std::string* current = nullptr;
char crash_file[4096];

// Writes the input in hand to the crash file. Not async-signal-safe in the letter: the process is
// lost anyway, and a second signal ends it.
void save_input() {
  if (current == nullptr) return;
  std::FILE* file = std::fopen(crash_file, "wb");
  if (file == nullptr) return;
  std::fwrite(current->data(), 1, current->size(), file);
  std::fclose(file);
  std::fprintf(stderr, "\nthe input is in %s\n", crash_file);
}

void on_signal(int number) {
  const char* what = number == SIGALRM ? "the target hangs" : "the target crashed";
  std::fprintf(stderr, "\n%s (signal %d)\n", what, number);
  save_input();
  ::signal(number == SIGALRM ? SIGABRT : number, SIG_DFL);
  ::raise(number == SIGALRM ? SIGABRT : number);
}

void run(const std::string& input) {
  current = &input;
  ::alarm(kSecondsPerInput);
  // A copy without anything behind it, so that a sanitizer sees the first byte too many.
  std::vector<uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  ::alarm(0);
  current = nullptr;
}

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int usage(const char* program) {
  std::fprintf(stderr, "usage: %s CORPUS-FOLDER|FILE [ITERATIONS] [--seed N]\n", program);
  return 2;
}

}  // namespace

// Called by UndefinedBehaviorSanitizer, where it is linked in, for what it reports.
extern "C" void __ubsan_on_report();
extern "C" void __ubsan_on_report() { save_input(); }

int main(int argc, char** argv) {
  std::string corpus;
  unsigned long long iterations = 0;
  unsigned long long seed = 1;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (corpus.empty()) {
      corpus = argv[i];
    } else {
      iterations = std::strtoull(argv[i], nullptr, 10);
    }
  }
  if (!fs::exists(corpus)) return usage(argv[0]);

  const std::string name = fs::path(argv[0]).filename().string() + ".crash";
  std::snprintf(crash_file, sizeof crash_file, "%s", fs::absolute(name).c_str());
  for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGALRM}) {
    // A sanitizer has its own handlers, which tell more; it calls back before it ends.
    if (__sanitizer_set_death_callback == nullptr || number == SIGALRM || number == SIGABRT) {
      ::signal(number, on_signal);
    }
  }
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(save_input);

  std::vector<fs::path> paths;
  if (fs::is_directory(corpus)) {
    for (const auto& entry : fs::recursive_directory_iterator(corpus)) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());  // the order of a folder is not reproducible
  } else {
    paths.push_back(corpus);
  }
  std::vector<std::string> examples;
  for (const fs::path& path : paths) examples.push_back(content(path));
  if (examples.empty()) return usage(argv[0]);

  for (const std::string& example : examples) run(example);
  std::mt19937_64 random(seed);
  for (unsigned long long i = 0; i < iterations; ++i) {
    run(streamhost::testing::mutate(examples, kMaxSize, random));
  }
  std::printf("%zu examples and %llu mutations (seed %llu): no crash, no hang\n", examples.size(),
              iterations, seed);
  return 0;
}
