// Two-class SVMs over one kernel matrix, solved on the GPU; smo/ is the CPU's twin, and says what is
// solved.
//
// A block of threads solves one problem. Its coefficients, errors and bounds are in shared memory
// where they fit, and its rows of the kernel are read from the device's: two a step. The second vector of a step is
// chosen by second-order information, as in smo/descent.py; ties go to the lower index, so that a
// result depends on nothing but the problem.

#define FAR 1e30f
#define FLAT 1e-12f

struct Best { float value; int index; };

__device__ inline Best better(Best a, Best b)
{
    return b.value > a.value || (b.value == a.value && b.index < a.index) ? b : a;
}

// The best of all threads, known to all of them. The number of threads is a power of 2.
__device__ inline Best best_of_block(Best mine, Best* room)
{
    room[threadIdx.x] = mine;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) room[threadIdx.x] = better(room[threadIdx.x], room[threadIdx.x + half]);
        __syncthreads();
    }
    const Best found = room[0];
    __syncthreads();
    return found;
}

extern "C" __global__ void solve_pairs(
    const float* kernel,        // (vectors, vectors)
    long long vectors,
    const int* members,         // of all pairs, one after the other: vectors of both classes
    const long long* offsets,   // (pairs + 1,) where each pair begins
    const int* first_class,     // (pairs,) how many of its vectors are of the first class
    const int* pair_of,         // (problems,)
    const long long* places,    // (problems,) where the problem's coefficients begin
    const float* weight,        // coefficients' places: of each vector's errors, 0 if not in training
    const float* value,         // (problems,) of C; 1 for nu
    int by_class,               // nu-SVC
    float tolerance,
    int limit,
    float* scratch,             // four times the coefficients; or null: they fit into shared memory
    float* beta,                // coefficients' places: where to start; the solution
    float* told)                // (problems, 4): both classes' offsets, violation, steps
{
    extern __shared__ float shared[];
    const int pair = pair_of[blockIdx.x];
    const int count = (int)(offsets[pair + 1] - offsets[pair]), na = first_class[pair];
    const int* member = members + offsets[pair];
    const long long place = places[blockIdx.x];
    Best* room = (Best*)shared;
    float* error = scratch ? scratch + 4 * place : shared + 2 * blockDim.x;
    float* x = error + count;
    float* high = x + count;  // the bound away from 0; the other one is 0
    float* own = high + count;

    for (int t = threadIdx.x; t < count; t += blockDim.x) {
        x[t] = beta[place + t];
        high[t] = weight[place + t] * value[blockIdx.x];
        own[t] = kernel[member[t] * vectors + member[t]];
        error[t] = by_class ? 0.0f : t < na ? 1.0f : -1.0f;
    }
    __syncthreads();
    for (int s = 0; s < count; ++s) {
        if (x[s] == 0.0f) continue;
        const float* row = kernel + member[s] * vectors;
        for (int t = threadIdx.x; t < count; t += blockDim.x) error[t] -= x[s] * row[member[t]];
    }
    __syncthreads();

    int steps = 0;
    float violation, top[2], bottom[2];
    while (true) {
        // Who may rise most, and how far below somebody may fall, in each class or in both.
        Best rising[2];
        violation = -FAR;
        int side = 0;
        for (int c = 0; c <= by_class; ++c) {
            const int begin = by_class && c ? na : 0, end = by_class && !c ? na : count;
            Best up = {-FAR, count}, down = {-FAR, count};
            for (int t = begin + threadIdx.x; t < end; t += blockDim.x) {
                const bool first = t < na;
                if (first ? x[t] < high[t] : x[t] < 0.0f) up = better(up, {error[t], t});
                if (first ? x[t] > 0.0f : x[t] > -high[t]) down = better(down, {-error[t], t});
            }
            rising[c] = best_of_block(up, room);
            top[c] = rising[c].value;
            bottom[c] = -best_of_block(down, room).value;
            if (top[c] - bottom[c] > violation) { violation = top[c] - bottom[c]; side = c; }
        }
        if (violation <= tolerance || steps >= limit) break;

        const int i = rising[side].index;
        const float* row_i = kernel + member[i] * vectors;
        const int begin = by_class && side ? na : 0, end = by_class && !side ? na : count;
        Best gain = {-FAR, count};
        for (int t = begin + threadIdx.x; t < end; t += blockDim.x) {
            const bool falls = t < na ? x[t] > 0.0f : x[t] > -high[t];
            const float rise = top[side] - error[t];
            if (!falls || rise <= 0.0f) continue;
            const float curvature = fmaxf(own[i] + own[t] - 2.0f * row_i[member[t]], FLAT);
            gain = better(gain, {rise * rise / curvature, t});
        }
        const int j = best_of_block(gain, room).index;
        const float* row_j = kernel + member[j] * vectors;
        const float above = i < na ? high[i] : 0.0f, below = j < na ? 0.0f : -high[j];
        const float room_i = above - x[i], room_j = x[j] - below;
        const float room_left = fminf(room_i, room_j), bound = room_i < room_j ? above : -below;
        float step = (top[side] - error[j]) / fmaxf(own[i] + own[j] - 2.0f * row_i[member[j]], FLAT);
        // What rounding leaves of the way to a bound would pass for a vector between its bounds.
        if (room_left - step <= 1e-6f * fmaxf(bound, step)) step = room_left;
        __syncthreads();  // all have read what now changes
        for (int t = threadIdx.x; t < count; t += blockDim.x)
            error[t] -= step * (row_i[member[t]] - row_j[member[t]]);
        if (threadIdx.x == 0) {
            x[i] = step == room_i ? above : x[i] + step;
            x[j] = step == room_j ? below : x[j] - step;
        }
        ++steps;
        __syncthreads();
    }

    for (int t = threadIdx.x; t < count; t += blockDim.x) beta[place + t] = x[t];
    if (threadIdx.x == 0) {
        for (int c = 0; c < 2; ++c) {
            const int begin = by_class && c ? na : 0, end = by_class && !c ? na : count;
            double sum = 0.0;
            int free = 0;
            for (int t = begin; t < end; ++t) {
                const float size = fabsf(x[t]);
                if (size > 0.0f && size < high[t]) { sum += error[t]; ++free; }
            }
            const int k = by_class ? c : 0;
            told[4 * blockIdx.x + c] = free ? (float)(sum / free) : 0.5f * (top[k] + bottom[k]);
        }
        told[4 * blockIdx.x + 2] = violation;
        told[4 * blockIdx.x + 3] = (float)steps;
    }
}
