// Kernel matrix of a fold, computed from the matrix that all folds share, and rows of a kernel.
//
// S is the set of features that the fold scales differently, W = diag(a^2 - 1) for their factors a.
// If S is not empty, `out` holds the products x_S' W z_S on entry. A linear kernel adds them to the
// shared inner products. An RBF kernel is exp(-gamma d), with d the shared squared distance plus
// (x - z)_S' W (x - z)_S.

extern "C" __global__ void write_kernel(
    const float* matrix,   // (count, count)
    float* out,            // (count, count)
    const float* norms,    // (count,) x_S' W x_S; not read if S is empty
    long long count,
    int changes,           // whether S is not empty
    float gamma)           // 0: a linear kernel
{
    const long long row = blockIdx.x * count;  // one block per row
    const float norm = changes ? norms[blockIdx.x] : 0.0f;
    for (long long t = threadIdx.x; t < count; t += blockDim.x) {
        float value = matrix[row + t];
        if (gamma > 0.0f) {
            if (changes) value += norm + norms[t] - 2.0f * out[row + t];
            value = expf(-gamma * fmaxf(value, 0.0f));
        } else {
            value += out[row + t];
        }
        out[row + t] = value;
    }
}

#ifdef REAL  // float or double
extern "C" __global__ void gather_rows(
    const float* kernel,   // (count, count)
    const long long* rows, // one per block
    REAL* out,             // (rows, count)
    long long count)
{
    const float* row = kernel + rows[blockIdx.x] * count;
    REAL* into = out + blockIdx.x * count;
    for (long long t = threadIdx.x; t < count; t += blockDim.x) into[t] = row[t];
}
#endif
