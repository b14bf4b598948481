// What a CUDA kernel finds on a device, for a C++ compiler: see emulated.py.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#define GIVEN __attribute__((section("given")))  // read by a kernel, set before it starts
struct Index { unsigned x, y = 0, z = 0; };
extern Index threadIdx, blockIdx, blockDim, gridDim;

#define __global__
#define __device__
#define __launch_bounds__(...)
#define __shared__ static __attribute__((section("block_shared")))
void* dynamic_shared();

struct Range {  // of addresses
    uintptr_t begin, end;
    bool has(uintptr_t at, size_t size) const { return begin <= at && at + size <= end; }
};
// Run a kernel that may access arrays; return its first fault, an empty text if there is none.
const char* emulate(
    unsigned grid, unsigned size, size_t shared, const Range* arrays, size_t count, void (*kernel)());

int atomicAdd(int* sum, int x);
void __syncthreads();
void __syncwarp(unsigned mask = ~0u);
void publish(double value);          // to the own warp
double published(unsigned lane);     // by another thread of the warp
void wait_for_warp();                // without ordering accesses to memory

using std::fabs, std::fmax, std::fmin;
template <class T> T max(T a, T b) { return a < b ? b : a; }
template <class T> T min(T a, T b) { return b < a ? b : a; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline float __fdividef(float a, float b) { return a / b; }
inline float exp2f(float x) { return std::exp2(x); }
inline float fmaf(float a, float b, float c) { return std::fma(a, b, c); }
inline double __longlong_as_double(long long bits) { double x; std::memcpy(&x, &bits, sizeof x); return x; }
inline int __ffs(unsigned x) { return __builtin_ffs(x); }
template <class To, class From> To same_bits(From from) { To to; std::memcpy(&to, &from, sizeof to); return to; }
inline float __int_as_float(int bits) { return same_bits<float>(bits); }
inline float __uint_as_float(unsigned bits) { return same_bits<float>(bits); }
inline unsigned __float_as_uint(float x) { return same_bits<unsigned>(x); }

// Publish a value within the warp, look at the others', and go on together.
template <class T, class Look> auto across(T mine, Look look) {
    static_assert(sizeof(T) <= sizeof(double));
    double slot = 0.0;
    std::memcpy(&slot, &mine, sizeof mine);
    publish(slot);
    wait_for_warp();
    auto of = [](unsigned lane) { const double slot = published(lane); T theirs; std::memcpy(&theirs, &slot, sizeof theirs); return theirs; };
    const auto found = look(of);
    wait_for_warp();
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
