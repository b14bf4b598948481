// Kernel matrices of folds, computed from the matrix that all folds share, and the matrix in another
// order of the vectors.
//
// S is the set of features that a fold scales differently, W = diag(a^2 - 1) for their factors a. The
// products x_S' W z_S are added to the shared inner products of a linear kernel. An RBF kernel is
// exp2(-rate d), d the shared squared distance plus (x - z)_S' W (x - z)_S. Products are sums of fused
// multiplications and additions in the order of S, so that the distance of a vector from itself is 0.

struct Fold {
    const int* columns;    // (changes,) S, as rows of the features
    const float* weights;  // (changes,) diagonal of W
    float* norms;          // (vectors,) x_S' W x_S of every vector; unused for a linear kernel
    float* kernel;         // (vectors, vectors) output
    int changes;           // number of features in S
    float rate;            // gamma log2(e); 0: a linear kernel
};

extern "C" __global__ void weigh_norms(
    const Fold* folds,      // blocks of all vectors for the first fold, then for the next
    const float* features,  // (n, vectors)
    long long vectors)
{
    const int blocks = (int)((vectors + blockDim.x - 1) / blockDim.x);
    const Fold fold = folds[blockIdx.x / blocks];
    const long long vector = blockIdx.x % blocks * (long long)blockDim.x + threadIdx.x;
    if (vector >= vectors) return;
    float norm = 0.0f;
    for (int c = 0; c < fold.changes; ++c) {
        const float x = features[fold.columns[c] * vectors + vector];
        norm = fmaf(fold.weights[c] * x, x, norm);
    }
    fold.norms[vector] = norm;
}

// One block computes TILE x TILE values above the diagonal and writes them below it, too. Each of 256
// threads sums 8 x 8 products: 4 + 4 rows of the tile, TILE / 2 apart, times as many columns.
constexpr int TILE = 128, STEP = 8, STRIP = 32, SIDE = 4;

// Return the row or column of a tile to which a thread's i-th row or column belongs.
__device__ inline int place(int thread, int i)
{
    return i / SIDE * (TILE / 2) + thread * SIDE + i % SIDE;
}

extern "C" __global__ void __launch_bounds__(256, 2) write_kernels(
    const float* matrix,    // (vectors, vectors)
    const float* features,  // (n, vectors)
    const Fold* folds,      // adjacent blocks compute the same tile of different folds
    int count,              // number of folds
    long long vectors)
{
    __shared__ float left[2][STEP][TILE], right[2][STEP][TILE], strip[STRIP][TILE + 1];
    const int tiles = (int)((vectors + TILE - 1) / TILE), tile = blockIdx.x / count;
    const int first_row = tile / tiles * TILE, first_column = tile % tiles * TILE;
    if (first_column < first_row) return;
    __shared__ Fold fold;  // not in registers, which the sums need
    if (threadIdx.x == 0) fold = folds[blockIdx.x % count];
    __syncthreads();
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int down = threadIdx.x / 16, along = threadIdx.x % 16;

    // Each warp loads one feature of a step, for the rows and for the columns of the tile.
    float rows[TILE / 32], columns[TILE / 32];
    const auto load = [&](int begin) {
        const int c = begin + warp;
        const bool there = c < fold.changes;
        const float weight = there ? fold.weights[c] : 0.0f;
        const float* feature = features + (there ? fold.columns[c] : 0) * vectors;
#pragma unroll
        for (int k = 0; k < TILE / 32; ++k) {
            const int row = first_row + lane + 32 * k, column = first_column + lane + 32 * k;
            rows[k] = there && row < vectors ? weight * feature[row] : 0.0f;
            columns[k] = there && column < vectors ? feature[column] : 0.0f;
        }
    };
    const auto store = [&](int buffer) {
#pragma unroll
        for (int k = 0; k < TILE / 32; ++k) {
            left[buffer][warp][lane + 32 * k] = rows[k];
            right[buffer][warp][lane + 32 * k] = columns[k];
        }
    };

    float sums[2 * SIDE][2 * SIDE] = {};
    load(0);
    store(0);
    __syncthreads();
    for (int begin = 0, buffer = 0; begin < fold.changes; begin += STEP, buffer ^= 1) {
        load(begin + STEP);
#pragma unroll 2
        for (int s = 0; s < STEP; ++s) {
            float a[2 * SIDE], b[2 * SIDE];
#pragma unroll
            for (int i = 0; i < 2 * SIDE; ++i) {
                a[i] = left[buffer][s][place(down, i)];
                b[i] = right[buffer][s][place(along, i)];
            }
#pragma unroll
            for (int i = 0; i < 2 * SIDE; ++i)
#pragma unroll
                for (int j = 0; j < 2 * SIDE; ++j) sums[i][j] = fmaf(a[i], b[j], sums[i][j]);
        }
        store(buffer ^ 1);
        __syncthreads();
    }

    // Strips of 32 rows pass through shared memory, so that adjacent threads write adjacent values.
#pragma unroll
    for (int s = 0; s < TILE / STRIP; ++s) {
        if (down / 8 == s % 2) {
#pragma unroll
            for (int i = 0; i < SIDE; ++i)
#pragma unroll
                for (int j = 0; j < 2 * SIDE; ++j)
                    strip[down % 8 * SIDE + i][place(along, j)] = sums[s / 2 * SIDE + i][j];
        }
        __syncthreads();
        const int top = first_row + s * STRIP;
        for (int r = warp; r < STRIP && top + r < vectors; r += 8) {
            for (int c = lane; c < TILE && first_column + c < vectors; c += 32) {
                const long long row = top + r, column = first_column + c;
                const float product = strip[r][c];
                float value = matrix[row * vectors + column];
                if (fold.rate > 0.0f) {
                    value += fold.norms[row] + fold.norms[column] - 2.0f * product;
                    value = exp2f(-fold.rate * fmaxf(value, 0.0f));
                } else {
                    value += product;
                }
                strip[r][c] = value;
                fold.kernel[row * vectors + column] = value;
            }
        }
        __syncthreads();
        if (first_column > first_row && top + lane < vectors) {
            for (int c = warp; c < TILE && first_column + c < vectors; c += 8)
                fold.kernel[(first_column + c) * vectors + top + lane] = strip[lane][c];
        }
        __syncthreads();
    }
}

extern "C" __global__ void reorder(
    const float* matrix,      // (vectors, vectors)
    const long long* order,   // (vectors,) one row per block
    float* out,               // (vectors, vectors)
    long long vectors)
{
    const float* row = matrix + order[blockIdx.x] * vectors;
    for (long long t = threadIdx.x; t < vectors; t += blockDim.x)
        out[blockIdx.x * vectors + t] = row[order[t]];
}
