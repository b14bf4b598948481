// Execution of a CUDA kernel's blocks, one after the other, with every access to memory checked.
//
// A block's threads are coroutines that take turns: each runs until it waits for its warp or its
// block. The order of turns changes from round to round, so that a missing barrier shows.
//
// The kernel is compiled with the instrumentation of ThreadSanitizer and parts of
// UndefinedBehaviorSanitizer, whose functions (__tsan_*, __ubsan_*) are defined here. A launch ends
// at the first fault.
#include "emulated.hpp"
#include <cstdio>
#include <dlfcn.h>
#include <ucontext.h>
#include <unordered_map>
#include <vector>

GIVEN Index threadIdx{0}, blockIdx{0}, blockDim{1}, gridDim{1};

struct Barrier {
    unsigned size, waiting = 0, passed = 0;
    void leave() { --size; open(); }
    void open() { if (size && waiting == size) { waiting = 0; ++passed; } }
};
struct Warp { Barrier meeting, order; };  // of intrinsics, and of __syncwarp
struct Thread { ucontext_t context; std::vector<char> stack; bool ended; double slot; };

static std::vector<Thread> threads;
static std::vector<Warp> warps;
static Barrier block{0};
static ucontext_t scheduler;
static void (*entry)();
static bool running = false, moved = false;  // a kernel; a thread since the last round
static char fault[400];                      // empty: none so far

// End the launch.
[[noreturn]] static void fail(const char* what, size_t size, uintptr_t at, const void* code) {
    Dl_info library;
    dladdr((void*)&fault, &library);
    std::snprintf(
        fault, sizeof fault, "+0x%zx: block %u, thread %u: %s: %zu bytes at 0x%zx",
        (size_t)((const char*)code - (const char*)library.dli_fbase), blockIdx.x, threadIdx.x, what, size, (size_t)at);
    setcontext(&scheduler);
    __builtin_unreachable();
}

static void wait_for(Barrier& barrier) {
    const unsigned before = barrier.passed;
    ++barrier.waiting;
    barrier.open();
    while (barrier.passed == before) swapcontext(&threads[threadIdx.x].context, &scheduler);
    moved = true;
}
static Warp& own_warp() { return warps[threadIdx.x / 32]; }
void __syncthreads() { wait_for(block); }
void __syncwarp(unsigned) { wait_for(own_warp().order); }
void wait_for_warp() { wait_for(own_warp().meeting); }
void publish(double value) { threads[threadIdx.x].slot = value; }
double published(unsigned lane) { return threads[threadIdx.x / 32 * 32 + lane].slot; }

// Memory. What is unwritten has a value that no computation yields.
static std::vector<Range> arrays;
static std::vector<double> dynamic;
static size_t dynamic_bytes;
constexpr int UNWRITTEN = 0xfe;
__shared__ char some_shared __attribute__((used));  // so that there is such a section
extern char __start_given, __stop_given, __start_block_shared, __stop_block_shared;  // of the linker
static Range range_of(const void* begin, const void* end) { return {(uintptr_t)begin, (uintptr_t)end}; }
static Range shared_range() { return range_of(dynamic.data(), (char*)dynamic.data() + dynamic_bytes); }
static Range static_range() { return range_of(&__start_block_shared, &__stop_block_shared); }
void* dynamic_shared() { return dynamic.data(); }

static bool is_unwritten(uintptr_t at, size_t size) {
    for (size_t i = 0; i < size; ++i) if (((const unsigned char*)at)[i] != UNWRITTEN) return false;
    return true;
}

// Two accesses to a word by different threads, one of them a write, need a barrier between them.
struct Moment {  // numbers of the barriers of the block and of the warp that were passed
    unsigned block, epoch, order;
    bool operator==(const Moment&) const = default;
};
struct Reads { Moment last; unsigned lanes; };  // by a warp
struct Word {
    bool written = false, read_elsewhere = false;  // by a block that ran before
    Moment write;
    unsigned writer;
    std::vector<Reads> reads;  // per warp
};
static std::unordered_map<uintptr_t, Word> words;

static bool barrier_since(const Moment& past, unsigned warp, const Moment& now) {
    if (past.block != now.block) return false;
    return past.epoch != now.epoch || (warp == threadIdx.x / 32 && past.order != now.order);
}

static bool races(Word& word, bool writes) {
    const Moment now{blockIdx.x, block.passed, own_warp().order.passed};
    const unsigned warp = threadIdx.x / 32, lane = 1u << threadIdx.x % 32;
    const bool own = word.written && word.writer == threadIdx.x && word.write.block == now.block;
    if (word.written && !own && !barrier_since(word.write, word.writer / 32, now)) return true;
    word.reads.resize(warps.size(), {});
    if (!writes) {
        Reads& mine = word.reads[warp];
        word.read_elsewhere |= mine.lanes && mine.last.block != now.block;
        if (mine.last != now) mine = {now, 0};
        mine.lanes |= lane;
        return false;
    }
    if (word.read_elsewhere) return true;
    for (unsigned w = 0; w < warps.size(); ++w) {
        const Reads& reads = word.reads[w];
        const bool others = reads.lanes & ~(w == warp && reads.last.block == now.block ? lane : 0);
        if (others && !barrier_since(reads.last, w, now)) return true;
    }
    word.written = true;
    word.write = now;
    word.writer = threadIdx.x;
    return false;
}

