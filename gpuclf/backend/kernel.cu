// A fold's own kernel, written out from the matrix that all folds share, and rows of a kernel.
//
// `out` holds the products x_S W x'_S of the features that the fold scales otherwise, if there are
// any. A linear kernel adds them to the shared inner products; an RBF kernel is the exponential of
// the shared squared distances plus their change, (x - x')_S W (x - x')_S.

extern "C" __global__ void write_kernel(
    const float* matrix,   // (count, count)
    float* out,            // (count, count)
    const float* norms,    // (count,) x_S W x_S; not read without changes
    long long count,
    int changes,
    float gamma)           // 0: a linear kernel
{
    const long long row = blockIdx.x * count;  // a block writes a row
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
