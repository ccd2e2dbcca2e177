// For builds under ThreadSanitizer, which knows threads, mutexes and condition variables by their
// POSIX names only: those of C11, which librdkafka uses, are made of them here. Without this a
// thread that librdkafka starts is none to the sanitizer, and crashes in it.
//
// The layouts are glibc's, where the one kind of object is the other.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <memory>

static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t) && sizeof(cnd_t) >= sizeof(pthread_cond_t));

namespace {

struct Start {
  thrd_start_t function;
  void* argument;
};

extern "C" void* run(void* raw) {
  const std::unique_ptr<Start> start(static_cast<Start*>(raw));
  const Start own = *start;
  return reinterpret_cast<void*>(static_cast<intptr_t>(own.function(own.argument)));
}

pthread_mutex_t* posix(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
pthread_cond_t* posix(cnd_t* condition) { return reinterpret_cast<pthread_cond_t*>(condition); }

int outcome(int error) {
  switch (error) {
    case 0: return thrd_success;
    case ENOMEM: return thrd_nomem;
    case ETIMEDOUT: return thrd_timedout;
    case EBUSY: return thrd_busy;
    default: return thrd_error;
  }
}

}  // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  auto start = std::make_unique<Start>(Start{function, argument});
  const int error = pthread_create(thread, nullptr, run, start.get());
  if (error == 0) static_cast<void>(start.release());  // the thread's now
  return outcome(error);
}

int thrd_join(thrd_t thread, int* result) {
  void* returned = nullptr;
  const int error = pthread_join(thread, &returned);
  if (result != nullptr) *result = static_cast<int>(reinterpret_cast<intptr_t>(returned));
  return outcome(error);
}

int mtx_init(mtx_t* mutex, int type) noexcept {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if ((type & mtx_recursive) != 0) {
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  }
  const int error = pthread_mutex_init(posix(mutex), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return outcome(error);
}
int mtx_lock(mtx_t* mutex) { return outcome(pthread_mutex_lock(posix(mutex))); }
int mtx_unlock(mtx_t* mutex) noexcept { return outcome(pthread_mutex_unlock(posix(mutex))); }
void mtx_destroy(mtx_t* mutex) noexcept { pthread_mutex_destroy(posix(mutex)); }

int cnd_init(cnd_t* condition) noexcept {
  return outcome(pthread_cond_init(posix(condition), nullptr));
}
int cnd_signal(cnd_t* condition) noexcept { return outcome(pthread_cond_signal(posix(condition))); }
int cnd_broadcast(cnd_t* condition) noexcept {
  return outcome(pthread_cond_broadcast(posix(condition)));
}
int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return outcome(pthread_cond_wait(posix(condition), posix(mutex)));
}
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  return outcome(pthread_cond_timedwait(posix(condition), posix(mutex), until));
}
void cnd_destroy(cnd_t* condition) noexcept { pthread_cond_destroy(posix(condition)); }

}  // extern "C"

// librdkafka itself is not compiled for the sanitizer, which would not see that its atomic counters
// order what it does with its memory, nor that its read-write locks order the making of a mutex and
// its use.
extern "C" const char* __tsan_default_suppressions() {  // NOLINT: the sanitizer's name
  return "called_from_lib:librdkafka.so.1\nrace:^mtx_lock$\n";
}
