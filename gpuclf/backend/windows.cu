// Statistics of windows over frames on the GPU; windows.py computes the same on the CPU.
//
// One thread per window and feature; it processes frames in temporal order. Adjacent threads read
// adjacent features, so that memory access is coalesced. Products and sums are rounded separately
// (no fused multiply-add): results are bitwise identical to the CPU's.

__device__ inline double value(float x, int rectify) { return rectify ? fabsf(x) : x; }

extern "C" __global__ void reduce_windows(
    const float* frames,       // (rows, n)
    const long long* bounds,   // (windows, 2): first frame, last frame + 1
    long long count,           // windows * n
    long long n,
    int rectify, int with_squares, int with_extremes,
    double* sums,              // (windows, n), as the other outputs, which may be null
    double* squares,
    float* low,
    float* high)
{
    const long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= count) return;
    const float* column = frames + i % n;
    const long long first = bounds[2 * (i / n)], last = bounds[2 * (i / n) + 1];

    double sum = 0.0;
    for (long long t = first; t < last; ++t) sum = __dadd_rn(sum, value(column[t * n], rectify));
    sums[i] = sum;

    if (with_squares) {
        const double mean = sum / (double)(last > first ? last - first : 1);
        double square = 0.0;
        for (long long t = first; t < last; ++t) {
            const double deviation = value(column[t * n], rectify) - mean;
            square = __dadd_rn(square, __dmul_rn(deviation, deviation));
        }
        squares[i] = square;
    }

    if (with_extremes) {
        float least = __int_as_float(0x7f800000), most = -least;  // infinite
        for (long long t = first; t < last; ++t) {
            const float x = (float)value(column[t * n], rectify);
            least = fminf(least, x);
            most = fmaxf(most, x);
        }
        low[i] = least;
        high[i] = most;
    }
}
