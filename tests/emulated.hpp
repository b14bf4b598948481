// What a CUDA kernel finds on a device, for a C++ compiler: see emulated.py.
//
// A block's threads are coroutines that take turns: each runs until it waits for its warp or its
// block. The order of turns changes from round to round, so that a missing barrier shows.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ucontext.h>
#include <vector>

struct Index { unsigned x, y = 0, z = 0; };
static Index threadIdx{0}, blockIdx{0}, blockDim{1}, gridDim{1};

#define __global__
#define __device__
#define __launch_bounds__(...)
#define __shared__ static
double shared[1 << 15];  // what a launch gives each block, whatever its size; blocks run one by one

using std::fabs, std::fmax, std::fmin;
template <class T> T max(T a, T b) { return a < b ? b : a; }
template <class T> T min(T a, T b) { return b < a ? b : a; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline float __fdividef(float a, float b) { return a / b; }
inline float exp2f(float x) { return std::exp2(x); }
inline float fmaf(float a, float b, float c) { return std::fma(a, b, c); }
inline double __longlong_as_double(long long bits) { double x; std::memcpy(&x, &bits, sizeof x); return x; }
inline int atomicAdd(int* sum, int x) { const int before = *sum; *sum += x; return before; }
inline int __ffs(unsigned x) { return __builtin_ffs(x); }
template <class To, class From> To same_bits(From from) { To to; std::memcpy(&to, &from, sizeof to); return to; }
inline float __int_as_float(int bits) { return same_bits<float>(bits); }
inline float __uint_as_float(unsigned bits) { return same_bits<float>(bits); }
inline unsigned __float_as_uint(float x) { return same_bits<unsigned>(x); }

struct Barrier {
    unsigned size, waiting = 0, passed = 0;
    void leave() { --size; open(); }
    void open() { if (size && waiting == size) { waiting = 0; ++passed; } }
};
struct Thread { ucontext_t context; std::vector<char> stack; bool ended = false; double slot; };
static std::vector<Thread> threads;
static std::vector<Barrier> warps;
static Barrier block{0};
static ucontext_t scheduler;
static void (*entry)();

static void wait_for(Barrier& barrier) {
    const unsigned before = barrier.passed;
    ++barrier.waiting;
    barrier.open();
    while (barrier.passed == before) swapcontext(&threads[threadIdx.x].context, &scheduler);
}
static Barrier& own_warp() { return warps[threadIdx.x / 32]; }
#define __syncthreads() wait_for(block)

// Publish a value within the warp, look at the others', and go on together.
template <class T, class Look> auto across(T mine, Look look) {
    static_assert(sizeof(T) <= sizeof(double));
    std::memcpy(&threads[threadIdx.x].slot, &mine, sizeof mine);
    wait_for(own_warp());
    const unsigned first = threadIdx.x / 32 * 32;
    auto of = [&](unsigned lane) { T theirs; std::memcpy(&theirs, &threads[first + lane].slot, sizeof theirs); return theirs; };
    const auto found = look(of);
    wait_for(own_warp());
    return found;
}
template <class T> T __shfl_sync(unsigned, T x, int lane) {
    return across(x, [&](auto of) { return of(lane); });
}
template <class T> T __shfl_xor_sync(unsigned, T x, int bits) {
    const unsigned lane = threadIdx.x % 32 ^ bits;
    return across(x, [&](auto of) { return of(lane); });
}
inline unsigned __reduce_max_sync(unsigned, unsigned x) {
    return across(x, [](auto of) { unsigned all = of(0); for (int l = 1; l < 32; ++l) all = max(all, of(l)); return all; });
}
inline unsigned __reduce_min_sync(unsigned, unsigned x) {
    return across(x, [](auto of) { unsigned all = of(0); for (int l = 1; l < 32; ++l) all = min(all, of(l)); return all; });
}
inline unsigned __ballot_sync(unsigned, bool x) {
    return across(x, [](auto of) { unsigned all = 0; for (int l = 0; l < 32; ++l) all |= unsigned(of(l)) << l; return all; });
}

static void run_thread() {
    entry();
    threads[threadIdx.x].ended = true;
    own_warp().leave();
    block.leave();
    swapcontext(&threads[threadIdx.x].context, &scheduler);
}

static void emulate(unsigned grid, unsigned size, void (*kernel)()) {
    gridDim.x = grid;
    blockDim.x = size;
    entry = kernel;
    threads = std::vector<Thread>(size);
    for (unsigned b = 0; b < grid; ++b) {
        blockIdx.x = b;
        block = Barrier{size};
        warps.assign((size + 31) / 32, Barrier{32});
        if (size % 32) warps.back().size = size % 32;
        for (auto& thread : threads) {
            getcontext(&thread.context);
            thread.stack.resize(1 << 16);
            thread.ended = false;
            thread.context.uc_stack.ss_sp = thread.stack.data();
            thread.context.uc_stack.ss_size = thread.stack.size();
            thread.context.uc_link = nullptr;
            makecontext(&thread.context, run_thread, 0);
        }
        unsigned turn = b;
        for (unsigned left = size; left;) {
            ++turn;
            left = 0;
            for (unsigned n = 0; n < size; ++n) {
                const unsigned t = turn % 3 == 0 ? n : turn % 3 == 1 ? size - 1 - n : (n + turn) % size;
                if (threads[t].ended) continue;
                threadIdx.x = t;
                swapcontext(&scheduler, &threads[t].context);
                left += !threads[t].ended;
            }
        }
    }
}
