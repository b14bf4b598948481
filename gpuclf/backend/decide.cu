// Decision values of test vectors, and votes of the two-class SVMs.

struct Part {             // at most ROWS test vectors of one fold; one block
    const float* matrix;  // (vectors, vectors) the fold's kernel, or squared distances
    const double* beta;   // (values, size) coefficients of the fold
    float rate;           // > 0: the kernel is exp2(-rate d); 0: it is the matrix
    int begin, count;     // test vectors, and rows of the decisions
    int unused;
};
struct Class { int begin, count, first_term, terms; };  // its vectors, as rows of the matrix
struct Term { int pair, offset; };  // where a pair's coefficients of the vectors of the class begin

constexpr int ROWS = 16, CHUNK = 256, WARPS = 4;

// Each warp sums the products of a chunk of a class's vectors for one pair and value after another.
extern "C" __global__ void __launch_bounds__(32 * WARPS) decide(
    const Part* parts,
    const Class* classes,
    const Term* terms,
    const long long* tested,  // (tested of all folds,) rows of the matrix
    double* decisions,        // (tested of all folds, values, pairs) output, 0 on entry
    int n_classes, int values, int pairs,
    long long size,           // coefficients of all pairs
    long long vectors)
{
    __shared__ double kernel[ROWS][CHUNK];
    const Part part = parts[blockIdx.x];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    for (int c = 0; c < n_classes; ++c) {
        const Class here = classes[c];
        for (int begin = 0; begin < here.count; begin += CHUNK) {
            const int length = min(CHUNK, here.count - begin);
            __syncthreads();
            for (int r = warp; r < part.count; r += WARPS) {
                const float* row = part.matrix + tested[part.begin + r] * vectors;
                for (int t = lane; t < length; t += 32) {
                    const float value = row[here.begin + begin + t];
                    kernel[r][t] = part.rate > 0.0f ? exp2f(-part.rate * value) : value;
                }
            }
            for (int r = part.count + warp; r < ROWS; r += WARPS)
                for (int t = lane; t < length; t += 32) kernel[r][t] = 0.0;
            __syncthreads();
            for (int task = warp; task < here.terms * values; task += WARPS) {
                const Term term = terms[here.first_term + task % here.terms];
                const int value = task / here.terms;
                const double* beta = part.beta + value * size + term.offset + begin;
                double sums[ROWS] = {};
                for (int t = lane; t < length; t += 32) {
                    const double coefficient = beta[t];
#pragma unroll
                    for (int r = 0; r < ROWS; ++r)
                        sums[r] = fma(coefficient, kernel[r][t], sums[r]);
                }
#pragma unroll
                for (int r = 0; r < ROWS; ++r) {
                    for (int o = 16; o; o /= 2) sums[r] += __shfl_xor_sync(0xffffffffu, sums[r], o);
                    if (lane == r && r < part.count) {
                        const long long row = part.begin + r;
                        decisions[(row * values + value) * pairs + term.pair] += sums[r];
                    }
                }
            }
        }
    }
}

// One thread votes for one vector: see votes.py, whose sums have the same order.
extern "C" __global__ void vote(
    const double* decisions,  // (count, pairs)
    const int* table,         // (n_classes, most): 1 + pair, negative for the second class; 0: none
    long long* votes,         // (count,) output: predicted class
    double* scores,           // (count, n_classes) output: sums of decision values
    long long count,
    int pairs, int n_classes, int most)
{
    const long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= count) return;
    double best_votes = 0.0;
    int best = -1;
    for (int c = 0; c < n_classes; ++c) {
        double sum = 0.0, in_favour = 0.0;
        for (int k = 0; k < most; ++k) {
            const int entry = table[c * most + k];
            if (entry == 0) break;
            const double decision = decisions[i * pairs + (entry > 0 ? entry : -entry) - 1];
            sum = entry > 0 ? sum + decision : sum - decision;
            in_favour += (decision > 0.0) == (entry > 0) ? 0.5 : -0.5;
        }
        const bool trained = table[c * most] != 0;
        scores[i * n_classes + c] = trained ? sum : -__longlong_as_double(0x7ff0000000000000ll);
        if (trained && (best < 0 || in_favour > best_votes)) {
            best = c;
            best_votes = in_favour;
        }
    }
    votes[i] = best < 0 ? 0 : best;
}
