// What a CUDA kernel finds on a device, for a C++ compiler: see emulated.py.
#include <barrier>
#include <cmath>
#include <cstring>
#include <thread>
#include <vector>

struct Index { unsigned x, y = 0, z = 0; };
static thread_local Index threadIdx{0}, blockIdx{0};
static Index blockDim{1}, gridDim{1};
static std::barrier<>* meeting = nullptr;

#define __global__
#define __device__
#define __restrict__
#define __shared__
float shared[1 << 16];  // what a launch gives each block, whatever its size; blocks run one by one
#define __syncthreads() meeting->arrive_and_wait()

inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline float __int_as_float(int bits) { float x; std::memcpy(&x, &bits, sizeof x); return x; }

template <class Kernel>
void emulate(unsigned grid, unsigned block, Kernel kernel) {
    gridDim.x = grid;
    blockDim.x = block;
    for (unsigned b = 0; b < grid; ++b) {
        std::barrier<> all(block);
        meeting = &all;
        std::vector<std::thread> threads;
        for (unsigned t = 0; t < block; ++t)
            threads.emplace_back([=, &all] {
                blockIdx.x = b;
                threadIdx.x = t;
                kernel();
                all.arrive_and_drop();  // who returns early is waited for by nobody
            });
        for (auto& thread : threads) thread.join();
    }
}