static bool accessible(uintptr_t at, size_t size) {
    if (shared_range().has(at, size) || static_range().has(at, size)) return true;
    for (const Range& array : arrays) if (array.has(at, size)) return true;
    return false;
}

static void check(const void* address, size_t size, size_t alignment, bool writes, const void* code) {
    const auto at = (uintptr_t)address;
    if (!running || range_of(&__start_given, &__stop_given).has(at, size)) return;
    const auto& stack = threads[threadIdx.x].stack;
    const bool local = range_of(stack.data(), stack.data() + stack.size()).has(at, size);
    if (!local && !accessible(at, size))
        fail(writes ? "write outside of all arrays" : "read outside of all arrays", size, at, code);
    if (at % alignment) fail("misaligned access", size, at, code);
    if (!writes && size >= 4 && is_unwritten(at, size)) fail("read of unwritten memory", size, at, code);
    if (local) return;
    const size_t step = size < 4 ? size : 4;
    for (uintptr_t word = at; word < at + size; word += step)
        if (races(words[word], writes)) fail("access without a barrier after another thread's", size, at, code);
}

int atomicAdd(int* sum, int x) {  // in any order: never a race
    if (!accessible((uintptr_t)sum, sizeof x))
        fail("atomic access outside of all arrays", sizeof x, (uintptr_t)sum, __builtin_return_address(0));
    const int before = *sum;
    *sum += x;
    return before;
}

#define CODE __builtin_return_address(0)
extern "C" {
#define ACCESS(n) \
    void __tsan_read##n(void* at) { check(at, n, n, false, CODE); } \
    void __tsan_write##n(void* at) { check(at, n, n, true, CODE); } \
    void __tsan_unaligned_read##n(void* at) { check(at, n, 1, false, CODE); } \
    void __tsan_unaligned_write##n(void* at) { check(at, n, 1, true, CODE); }
ACCESS(1) ACCESS(2) ACCESS(4) ACCESS(8) ACCESS(16)
void __tsan_read_range(void* at, size_t size) { check(at, size, 1, false, CODE); }
void __tsan_write_range(void* at, size_t size) { check(at, size, 1, true, CODE); }
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
#define UNDEFINED(name, what) \
    void __ubsan_handle_##name(void*, uintptr_t value) { fail(what, 0, value, CODE); }
UNDEFINED(out_of_bounds, "index outside of an array")
UNDEFINED(add_overflow, "integer overflow")
UNDEFINED(sub_overflow, "integer overflow")
UNDEFINED(mul_overflow, "integer overflow")
UNDEFINED(negate_overflow, "integer overflow")
UNDEFINED(divrem_overflow, "integer division by zero")
UNDEFINED(shift_out_of_bounds, "shift by more than the bits of a number")
}

static void run_thread() {
    entry();
    threads[threadIdx.x].ended = moved = true;
    own_warp().meeting.leave();
    own_warp().order.leave();
    block.leave();
    swapcontext(&threads[threadIdx.x].context, &scheduler);
}

static void start_block(unsigned index, unsigned size) {
    blockIdx.x = index;
    block = Barrier{size};
    warps.clear();
    for (unsigned first = 0; first < size; first += 32) {
        const Barrier all{min(32u, size - first)};
        warps.push_back({all, all});
    }
    for (const Range& own : {shared_range(), static_range()}) {
        std::memset((void*)own.begin, UNWRITTEN, own.end - own.begin);
        for (uintptr_t word = own.begin; word < own.end; ++word) words.erase(word);
    }
    for (auto& thread : threads) {
        getcontext(&thread.context);
        thread.stack.resize(1 << 16);
        thread.ended = false;
        thread.context.uc_stack.ss_sp = thread.stack.data();
        thread.context.uc_stack.ss_size = thread.stack.size();
        thread.context.uc_link = nullptr;
        makecontext(&thread.context, run_thread, 0);
    }
}

static void run_block(unsigned size, unsigned turn) {
    for (unsigned left = size; left;) {
        ++turn;
        left = 0;
        moved = false;
        for (unsigned n = 0; n < size; ++n) {
            const unsigned t = turn % 3 == 0 ? n : turn % 3 == 1 ? size - 1 - n : (n + turn) % size;
            if (threads[t].ended) continue;
            threadIdx.x = t;
            running = true;
            swapcontext(&scheduler, &threads[t].context);
            running = false;
            if (*fault) return;
            left += !threads[t].ended;
        }
        if (left && !moved) {
            std::snprintf(fault, sizeof fault, "block %u: threads wait at different barriers", blockIdx.x);
            return;
        }
    }
}

const char* emulate(
    unsigned grid, unsigned size, size_t shared, const Range* memory, size_t count, void (*kernel)())
{
    gridDim.x = grid;
    blockDim.x = size;
    entry = kernel;
    threads = std::vector<Thread>(size);
    arrays.assign(memory, memory + count);
    dynamic.assign(shared / sizeof(double) + 1, 0.0);
    dynamic_bytes = shared;
    words.clear();
    *fault = 0;
    for (unsigned b = 0; b < grid && !*fault; ++b) {
        start_block(b, size);
        run_block(size, b);
    }
    return fault;
}
